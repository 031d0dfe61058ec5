import { useQuery } from '@tanstack/react-query';
import { listAll } from './all-pages.ts';
import { pathOf, request } from './request.ts';

export interface User {
  id: string;
  name: string;
  email: string;
  role: 'admin' | 'user';
  workspaces: string[];
  devices: string[];
  device_allowance: number | null;
  devices_enrolled: number;
  two_factor_enabled: boolean;
  state: 'invited' | 'active' | 'disabled';
  last_login_at: string | null;
  created_at: string;
}

export interface UserBody {
  name: string;
  email: string;
  role: User['role'];
  workspaces: string[];
  devices: string[];
  device_allowance: number | null;
}

export interface Invite {
  invite_url: string;
  expires_at: string;
}

export function useUsers() {
  return useQuery({
    queryKey: ['users', 'all'],
    queryFn: ({ signal }) => listAll<User>('/api/users', signal),
  });
}

export function createUser(body: UserBody): Promise<User & Invite> {
  return request('POST', '/api/users', { body });
}

export function changeUser(id: string, body: Partial<UserBody> & { disabled?: boolean }): Promise<User> {
  return request('PATCH', pathOf`/api/users/${id}`, { body });
}

export function removeUser(id: string): Promise<void> {
  return request('DELETE', pathOf`/api/users/${id}`);
}

export function inviteUser(id: string): Promise<Invite> {
  return request('POST', pathOf`/api/users/${id}/invite`);
}
