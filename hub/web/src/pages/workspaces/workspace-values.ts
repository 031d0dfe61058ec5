import type { newWorkspaceSchema, workspaceChangesSchema } from '../../../../../shared/api/workspaces.ts';
import type { Channel } from '../../../../../shared/channels.ts';
import type { ExtraEvent } from '../../../../../shared/extra-events.ts';
import type { Body } from '../../api/request.ts';
import type { Routes, Workspace } from '../../api/workspaces.ts';
import { differenceOf } from '../../forms/difference-of.ts';
import { CHANNELS, MASK } from '../../words.ts';

/** A header in the form. The hub has the value of a stored one, and an empty field leaves it as it is. */
export interface HeaderRow {
  key: string;
  value: string;
  /** The name under which the hub has its value; null for a new one. */
  storedAs: string | null;
  id: string;
}

/** What the form of a workspace holds. `require_api_key` null: as the hub does by default. */
export interface WorkspaceValues extends Record<string, unknown> {
  clone_from: string | null;
  name: string;
  address: string;
  email: string;
  phone: string;
  url: string;
  headers: HeaderRow[];
  require_api_key: boolean | null;
  channels: Channel[];
  extra_events: ExtraEvent[];
  /** Written by a request of their own. */
  routes: Routes;
}

export const EMPTY: WorkspaceValues = {
  clone_from: null,
  name: '',
  address: '',
  email: '',
  phone: '',
  url: '',
  headers: [],
  require_api_key: null,
  channels: CHANNELS,
  extra_events: [],
  routes: { imessage: ['imessage'], sms: ['sms'], rcs: ['rcs'], whatsapp: ['whatsapp'] },
};

let rows = 0;

export function createRow(storedAs: string | null = null): HeaderRow {
  rows += 1;
  return { key: storedAs ?? '', value: '', storedAs, id: `row-${rows}` };
}

export function valuesOf(workspace: Workspace, routes: Routes): WorkspaceValues {
  return {
    routes,
    ...takenOver(workspace),
    clone_from: null,
    name: workspace.name,
    address: workspace.address ?? '',
    email: workspace.email ?? '',
    phone: workspace.phone ?? '',
  };
}

/** What a clone has of its model. */
export function takenOver({ url, headers, require_api_key, channels, extra_events }: Workspace) {
  return {
    url: url ?? '',
    headers: headers.map(({ key }) => createRow(key)),
    require_api_key,
    channels,
    extra_events,
  };
}

/** Rows that nobody wrote into are none. */
export function dropEmptyRows(values: WorkspaceValues): WorkspaceValues {
  const headers = values.headers.filter(({ key, value }) => key.trim() !== '' || value !== '');
  return { ...values, headers };
}

export function bodyOf(
  values: WorkspaceValues,
): Body<typeof newWorkspaceSchema> & Body<typeof workspaceChangesSchema> {
  const { require_api_key } = values;
  return {
    name: values.name.trim(),
    address: orNull(values.address),
    email: orNull(values.email),
    phone: orNull(values.phone),
    url: orNull(values.url),
    headers: values.headers.map(({ key, value, storedAs }) => ({
      key: key.trim(),
      value: value === '' && storedAs !== null ? MASK : value,
    })),
    channels: values.channels,
    extra_events: values.extra_events,
    ...(require_api_key !== null && { require_api_key }),
  };
}

/** Only what differs, so that nothing is overwritten that somebody else has changed meanwhile. */
export function changesOf(
  before: WorkspaceValues,
  after: WorkspaceValues,
): Body<typeof workspaceChangesSchema> {
  return differenceOf(bodyOf(before), bodyOf(after));
}

function orNull(text: string): string | null {
  return text.trim() === '' ? null : text.trim();
}
