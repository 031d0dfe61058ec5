import { useQuery } from '@tanstack/react-query';
import type { MeView } from '../../../../shared/api/accounts.ts';
import { ME_PATH, request } from './request.ts';
import { noteSignedIn } from './session-end.ts';

export type Me = MeView;

/** Who is signed in; its key is under users, so that a change of rights shows at once. */
const ME_KEY = ['users', 'me'] as const;

export function useMe() {
  return useQuery({
    queryKey: ME_KEY,
    queryFn: async ({ signal }) => {
      const me = await request<Me>('GET', ME_PATH, { signal });
      // Somebody may have signed in again in another tab.
      noteSignedIn();
      return me;
    },
  });
}

export function useIsAdmin(): boolean {
  return useMe().data?.role === 'admin';
}
