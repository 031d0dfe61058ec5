import { type Kysely, sql, type Transaction, type Updateable } from 'kysely';
import { EXTRA_EVENTS, type ExtraEvent } from '../../shared/extra-events.ts';
import { type Pace, type Settings, UNPACED } from '../../shared/wire/settings.ts';

import { AllowanceError } from './accounts.ts';
import type { Base } from './base.ts';
import { listed, startOf, toPage } from './pages.ts';
import type { CodeRenewal, Device, DeviceChanges, Enrollment, RedeemRequest } from './records.ts';
import { toDevice } from './rows.ts';
import type { DeviceRow, Schema } from './schema.ts';
import { queueOf } from './steps/context.ts';
import { STILL_SERVED } from './still-served.ts';
import type { DeviceStore } from './store.ts';

type Steps = Omit<DeviceStore, 'deleteDevice'>;

export function deviceSteps({ query, change }: Base): Steps {
  const findBy = async (column: 'id' | 'token_hash', value: string): Promise<Device | undefined> => {
    const row = await query((db) =>
      db.selectFrom('devices').selectAll().where(column, '=', value).executeTakeFirst(),
    );
    return row && toDevice(row);
  };
  return {
    createEnrollment: (enrollment, now) =>
      change(
        (db) => createEnrollment(db, enrollment, now),
        async () => (enrollment.device.enrolled_by ? [allowanceOf(enrollment.device.enrolled_by)] : []),
      ),
    renewCode: (renewal) => query((db) => db.transaction().execute((trx) => renewCode(trx, renewal))),
    redeemEnrollment: (request, now) => change((db) => redeemEnrollment(db, request, now)),

    listDevices: async ({ within, ...page }) => {
      const rows = await query((db) =>
        db
          .selectFrom('devices')
          .selectAll()
          .$if(within !== undefined, (some) => some.where('id', 'in', listed(within ?? [])))
          .where('seq', '<', startOf(page))
          .orderBy('seq', 'desc')
          .limit(page.limit + 1)
          .execute(),
      );
      return toPage(rows, page.limit, toDevice);
    },

    findDevice: (id) => findBy('id', id),
    findDeviceByToken: (tokenHash) => findBy('token_hash', tokenHash),
    updateDevice: (id, changes) =>
      change(
        (db) => updateDevice(db, id, changes),
        (db) => listQueues(db, id),
      ),

    recordHello: (id, { journal_id, ...versions }, now) =>
      query((db) =>
        db.transaction().execute(async (trx) => {
          await trx
            .updateTable('devices')
            .set({ ...versions, last_seen_at: now })
            .where('id', '=', id)
            .execute();
          return trx
            .insertInto('journals')
            .values({ device_id: id, journal_id, acked_seq: 0, created_at: now, seen_at: now })
            .onConflict((conflict) =>
              conflict.columns(['device_id', 'journal_id']).doUpdateSet({ seen_at: now }),
            )
            .returning('acked_seq')
            .executeTakeFirstOrThrow();
        }),
      ),

    readSettings: (id) => query((db) => readSettings(db, id)),

    recordSeen: async (id, health, now) => {
      const findings = health && { findings: JSON.stringify(health.findings) };
      await query((db) =>
        db
          .updateTable('devices')
          .set({ last_seen_at: now, ...findings })
          .where('id', '=', id)
          .execute(),
      );
    },
  };
}

async function readSettings(db: Kysely<Schema>, id: string): Promise<Settings | undefined> {
  const device = await db.selectFrom('devices').select('pace').where('id', '=', id).executeTakeFirst();
  if (device === undefined) return undefined;
  const served = await db
    .selectFrom('workspaces')
    .select('extra_events')
    .where('connected', '=', 1)
    .where('location_id', 'in', (assigned) =>
      assigned
        .selectFrom('assignments')
        .innerJoin('devices', 'devices.id', 'assignments.device_id')
        .select('location_id')
        .where('device_id', '=', id)
        .where(STILL_SERVED),
    )
    .execute();
  const asked = new Set(served.flatMap(({ extra_events }) => JSON.parse(extra_events) as ExtraEvent[]));
  return {
    pace: JSON.parse(device.pace) as Pace,
    extra_events: EXTRA_EVENTS.filter((one) => asked.has(one)),
  };
}

/** How many devices somebody enrolled: whoever adds to them holds this. */
function allowanceOf(userId: string): string {
  return `devices of ${userId}`;
}

/** Throws AllowanceError when a sub-account user has enrolled as many devices as they may. */
async function judgeAllowance(db: Transaction<Schema>, userId: string): Promise<void> {
  const user = await db
    .selectFrom('users')
    .select(['role', 'device_allowance'])
    .where('id', '=', userId)
    .executeTakeFirst();
  if (user?.role !== 'user' || user.device_allowance === null) return;
  const { count } = await db
    .selectFrom('devices')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('enrolled_by', '=', userId)
    .executeTakeFirstOrThrow();
  if (Number(count) >= user.device_allowance) throw new AllowanceError(user.device_allowance);
}

/** A device that is there already gets a new code in place of the old; its credential lives until the code is used. */
async function createEnrollment(
  db: Transaction<Schema>,
  { device, code_hash, expires_at }: Enrollment,
  now: number,
): Promise<Device> {
  if (device.enrolled_by) await judgeAllowance(db, device.enrolled_by);
  await db
    .insertInto('devices')
    .values({
      ...device,
      channels: JSON.stringify(device.channels),
      paused: 0,
      findings: '[]',
      pace: JSON.stringify(UNPACED),
      created_at: now,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  await db
    .insertInto('enrollments')
    .values({ device_id: device.id, code_hash, expires_at })
    .onConflict((conflict) => conflict.column('device_id').doUpdateSet({ code_hash, expires_at }))
    .execute();
  return toDevice(
    await db.selectFrom('devices').selectAll().where('id', '=', device.id).executeTakeFirstOrThrow(),
  );
}

async function renewCode(db: Transaction<Schema>, { device_id, ...code }: CodeRenewal): Promise<boolean> {
  // First: a pairing that has taken the old code is waited for here, and seen below.
  await db.deleteFrom('enrollments').where('device_id', '=', device_id).execute();
  const unpaired = await db
    .selectFrom('devices')
    .select('id')
    .where('id', '=', device_id)
    .where('paired_at', 'is', null)
    .executeTakeFirst();
  if (unpaired === undefined) return false;
  await db
    .insertInto('enrollments')
    .values({ device_id, ...code })
    .onConflict((conflict) => conflict.column('device_id').doUpdateSet(code))
    .execute();
  return true;
}

async function redeemEnrollment(
  db: Transaction<Schema>,
  { code_hash, kind, ...credential }: RedeemRequest,
  now: number,
): Promise<Device | undefined> {
  // Taking the code away decides which of two that come with it at once is the one.
  const enrolled = await db
    .deleteFrom('enrollments')
    .where('code_hash', '=', code_hash)
    .where('expires_at', '>', now)
    .where('device_id', 'in', (devices) =>
      devices.selectFrom('devices').select('id').where('kind', '=', kind),
    )
    .returning('device_id')
    .executeTakeFirst();
  if (enrolled === undefined) return undefined;
  const row = await db
    .updateTable('devices')
    .set({ ...credential, paired_at: now })
    .where('id', '=', enrolled.device_id)
    .returningAll()
    .executeTakeFirstOrThrow();
  return toDevice(row);
}

/** The queues that messages on their way to the device stand in. */
async function listQueues(db: Transaction<Schema>, id: string): Promise<string[]> {
  const rows = await db
    .selectFrom('messages')
    .select('location_id')
    .distinct()
    .where('status', '=', sql.lit('QUEUED'))
    .where('device_id', '=', id)
    .where('owner', 'is', null)
    .execute();
  return rows.flatMap(({ location_id }) => (location_id === null ? [] : [queueOf(location_id)]));
}

/** What was never offered to the device may go to another once it is paused or serves other channels. */
async function updateDevice(
  db: Transaction<Schema>,
  id: string,
  { channels, paused, pace, ...plain }: DeviceChanges,
): Promise<Device | undefined> {
  const columns: Updateable<DeviceRow> = { ...plain };
  if (channels) columns.channels = JSON.stringify(channels);
  if (paused !== undefined) columns.paused = Number(paused);
  if (pace) columns.pace = JSON.stringify(pace);
  const changed = Object.values(columns).some((value) => value !== undefined);
  if (changed) await db.updateTable('devices').set(columns).where('id', '=', id).execute();
  const row = await db.selectFrom('devices').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) return undefined;
  if (channels || paused)
    await db
      .updateTable('messages')
      .set({ device_id: null })
      .where('status', '=', sql.lit('QUEUED'))
      .where('device_id', '=', id)
      .where('owner', 'is', null)
      .where('offered_at', 'is', null)
      .execute();
  return toDevice(row);
}
