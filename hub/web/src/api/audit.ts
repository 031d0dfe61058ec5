import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { AuditView } from '../../../../shared/api/audit.ts';
import { type Page, type Query, request } from './request.ts';

export type AuditEntry = AuditView;

export function useAudit(query: Query) {
  return useQuery({
    queryKey: ['audit', query],
    queryFn: ({ signal }) =>
      request<Page<AuditEntry>>('GET', '/api/audit', { query: { limit: 50, ...query }, signal }),
    placeholderData: keepPreviousData,
  });
}
