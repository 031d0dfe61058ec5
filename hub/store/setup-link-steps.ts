import { randomUUIDv7 } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import type { AccountStore, FoundLink, LinkOutcome, LinkUse, SetupLink } from './accounts.ts';
import type { Base } from './base.ts';
import type { Schema } from './schema.ts';
import { BLANK_USER, endSessions, findUser } from './user-rows.ts';

type Steps = Pick<AccountStore, 'createSetupLink' | 'findSetupLink' | 'useSetupLink'>;

/** Whoever adds, changes or removes a user holds this. */
export const USERS = async (): Promise<string[]> => ['users'];

export function setupLinkSteps({ query, change }: Base): Steps {
  return {
    createSetupLink: (link) => change((db) => addLink(db, link), USERS),
    findSetupLink: (codeHash) => query((db) => findLink(db, codeHash)),
    useSetupLink: (use, now) => change((db) => useLink(db, use, now), USERS),
  };
}

/** The newest link of a user is the one that works. */
export async function addLink(db: Transaction<Schema>, link: SetupLink): Promise<void> {
  if (link.user_id !== null) await db.deleteFrom('setup_links').where('user_id', '=', link.user_id).execute();
  await db
    .insertInto('setup_links')
    .values({ ...link, used_at: null })
    .execute();
}

async function findLink(db: Kysely<Schema>, codeHash: string): Promise<FoundLink | undefined> {
  const link = await db
    .selectFrom('setup_links')
    .selectAll()
    .where('code_hash', '=', codeHash)
    .executeTakeFirst();
  if (link === undefined) return undefined;
  return { ...link, user: link.user_id === null ? undefined : await findUser(db, 'id', link.user_id) };
}

async function useLink(
  db: Transaction<Schema>,
  { code_hash, admin, password }: LinkUse,
  now: number,
): Promise<LinkOutcome> {
  const link = await db
    .selectFrom('setup_links')
    .select('user_id')
    .where('code_hash', '=', code_hash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  if (link === undefined || (link.user_id === null) !== (admin !== undefined)) return { kind: 'gone' };
  const known = link.user_id === null ? undefined : await findUser(db, 'id', link.user_id);
  if (known?.disabled) return { kind: 'gone' };
  if (admin && (await findUser(db, 'email', admin.email))) return { kind: 'email_taken' };
  await db.updateTable('setup_links').set({ used_at: now }).where('code_hash', '=', code_hash).execute();
  if (admin) await insertAdmin(db, admin, now);
  const id = admin?.id ?? link.user_id ?? '';
  await setPassword(db, id, password, now);
  await endSessions(db, id);
  const user = await findUser(db, 'id', id);
  return user ? { kind: 'used', user } : { kind: 'gone' };
}

async function insertAdmin(
  db: Transaction<Schema>,
  admin: NonNullable<LinkUse['admin']>,
  now: number,
): Promise<void> {
  await db
    .insertInto('users')
    .values({
      ...BLANK_USER,
      ...admin,
      role: 'admin',
      device_allowance: null,
      created_at: now,
      updated_at: now,
    })
    .execute();
}

async function setPassword(
  db: Transaction<Schema>,
  id: string,
  password: string,
  now: number,
): Promise<void> {
  await db
    .insertInto('accounts')
    .values({
      id: randomUUIDv7(),
      user_id: id,
      account_id: id,
      provider_id: 'credential',
      password,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) =>
      conflict.columns(['user_id', 'provider_id']).doUpdateSet({ password, updated_at: now }),
    )
    .execute();
  await db
    .updateTable('users')
    .set({ joined_at: now })
    .where('id', '=', id)
    .where('joined_at', 'is', null)
    .execute();
}
