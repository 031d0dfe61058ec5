import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { OverviewView } from '../../../../shared/api/overview.ts';
import { request } from './request.ts';

export type Overview = OverviewView;

interface OverviewQuery {
  /** RFC 3339. */
  since: string;
  bucket_minutes: number;
  workspace?: string | undefined;
}

/** Counts that the hub makes anew every few seconds at most. */
export function useOverview(query: OverviewQuery) {
  return useQuery({
    queryKey: ['messages', 'overview', query],
    queryFn: ({ signal }) => request<Overview>('GET', '/api/overview', { query: { ...query }, signal }),
    placeholderData: keepPreviousData,
  });
}
