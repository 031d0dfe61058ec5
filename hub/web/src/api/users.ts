import { useQuery } from '@tanstack/react-query';
import type {
  createdUserSchema,
  inviteSchema,
  newUserSchema,
  UserView,
  userChangesSchema,
} from '../../../../shared/api/accounts.ts';
import { listAll } from './all-pages.ts';
import { type Answer, type Body, pathOf, request } from './request.ts';

export type User = UserView;
export type Invite = Answer<typeof inviteSchema>;

export function useUsers() {
  return useQuery({
    queryKey: ['users', 'all'],
    queryFn: ({ signal }) => listAll<User>('/api/users', signal),
  });
}

export function createUser(body: Body<typeof newUserSchema>): Promise<Answer<typeof createdUserSchema>> {
  return request('POST', '/api/users', { body });
}

export function changeUser(id: string, body: Body<typeof userChangesSchema>): Promise<User> {
  return request('PATCH', pathOf`/api/users/${id}`, { body });
}

export function removeUser(id: string): Promise<void> {
  return request('DELETE', pathOf`/api/users/${id}`);
}

export function inviteUser(id: string): Promise<Invite> {
  return request('POST', pathOf`/api/users/${id}/invite`);
}
