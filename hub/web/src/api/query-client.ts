import { QueryClient } from '@tanstack/react-query';
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

/** Marks what the topics are about as out of date; what is on screen is fetched at once. */
export async function refresh(...topics: Topic[]): Promise<void> {
  await Promise.all(topics.map((topic) => queryClient.invalidateQueries({ queryKey: [topic] })));
}

function isPassing(error: unknown): boolean {
  if (error instanceof HubUnreachable) return true;
  return error instanceof ApiFailure && (error.isUnexpected || error.code === 'rate_limited');
}
