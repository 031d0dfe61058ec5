import { useQuery } from '@tanstack/react-query';
import type { apiKeySchema, createdApiKeySchema } from '../../../../shared/api/api-keys.ts';
import type {
  assignmentsSchema,
  createdWorkspaceSchema,
  newWorkspaceSchema,
  revealedHeadersSchema,
  routingSchema,
  routingViewSchema,
  signingSecretSchema,
  TestResult,
  WorkspaceView,
  workspaceChangesSchema,
} from '../../../../shared/api/workspaces.ts';
import { countUpToPage, listAll } from './all-pages.ts';
import { type Answer, type Body, pathOf, request } from './request.ts';

export type Workspace = WorkspaceView;
export type CreatedWorkspace = Answer<typeof createdWorkspaceSchema>;
export type Routes = Answer<typeof routingViewSchema>['routes'];
export type ApiKey = Answer<typeof apiKeySchema>;

/** All workspaces that the viewer may see, newest first. */
export function useWorkspaces() {
  return useQuery({
    queryKey: ['workspaces', 'all'],
    queryFn: ({ signal }) => listAll<Workspace>('/api/workspaces', signal),
  });
}

/** Names by location ID, to call a workspace by what people know it as. */
export function useWorkspaceNames(): ReadonlyMap<string, string> {
  const { data } = useWorkspaces();
  return new Map(data?.map(({ location_id, name }) => [location_id, name]));
}

/** Asked anew by whoever shows it: what is edited begins with what is stored now. */
export function useWorkspace(id: string) {
  return useQuery({
    refetchOnMount: 'always',
    queryKey: ['workspaces', 'one', id],
    queryFn: ({ signal }) => request<Workspace>('GET', pathOf`/api/workspaces/${id}`, { signal }),
  });
}

export function createWorkspace(body: Body<typeof newWorkspaceSchema>): Promise<CreatedWorkspace> {
  return request('POST', '/api/workspaces', { body });
}

export function changeWorkspace(id: string, body: Body<typeof workspaceChangesSchema>): Promise<Workspace> {
  return request('PATCH', pathOf`/api/workspaces/${id}`, { body });
}

export function deleteWorkspace(id: string): Promise<void> {
  return request('DELETE', pathOf`/api/workspaces/${id}`);
}

export function connectWorkspace(id: string, connected: boolean): Promise<Workspace> {
  return request('PUT', pathOf`/api/workspaces/${id}/connection`, { body: { connected } });
}

export function assignDevices(id: string, body: Body<typeof assignmentsSchema>): Promise<Workspace> {
  return request('PUT', pathOf`/api/workspaces/${id}/devices`, { body });
}

export function useRouting(id: string) {
  return useQuery({
    refetchOnMount: 'always',
    queryKey: ['workspaces', 'routing', id],
    queryFn: ({ signal }) =>
      request<Answer<typeof routingViewSchema>>('GET', pathOf`/api/workspaces/${id}/routing`, { signal }),
  });
}

export function changeRouting(id: string, body: Body<typeof routingSchema>): Promise<unknown> {
  return request('PUT', pathOf`/api/workspaces/${id}/routing`, { body });
}

export function sendTestEvent(id: string): Promise<TestResult> {
  return request('POST', pathOf`/api/workspaces/${id}/test`);
}

export function rotateSecret(id: string): Promise<Answer<typeof signingSecretSchema>> {
  return request('POST', pathOf`/api/workspaces/${id}/rotate-secret`);
}

export function revealHeaders(id: string): Promise<Answer<typeof revealedHeadersSchema>> {
  return request('POST', pathOf`/api/workspaces/${id}/reveal-headers`);
}

export function useApiKeys(id: string) {
  return useQuery({
    queryKey: ['workspaces', 'keys', id],
    queryFn: ({ signal }) => listAll<ApiKey>(pathOf`/api/workspaces/${id}/api-keys`, signal),
  });
}

export function createApiKey(id: string, name: string): Promise<Answer<typeof createdApiKeySchema>> {
  return request('POST', pathOf`/api/workspaces/${id}/api-keys`, { body: { name } });
}

export function revokeApiKey(id: string, key: string): Promise<void> {
  return request('DELETE', pathOf`/api/workspaces/${id}/api-keys/${key}`);
}

/** What waits in a workspace, each counted up to the length of a page. */
export function useWaiting(id: string) {
  return useQuery({
    queryKey: ['messages', 'waiting', id],
    queryFn: async ({ signal }) => {
      const [messages, events] = await Promise.all([
        countUpToPage('/api/messages', { workspace: id, status: 'QUEUED' }, signal),
        countUpToPage('/api/deliveries', { workspace: id, status: 'pending' }, signal),
      ]);
      return { messages, events };
    },
  });
}
