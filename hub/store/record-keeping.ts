import type { AuditAction, AuditTarget } from '../../shared/api/audit.ts';
import type { NoticeKind } from '../../shared/api/notices.ts';
import type { Page, PageRequest } from './records.ts';

/** A change made through the admin API. */
export interface AuditEntry {
  id: string;
  at: number;
  actor: string;
  action: AuditAction;
  target: AuditTarget;
  /** The workspace that it concerns, if one. */
  location_id: string | null;
  /** JSON object without secrets, header values and message texts. */
  changes: Record<string, unknown>;
  request_id: string;
  source: string;
}

interface AuditFilter {
  workspace?: string | undefined;
  actor?: string | undefined;
  action?: AuditAction | undefined;
  /** Id of what was changed. */
  target?: string | undefined;
}

/** Something about a workspace that an operator should know of. */
export interface Notice {
  id: string;
  kind: NoticeKind;
  location_id: string;
  /** Its name. */
  workspace: string;
  since: number;
  detail: string;
  resolved_at: number | null;
}

interface NoticeFilter {
  workspace?: string | undefined;
  /** location_ids of the workspaces whose notices may be listed; undefined: of all. */
  within?: readonly string[] | undefined;
  kind?: NoticeKind | undefined;
  /** true: only what is not resolved; false: only what is. */
  open?: boolean | undefined;
}

/** What an attempt changed about a workspace's webhook: told once each time, whichever hub made the attempt. */
export interface EndpointChange {
  location_id: string;
  change: 'failing' | 'disabled' | 'recovered';
  /** Since when it fails, or failed; when it was disabled. */
  since: number;
  /** What was wrong, without anything of the URL or the answer. */
  detail: string;
}

/** How many workspaces' webhooks are in which state. `unset`: without a URL. */
export interface EndpointCounts {
  ok: number;
  failing: number;
  disabled: number;
  unset: number;
}

export interface RecordKeeping {
  addAuditEntry(entry: AuditEntry): Promise<void>;
  listAuditEntries(filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry>>;
  listNotices(filter: NoticeFilter, page: PageRequest): Promise<Page<Notice>>;
  countEndpoints(): Promise<EndpointCounts>;
}
