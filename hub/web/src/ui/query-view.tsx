import { Skeleton, Stack } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { ApiFailure } from '../api/failures.ts';
import { FailureNote } from './failure-note.tsx';

interface QueryViewProps<Data> {
  query: UseQueryResult<Data>;
  /** Rows of the placeholder. */
  lines?: number;
  /** Not while it has only what it found before: see useIsFresh. */
  isFresh?: boolean;
  children: (data: Data) => ReactNode;
}

/** Shows what a query found; until then that it looks, and why it found nothing. What is there stays while it looks again. */
export function QueryView<Data>({ query, lines = 6, isFresh = true, children }: QueryViewProps<Data>) {
  if (query.data !== undefined && isFresh)
    return (
      <>
        {isGone(query.error) && <FailureNote error={query.error} title="It is not there any more" />}
        {children(query.data)}
      </>
    );
  if (query.error !== null)
    return (
      <FailureNote
        error={query.error}
        onRetry={isFinal(query.error) ? undefined : () => void query.refetch()}
      />
    );
  return (
    <Stack gap="xs" aria-busy="true" aria-label="Loading" role="status">
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike.
        <Skeleton key={line} height={line === 0 ? 34 : 44} radius="md" />
      ))}
    </Stack>
  );
}

/** Whether all have been answered since this was mounted, and from then on for good: what is edited begins with nothing older. */
export function useIsFresh(...queries: UseQueryResult<unknown>[]): boolean {
  const [isFresh, setFresh] = useState(false);
  const isNow = queries.every((query) => query.isFetchedAfterMount && query.isSuccess);
  if (isNow && !isFresh) setFresh(true);
  return isFresh || isNow;
}

/** Whether asking again would be answered the same. */
function isFinal(error: Error): boolean {
  return error instanceof ApiFailure && [403, 404].includes(error.status);
}

/** Whether what was there has been taken away meanwhile. */
function isGone(error: Error | null): boolean {
  return error instanceof ApiFailure && error.status === 404;
}
