import { isDeepStrictEqual } from 'node:util';
import type { Assignment, Device, Header, Workspace } from '../store/records.ts';

type Changes = Record<string, unknown>;

/** What became of a workspace's own fields, as the audit log keeps it: header values and secrets are left out. */
export function describeWorkspaceChanges(before: Workspace, after: Workspace): Changes {
  const changes = compare(before, after, [
    'name',
    'address',
    'email',
    'phone',
    'connected',
    'require_api_key',
    'webhook_enabled',
    'channels',
    'extra_events',
    'routes',
  ]);
  if (before.url !== after.url) changes.url = { from: shortenUrl(before.url), to: shortenUrl(after.url) };
  if (!isDeepStrictEqual(before.headers, after.headers))
    changes.headers = { from: namesOf(before.headers), to: namesOf(after.headers) };
  return changes;
}

export function describeNewWorkspace(workspace: Workspace, cloneOf: string | undefined): Changes {
  const { name, url, headers } = workspace;
  return {
    name,
    url: shortenUrl(url),
    headers: namesOf(headers),
    ...(cloneOf !== undefined && { clone_from: cloneOf }),
  };
}

export function describeDeviceChanges(before: Device, after: Device): Changes {
  return compare(before, after, ['name', 'address', 'channels', 'paused', 'pace']);
}

export function describeAssignmentChanges(before: Assignment[], after: Omit<Assignment, 'location_id'>[]) {
  return { devices: { from: groupAssignments(before), to: groupAssignments(after) } };
}

function compare<Row extends object>(before: Row, after: Row, fields: (keyof Row & string)[]): Changes {
  const changed = fields.filter((field) => !isDeepStrictEqual(before[field], after[field]));
  return Object.fromEntries(changed.map((field) => [field, { from: before[field], to: after[field] }]));
}

/** Queries of webhook URLs hold secrets more often than not. */
function shortenUrl(url: string | null): string | null {
  if (url === null) return null;
  const { origin, pathname, search } = new URL(url);
  return `${origin}${pathname}${search === '' ? '' : '?…'}`;
}

function namesOf(headers: Header[]): string[] {
  return headers.map(({ key }) => key);
}

function groupAssignments(assignments: Omit<Assignment, 'location_id'>[]) {
  const byDevice = Map.groupBy(assignments, ({ device_id }) => device_id);
  return [...byDevice].map(([device_id, ofDevice]) => ({
    device_id,
    channels: ofDevice.map(({ channel }) => channel),
  }));
}
