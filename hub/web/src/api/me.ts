import { useQuery } from '@tanstack/react-query';
import { request } from './request.ts';

export interface Me {
  kind: 'user' | 'token';
  id: string;
  name: string;
  email: string;
  role: 'admin' | 'user';
  two_factor_enabled: boolean;
  device_allowance: number | null;
  devices_enrolled: number;
  /** null: all. */
  workspaces: string[] | null;
  created_at: string;
}

/** Who is signed in; its key is under users, so that a change of rights shows at once. */
export const ME_KEY = ['users', 'me'] as const;

export function useMe() {
  return useQuery({
    queryKey: ME_KEY,
    queryFn: ({ signal }) => request<Me>('GET', '/api/me', { signal }),
  });
}

export function useIsAdmin(): boolean {
  return useMe().data?.role === 'admin';
}
