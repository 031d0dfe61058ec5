import type { Kysely, Selectable, Transaction } from 'kysely';
import type { UserRow } from './account-rows.ts';
import type { User, UserChanges } from './accounts.ts';
import { listed } from './pages.ts';
import type { Schema } from './schema.ts';

/** A user who has not joined. */
export const BLANK_USER = {
  email_verified: 0,
  two_factor_enabled: 0,
  disabled: 0,
  joined_at: null,
  last_login_at: null,
} as const;

export async function findUser(
  db: Kysely<Schema>,
  column: 'id' | 'email',
  value: string,
): Promise<User | undefined> {
  const rows = await db.selectFrom('users').selectAll().where(column, '=', value).execute();
  return (await toUsers(db, rows))[0];
}

/** With what was given to each. What a deleted workspace leaves is nobody's. */
export async function toUsers(db: Kysely<Schema>, rows: Selectable<UserRow>[]): Promise<User[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const workspaces = await db
    .selectFrom('user_workspaces')
    .innerJoin('workspaces', 'workspaces.location_id', 'user_workspaces.location_id')
    .select(['user_id', 'workspaces.location_id'])
    .where('user_id', 'in', ids)
    .where('deleted_at', 'is', null)
    .orderBy('workspaces.seq')
    .execute();
  const devices = await db
    .selectFrom('user_devices')
    .innerJoin('devices', 'devices.id', 'user_devices.device_id')
    .select(['user_id', 'device_id'])
    .where('user_id', 'in', ids)
    .orderBy('devices.seq')
    .execute();
  const enrolled = await db
    .selectFrom('devices')
    .select(['enrolled_by', ({ fn }) => fn.countAll<number>().as('count')])
    .where('enrolled_by', 'in', ids)
    .groupBy('enrolled_by')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    email: row.email,
    role: row.role,
    disabled: row.disabled === 1,
    joined: row.joined_at !== null,
    two_factor_enabled: row.two_factor_enabled === 1,
    device_allowance: row.device_allowance,
    devices_enrolled: Number(enrolled.find(({ enrolled_by }) => enrolled_by === row.id)?.count ?? 0),
    workspaces: workspaces.filter(({ user_id }) => user_id === row.id).map((one) => one.location_id),
    devices: devices.filter(({ user_id }) => user_id === row.id).map((one) => one.device_id),
    last_login_at: row.last_login_at,
    created_at: row.created_at,
  }));
}

/** Replaces what was given to a user; what is undefined stays as it is, what is gone meanwhile is left out. */
export async function give(
  db: Transaction<Schema>,
  id: string,
  { workspaces, devices }: Pick<UserChanges, 'workspaces' | 'devices'>,
): Promise<void> {
  if (workspaces) {
    await db.deleteFrom('user_workspaces').where('user_id', '=', id).execute();
    const there = await db
      .selectFrom('workspaces')
      .select('location_id')
      .where('location_id', 'in', listed(workspaces))
      .execute();
    const rows = there.map(({ location_id }) => ({ user_id: id, location_id }));
    if (rows.length > 0) await db.insertInto('user_workspaces').values(rows).execute();
  }
  if (devices) {
    await db.deleteFrom('user_devices').where('user_id', '=', id).execute();
    const there = await db.selectFrom('devices').select('id').where('id', 'in', listed(devices)).execute();
    const rows = there.map((device) => ({ user_id: id, device_id: device.id }));
    if (rows.length > 0) await db.insertInto('user_devices').values(rows).execute();
  }
}

/** Sessions, those that wait for a code, and browsers that are not asked for one. */
export async function endSessions(db: Transaction<Schema>, id: string): Promise<void> {
  await db.deleteFrom('sessions').where('user_id', '=', id).execute();
  await db.deleteFrom('verifications').where('value', '=', id).execute();
}

export async function dropSecondFactor(db: Transaction<Schema>, id: string): Promise<void> {
  await db.deleteFrom('two_factors').where('user_id', '=', id).execute();
  await db.updateTable('users').set({ two_factor_enabled: 0 }).where('id', '=', id).execute();
}
