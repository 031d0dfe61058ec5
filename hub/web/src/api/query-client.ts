import { type Query, QueryClient } from '@tanstack/react-query';
import type { Topic } from '../../../../shared/api/changes.ts';
import { onRecovered } from './connection.ts';
import { ApiFailure, HubUnreachable } from './failures.ts';

/** Where the live connection does not reach, lists are looked at anew so often. Milliseconds. */
const POLL_MS = 30_000;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      networkMode: 'always',
      staleTime: 5_000,
      refetchInterval: POLL_MS,
      refetchOnWindowFocus: true,
      retry: (failures, error) => failures < 2 && isPassing(error),
    },
    // What changes something is never sent twice by itself: whoever typed it decides.
    mutations: { networkMode: 'always', retry: false },
  },
});

onRecovered(() => void queryClient.invalidateQueries());

/** Marks what the topics are about as out of date; what is on screen is fetched at once. After what was done here. */
export async function refresh(...topics: Topic[]): Promise<void> {
  await Promise.all(topics.map((topic) => queryClient.invalidateQueries({ queryKey: [topic] })));
}

/**
 * The same after what others did. Their word may come every second: what is being fetched comes to its end, which on a slow
 * line it never would if it were begun anew each time, and is then fetched once more, since it may lack what was told.
 */
export async function catchUp(...topics: Topic[]): Promise<void> {
  const queries = topics.flatMap((topic) => queryClient.getQueryCache().findAll({ queryKey: [topic] }));
  await Promise.all(queries.map(catchUpWith));
}

async function catchUpWith({ queryKey, state: { fetchStatus } }: Query): Promise<void> {
  const join = (): Promise<void> =>
    queryClient.invalidateQueries({ queryKey, exact: true }, { cancelRefetch: false });
  await join();
  if (fetchStatus === 'fetching') await join();
}

function isPassing(error: unknown): boolean {
  if (error instanceof HubUnreachable) return true;
  return error instanceof ApiFailure && (error.isUnexpected || error.code === 'rate_limited');
}
