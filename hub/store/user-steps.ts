import type { Kysely, Transaction } from 'kysely';
import type { Access, AccountStore, NewUser, SetupLink, User, UserChanges, UserOutcome } from './accounts.ts';
import type { Base } from './base.ts';
import { listed, startOf, toPage } from './pages.ts';
import type { Schema } from './schema.ts';
import { addLink, USERS } from './setup-link-steps.ts';
import { BLANK_USER, dropSecondFactor, endSessions, findUser, give, toUsers } from './user-rows.ts';

type Steps = Pick<
  AccountStore,
  | 'hasUsers'
  | 'createUser'
  | 'updateUser'
  | 'deleteUser'
  | 'listUsers'
  | 'findUser'
  | 'findUserByEmail'
  | 'readAccess'
  | 'recordLogin'
  | 'listOpenSessions'
>;

/** So long a link that is over is told apart from one that never was. */
const LINK_KEPT_MS = 30 * 86_400_000;

export function userSteps({ query, change }: Base): Steps {
  return {
    hasUsers: async () =>
      (await query((db) =>
        db.selectFrom('users').select('id').where('joined_at', 'is not', null).limit(1).executeTakeFirst(),
      )) !== undefined,
    createUser: (user, link, now) => change((db) => createUser(db, user, link, now), USERS),
    updateUser: (id, changes, now) => change((db) => updateUser(db, id, changes, now), USERS),
    deleteUser: (id) => change((db) => deleteUser(db, id), USERS),
    listUsers: (page) =>
      query(async (db) => {
        const rows = await db
          .selectFrom('users')
          .selectAll()
          .where('seq', '<', startOf(page))
          .orderBy('seq', 'desc')
          .limit(page.limit + 1)
          .execute();
        const { next_cursor, items } = toPage(rows, page.limit, (row) => row);
        return { next_cursor, items: await toUsers(db, items) };
      }),
    findUser: (id) => query((db) => findUser(db, 'id', id)),
    findUserByEmail: (email) => query((db) => findUser(db, 'email', email)),
    readAccess: (id) => query((db) => readAccess(db, id)),
    recordLogin: (id, now) =>
      change(async (db) => {
        await db.updateTable('users').set({ last_login_at: now }).where('id', '=', id).execute();
        await db.deleteFrom('sessions').where('expires_at', '<', now).execute();
        await db
          .deleteFrom('setup_links')
          .where('expires_at', '<', now - LINK_KEPT_MS)
          .execute();
      }),
    listOpenSessions: async (ids, now) => {
      const rows = await query((db) =>
        db
          .selectFrom('sessions')
          .innerJoin('users', 'users.id', 'sessions.user_id')
          .select('sessions.id')
          .where('sessions.id', 'in', listed(ids))
          .where('expires_at', '>', now)
          .where('disabled', '=', 0)
          .execute(),
      );
      return rows.map(({ id }) => id);
    },
  };
}

async function readAccess(db: Kysely<Schema>, id: string): Promise<Access | undefined> {
  const user = await findUser(db, 'id', id);
  if (user === undefined) return undefined;
  const enrolled = await db.selectFrom('devices').select('id').where('enrolled_by', '=', id).execute();
  return { user, devices: [...new Set([...user.devices, ...enrolled.map((device) => device.id)])] };
}

async function createUser(
  db: Transaction<Schema>,
  { id, name, email, role, device_allowance, workspaces, devices }: NewUser,
  link: Omit<SetupLink, 'user_id'>,
  now: number,
): Promise<UserOutcome> {
  if (await findUser(db, 'email', email)) return { kind: 'email_taken' };
  const stray = await findStray(db, { workspaces, devices });
  if (stray) return stray;
  await db
    .insertInto('users')
    .values({ ...BLANK_USER, id, name, email, role, device_allowance, created_at: now, updated_at: now })
    .execute();
  await give(db, id, { workspaces, devices });
  await addLink(db, { ...link, user_id: id });
  return readDone(db, id);
}

async function updateUser(
  db: Transaction<Schema>,
  id: string,
  { workspaces, devices, disabled, two_factor_enabled, ...plain }: UserChanges,
  now: number,
): Promise<UserOutcome> {
  const before = await findUser(db, 'id', id);
  if (before === undefined) return { kind: 'not_found' };
  const namesake = plain.email === undefined ? undefined : await findUser(db, 'email', plain.email);
  if (namesake !== undefined && namesake.id !== id) return { kind: 'email_taken' };
  if ((disabled || plain.role === 'user') && (await isLastAdmin(db, before))) return { kind: 'last_admin' };
  const stray = await findStray(db, { workspaces, devices });
  if (stray) return stray;
  await db
    .updateTable('users')
    .set({ ...plain, ...(disabled !== undefined && { disabled: Number(disabled) }), updated_at: now })
    .where('id', '=', id)
    .execute();
  if (disabled) {
    await endSessions(db, id);
    await db.deleteFrom('setup_links').where('user_id', '=', id).execute();
  }
  if (two_factor_enabled === false) await dropSecondFactor(db, id);
  await give(db, id, { workspaces, devices });
  return readDone(db, id);
}

async function deleteUser(db: Transaction<Schema>, id: string): Promise<UserOutcome> {
  const user = await findUser(db, 'id', id);
  if (user === undefined) return { kind: 'not_found' };
  if (await isLastAdmin(db, user)) return { kind: 'last_admin' };
  await db.deleteFrom('users').where('id', '=', id).execute();
  return { kind: 'done', user };
}

async function readDone(db: Transaction<Schema>, id: string): Promise<UserOutcome> {
  const user = await findUser(db, 'id', id);
  return user ? { kind: 'done', user } : { kind: 'not_found' };
}

/** Whether nobody else could let people in. */
async function isLastAdmin(db: Kysely<Schema>, { id, role, joined, disabled }: User): Promise<boolean> {
  if (role !== 'admin' || !joined || disabled) return false;
  const other = await db
    .selectFrom('users')
    .select('id')
    .where('id', '<>', id)
    .where('role', '=', 'admin')
    .where('joined_at', 'is not', null)
    .where('disabled', '=', 0)
    .limit(1)
    .executeTakeFirst();
  return other === undefined;
}

async function findStray(
  db: Kysely<Schema>,
  { workspaces = [], devices = [] }: Pick<UserChanges, 'workspaces' | 'devices'>,
): Promise<Extract<UserOutcome, { kind: 'unknown' }> | undefined> {
  for (const [index, location_id] of workspaces.entries()) {
    const row = await db
      .selectFrom('workspaces')
      .select('location_id')
      .where('location_id', '=', location_id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (row === undefined) return { kind: 'unknown', field: 'workspaces', index };
  }
  for (const [index, id] of devices.entries()) {
    const row = await db.selectFrom('devices').select('id').where('id', '=', id).executeTakeFirst();
    if (row === undefined) return { kind: 'unknown', field: 'devices', index };
  }
  return undefined;
}
