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

/** How many more devices the viewer may enroll. */
export function useAllowance(): number {
  const { data: me } = useMe();
  if (!me || me.role === 'admin' || me.device_allowance === null) return Number.POSITIVE_INFINITY;
  return Math.max(0, me.device_allowance - me.devices_enrolled);
}

export function useIsAdmin(): boolean {
  return useMe().data?.role === 'admin';
}
