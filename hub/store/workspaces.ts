import { type Kysely, sql, type Transaction, type Updateable } from 'kysely';
import { CHANNELS, type Channel } from '../../shared/channels.ts';
import type { Base } from './base.ts';
import { ChannelInUseError, UnknownDeviceError } from './device-errors.ts';
import { listed, startOf, toPage } from './pages.ts';
import type { Assignment, NewWorkspace, Within, Workspace, WorkspaceChanges } from './records.ts';
import { sealHeaders, sealPreviousSecret, sealSigningSecret, toWorkspace } from './rows.ts';
import type { Schema, WorkspaceRow } from './schema.ts';
import { queueOf } from './steps/context.ts';
import { STILL_SERVED } from './still-served.ts';
import type { WorkspaceStore } from './store.ts';
import type { Vault } from './vault.ts';

type Steps = Pick<
  WorkspaceStore,
  'createWorkspace' | 'listWorkspaces' | 'updateWorkspace' | 'setAssignments' | 'listAssignments'
>;

export function workspaceSteps({ query, change, vault }: Base): Steps {
  return {
    createWorkspace: (workspace, now) => change((db) => createWorkspace(db, workspace, vault, now)),

    listWorkspaces: async ({ within, ...page }) => {
      const rows = await query((db) =>
        db
          .selectFrom('workspaces')
          .selectAll()
          .where('deleted_at', 'is', null)
          .$if(within !== undefined, (some) => some.where('location_id', 'in', listed(within ?? [])))
          .where('seq', '<', startOf(page))
          .orderBy('seq', 'desc')
          .limit(page.limit + 1)
          .execute(),
      );
      return toPage(rows, page.limit, (row) => toWorkspace(row, vault));
    },

    updateWorkspace: (locationId, changes, now, { within } = {}) =>
      change(
        (db) => updateWorkspace(db, { locationId, changes, within }, vault, now),
        async () => [queueOf(locationId)],
      ),

    setAssignments: (locationId, assignments, _now, { within } = {}) =>
      change(
        (db) => setAssignments(db, locationId, assignments, within),
        async () => [queueOf(locationId)],
      ),

    listAssignments: (locationId) => query((db) => listAssignments(db, locationId)),
  };
}

async function listAssignments(db: Kysely<Schema>, locationId: string): Promise<Assignment[]> {
  return await db
    .selectFrom('assignments')
    .innerJoin('devices', 'devices.id', 'assignments.device_id')
    .select(['location_id', 'device_id', 'channel'])
    .where('location_id', '=', locationId)
    .where(STILL_SERVED)
    .orderBy('assignments.seq')
    .execute();
}

async function createWorkspace(
  db: Transaction<Schema>,
  workspace: NewWorkspace,
  vault: Vault,
  now: number,
): Promise<Workspace> {
  const row = await db
    .insertInto('workspaces')
    .values({
      location_id: workspace.location_id,
      name: workspace.name,
      address: workspace.address,
      email: workspace.email,
      phone: workspace.phone,
      url: workspace.url,
      headers: sealHeaders(vault, workspace.location_id, workspace.headers),
      signing_secret: sealSigningSecret(vault, workspace.location_id, workspace.signing_secret),
      connected: Number(workspace.connected),
      require_api_key: Number(workspace.require_api_key),
      webhook_enabled: 1,
      webhook_disabled_reason: null,
      previous_secret: null,
      previous_secret_until: null,
      failing_since: null,
      channels: JSON.stringify(workspace.channels ?? CHANNELS),
      extra_events: JSON.stringify(workspace.extra_events ?? []),
      routes: JSON.stringify(workspace.routes ?? {}),
      created_at: now,
      updated_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toWorkspace(row, vault);
}

interface WorkspaceEdit extends Within {
  locationId: string;
  changes: WorkspaceChanges;
}

async function updateWorkspace(
  db: Transaction<Schema>,
  { locationId, changes, within }: WorkspaceEdit,
  vault: Vault,
  now: number,
): Promise<Workspace | undefined> {
  if (changes.channels) await judgeChannels(db, locationId, changes.channels, within);
  const row = await db
    .updateTable('workspaces')
    .set({ ...toColumns(locationId, changes, vault), updated_at: now })
    .where('location_id', '=', locationId)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return undefined;
  if (row.url === null || row.webhook_enabled === 0) await recordPending(db, locationId);
  if (changes.channels) await dropAssignments(db, locationId, changes.channels);
  if (row.connected === 0 || changes.channels) await unrouteWorkspace(db, locationId);
  await resolveNotices(db, locationId, changes, now);
  return toWorkspace(row, vault);
}

/** Devices that are not `within` stay assigned: a channel that one of them serves is not the caller's to take away. */
async function judgeChannels(
  db: Transaction<Schema>,
  locationId: string,
  channels: readonly Channel[],
  within: readonly string[] | undefined,
): Promise<void> {
  if (within === undefined) return;
  const unseen = (await listAssignments(db, locationId)).find(
    ({ device_id, channel }) => !within.includes(device_id) && !channels.includes(channel),
  );
  if (unseen) throw new ChannelInUseError(unseen.channel);
}

/** Those too that wait for their device to serve the channel again. */
async function dropAssignments(
  db: Transaction<Schema>,
  locationId: string,
  used: readonly Channel[],
): Promise<void> {
  await db
    .deleteFrom('assignments')
    .where('location_id', '=', locationId)
    .where('channel', 'not in', used)
    .execute();
}

/** Only what `changes` names; undefined leaves a column as it is. A webhook switched on forgets why it was off. */
function toColumns(locationId: string, changes: WorkspaceChanges, vault: Vault): Updateable<WorkspaceRow> {
  const {
    headers,
    signing_secret,
    previous_secret,
    connected,
    require_api_key,
    webhook_enabled,
    channels,
    extra_events,
    routes,
    ...plain
  } = changes;
  const columns: Updateable<WorkspaceRow> = { ...plain };
  if (headers) columns.headers = sealHeaders(vault, locationId, headers);
  if (signing_secret !== undefined)
    columns.signing_secret = sealSigningSecret(vault, locationId, signing_secret);
  if (previous_secret !== undefined)
    columns.previous_secret =
      previous_secret === null ? null : sealPreviousSecret(vault, locationId, previous_secret);
  if (connected !== undefined) columns.connected = Number(connected);
  if (require_api_key !== undefined) columns.require_api_key = Number(require_api_key);
  if (webhook_enabled !== undefined) columns.webhook_enabled = Number(webhook_enabled);
  if (channels) columns.channels = JSON.stringify(channels);
  if (extra_events) columns.extra_events = JSON.stringify(extra_events);
  if (routes) columns.routes = JSON.stringify(routes);
  if (webhook_enabled === true) columns.webhook_disabled_reason = null;
  if (webhook_enabled === true || changes.url !== undefined) columns.failing_since = null;
  return columns;
}

/** A webhook that is switched off, or gets another URL, begins anew: what was wrong with it before is past. */
async function resolveNotices(
  db: Transaction<Schema>,
  locationId: string,
  { webhook_enabled, url }: WorkspaceChanges,
  now: number,
): Promise<void> {
  if (webhook_enabled === undefined && url === undefined) return;
  let open = db
    .updateTable('notices')
    .set({ resolved_at: now })
    .where('location_id', '=', locationId)
    .where('resolved_at', 'is', null);
  // Only a switch ends that it is switched off.
  if (webhook_enabled !== true) open = open.where('kind', '=', 'webhook_failing');
  await open.execute();
}

/**
 * An assignment that stays keeps its place in the order of assigning; one of a device that is not `within` stays. Channels that
 * the workspace does not use, by now, are passed over.
 */
async function setAssignments(
  db: Transaction<Schema>,
  locationId: string,
  assignments: Parameters<WorkspaceStore['setAssignments']>[1],
  within: readonly string[] | undefined,
): Promise<void> {
  const devices = await db.selectFrom('devices').select('id').execute();
  const known = new Set(devices.map(({ id }) => id));
  for (const { device_id } of assignments) if (!known.has(device_id)) throw new UnknownDeviceError(device_id);
  const held = await db
    .selectFrom('assignments')
    .select(['seq', 'device_id', 'channel'])
    .where('location_id', '=', locationId)
    .execute();
  const workspace = await db
    .selectFrom('workspaces')
    .select('channels')
    .where('location_id', '=', locationId)
    .executeTakeFirst();
  const used = new Set(JSON.parse(workspace?.channels ?? '[]') as Channel[]);
  const wanted = assignments.filter(({ channel }) => used.has(channel));
  const keys = new Set(wanted.map(({ device_id, channel }) => `${channel} ${device_id}`));
  const gone = held
    .filter(({ device_id }) => within === undefined || within.includes(device_id))
    .filter(({ device_id, channel }) => !keys.has(`${channel} ${device_id}`));
  for (const { seq } of gone) await db.deleteFrom('assignments').where('seq', '=', seq).execute();
  for (const { device_id, channel } of wanted)
    await db
      .insertInto('assignments')
      .values({ location_id: locationId, device_id, channel })
      .onConflict((conflict) => conflict.columns(['location_id', 'channel', 'device_id']).doNothing())
      .execute();
  await unrouteWorkspace(db, locationId);
}

// The literals let the partial indexes of the queues serve these.

/** Turns what waits for the workspace into recorded events; attempts under way end first. */
async function recordPending(db: Transaction<Schema>, locationId: string): Promise<void> {
  await db
    .updateTable('deliveries')
    .set({ status: 'recorded', next_attempt_at: null })
    .where('status', '=', sql.lit('pending'))
    .where('location_id', '=', locationId)
    .where('owner', 'is', null)
    .execute();
}

/** What was never offered is routed anew by the assignments of now. */
async function unrouteWorkspace(db: Transaction<Schema>, locationId: string): Promise<void> {
  await db
    .updateTable('messages')
    .set({ device_id: null })
    .where('status', '=', sql.lit('QUEUED'))
    .where('device_id', 'is not', null)
    .where('owner', 'is', null)
    .where('offered_at', 'is', null)
    .where('location_id', '=', locationId)
    .execute();
}
