import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type {
  DeliveryView,
  DeliveryWithAttemptsView,
  deliveryQuerySchema,
  replayableSchema,
  replayedSchema,
  replaySchema,
  retriedSchema,
} from '../../../../shared/api/deliveries.ts';
import type { NoticeView } from '../../../../shared/api/notices.ts';
import { countUpToPage, listAll, listPage } from './all-pages.ts';
import { queryClient } from './query-client.ts';
import { type Answer, type Body, pathOf, request } from './request.ts';

export type Delivery = DeliveryView;
export type DeliveryWithAttempts = DeliveryWithAttemptsView;
export type Attempt = DeliveryWithAttempts['attempt_log'][number];
export type Notice = NoticeView;
export type DeliveryFilter = Omit<Partial<Body<typeof deliveryQuerySchema>>, 'limit' | 'cursor'>;
export type Replay = Body<typeof replaySchema>;
export type Replayable = Answer<typeof replayableSchema>;

export function useDeliveries(filter: DeliveryFilter, cursor: string | undefined) {
  return useQuery({
    queryKey: ['deliveries', 'list', filter, cursor ?? null],
    queryFn: ({ signal }) => listPage<Delivery>('/api/deliveries', { ...filter, cursor }, signal),
    placeholderData: keepPreviousData,
  });
}

export function useDelivery(id: string) {
  return useQuery({
    queryKey: ['deliveries', 'one', id],
    queryFn: ({ signal }) => request<DeliveryWithAttempts>('GET', pathOf`/api/deliveries/${id}`, { signal }),
  });
}

export function retryDelivery(id: string, force: boolean): Promise<Delivery> {
  return request('POST', pathOf`/api/deliveries/${id}/retry`, { body: { force } });
}

/** Webhooks that fail now, or were switched off. */
export function useOpenNotices(workspace?: string) {
  return useQuery({
    queryKey: ['notices', 'open', workspace ?? null],
    queryFn: ({ signal }) => listAll<Notice>('/api/notices', signal, { open: true, workspace }),
  });
}

/** Not among the deliveries: with each word of a change the hub would walk through up to 100,000 events again. */
const REPLAYABLE = 'replayable';

/** How much a replay would send again. `every`: how old the count may get, in milliseconds, where many are shown. */
export function useReplayable(workspace: string | undefined, since: string | undefined, every?: number) {
  return useQuery({
    queryKey: [REPLAYABLE, workspace ?? null, since ?? null],
    queryFn: ({ signal }) =>
      request<Replayable>('GET', pathOf`/api/workspaces/${workspace ?? ''}/replay`, {
        query: { since },
        signal,
      }),
    enabled: workspace !== undefined,
    staleTime: every ?? 0,
    ...(every !== undefined && { refetchInterval: every }),
  });
}

/** How many events of a workspace are still on their way. */
export function usePendingEvents(workspace: string) {
  return useQuery({
    queryKey: ['deliveries', 'pending', workspace],
    queryFn: ({ signal }) => countUpToPage('/api/deliveries', { workspace, status: 'pending' }, signal),
  });
}

/** Tries all events of a workspace now that wait for their next attempt. */
export function retryPending(workspace: string): Promise<Answer<typeof retriedSchema>> {
  return request('POST', pathOf`/api/workspaces/${workspace}/retry-pending`);
}

export async function replay(workspace: string, body: Replay): Promise<Answer<typeof replayedSchema>> {
  const replayed = await request<Answer<typeof replayedSchema>>(
    'POST',
    pathOf`/api/workspaces/${workspace}/replay`,
    { body },
  );
  void queryClient.invalidateQueries({ queryKey: [REPLAYABLE, workspace] });
  return replayed;
}
