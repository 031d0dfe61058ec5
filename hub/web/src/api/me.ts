import { useQuery } from '@tanstack/react-query';
import type { MeView } from '../../../../shared/api/accounts.ts';
import { request } from './request.ts';

export type Me = MeView;

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
