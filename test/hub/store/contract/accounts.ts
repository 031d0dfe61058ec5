import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { NewUser } from '../../../../hub/store/accounts.ts';
import type { Store } from '../../../../hub/store/store.ts';
import { addDevice, HOUR, NOW, newWorkspace, type OpenStore } from './fixtures.ts';

function newUser(changes: Partial<NewUser> = {}): NewUser {
  return {
    id: randomUUID(),
    name: 'Ben',
    email: `${randomUUID()}@example.com`,
    role: 'user',
    device_allowance: 0,
    workspaces: [],
    devices: [],
    ...changes,
  };
}

function newLink() {
  return { code_hash: randomUUID(), created_at: NOW, expires_at: NOW + HOUR };
}

export async function addUser(store: Store, changes: Partial<NewUser> = {}): Promise<string> {
  const link = newLink();
  const outcome = await store.createUser(newUser(changes), link, NOW);
  if (outcome.kind !== 'done') throw new Error(outcome.kind);
  await store.useSetupLink({ code_hash: link.code_hash, password: 'hash' }, NOW);
  return outcome.user.id;
}

async function addSession(store: Store, user_id: string): Promise<string> {
  const id = randomUUID();
  const times = { created_at: NOW, updated_at: NOW, expires_at: NOW + HOUR };
  await store.insertAuthRow('sessions', { id, user_id, token: randomUUID(), ...times });
  return id;
}

export function describeAccounts(open: OpenStore): void {
  test('a link is used by one of those who come with it at once', async () => {
    await using opened = await open();
    const { store } = opened;
    expect(await store.hasUsers()).toBe(false);
    const link = newLink();
    await store.createSetupLink({ ...link, user_id: null });
    const outcomes = await Promise.all(
      ['ann', 'eve', 'joe'].map((name) =>
        store.useSetupLink(
          {
            code_hash: link.code_hash,
            password: 'hash',
            admin: { id: randomUUID(), name, email: `${name}@example.com` },
          },
          NOW,
        ),
      ),
    );
    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['gone', 'gone', 'used']);
    expect((await store.listUsers({ limit: 9 })).items).toMatchObject([{ role: 'admin', joined: true }]);
    expect(await store.hasUsers()).toBe(true);
    expect(await store.findSetupLink(link.code_hash)).toMatchObject({ used_at: NOW });
  });

  test('a link that is over, was never made, or is somebody else’s makes nobody', async () => {
    await using opened = await open();
    const { store } = opened;
    const link = newLink();
    await store.createSetupLink({ ...link, user_id: null });
    const admin = { id: randomUUID(), name: 'Ann', email: 'ann@example.com' };
    const use = { code_hash: link.code_hash, password: 'hash' };
    expect(await store.useSetupLink({ ...use, admin }, NOW + HOUR)).toEqual({ kind: 'gone' });
    expect(await store.useSetupLink({ ...use, code_hash: 'none', admin }, NOW)).toEqual({ kind: 'gone' });
    expect(await store.useSetupLink(use, NOW)).toEqual({ kind: 'gone' });
    const invitation = newLink();
    await store.createUser(newUser(), invitation, NOW);
    expect(await store.useSetupLink({ ...use, code_hash: invitation.code_hash, admin }, NOW)).toEqual({
      kind: 'gone',
    });
    expect(await store.hasUsers()).toBe(false);
  });

  test('a user is created once for an e-mail address, and only with what is there', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id } = await store.createWorkspace(newWorkspace(), NOW);
    const device_id = await addDevice(store);
    const user = newUser({ email: 'ben@example.com', workspaces: [location_id], devices: [device_id] });
    const outcomes = await Promise.all(
      [1, 2, 3].map(() => store.createUser({ ...user, id: randomUUID() }, newLink(), NOW)),
    );
    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['done', 'email_taken', 'email_taken']);
    const found = await store.findUserByEmail('ben@example.com');
    expect(found).toMatchObject({ workspaces: [location_id], devices: [device_id], joined: false });
    const id = found!.id;
    expect(await store.createUser(newUser({ workspaces: ['none'] }), newLink(), NOW)).toEqual({
      kind: 'unknown',
      field: 'workspaces',
      index: 0,
    });
    expect(await store.updateUser(id, { name: 'B', devices: [device_id, 'none'] }, NOW)).toEqual({
      kind: 'unknown',
      field: 'devices',
      index: 1,
    });
    expect(await store.findUser(id)).toMatchObject({ name: 'Ben' });
    await store.deleteDevice(device_id, NOW);
    await store.deleteWorkspace(location_id);
    expect(await store.findUser(id)).toMatchObject({ workspaces: [], devices: [] });
    expect((await store.listUsers({ limit: 9 })).items).toHaveLength(1);
  });

  test('of two admins who switch each other off at once, one stays', async () => {
    await using opened = await open();
    const { store } = opened;
    const admins = [await addUser(store, { role: 'admin' }), await addUser(store, { role: 'admin' })];
    const outcomes = await Promise.all(admins.map((id) => store.updateUser(id, { disabled: true }, NOW)));
    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['done', 'last_admin']);
    const [left] = (await store.listUsers({ limit: 9 })).items.filter(({ disabled }) => !disabled);
    expect(await store.updateUser(left!.id, { role: 'user' }, NOW)).toEqual({ kind: 'last_admin' });
    expect(await store.deleteUser(left!.id)).toEqual({ kind: 'last_admin' });
  });

  test('sessions end with a new password, a user who is switched off, and one who is removed', async () => {
    await using opened = await open();
    const { store } = opened;
    await addUser(store, { role: 'admin' });
    const id = await addUser(store);
    const sessions = [await addSession(store, id)];
    const openOnes = () => store.listOpenSessions(sessions, NOW);
    expect(await openOnes()).toEqual(sessions);
    expect(await store.listOpenSessions(sessions, NOW + HOUR)).toEqual([]);
    expect(await store.listOpenSessions([], NOW)).toEqual([]);
    const reset = newLink();
    await store.createSetupLink({ ...reset, user_id: id });
    await store.useSetupLink({ code_hash: reset.code_hash, password: 'other hash' }, NOW);
    expect(await openOnes()).toEqual([]);
    expect(await store.findAuthRows('accounts', [is('user_id', id)])).toMatchObject([
      { password: 'other hash', provider_id: 'credential' },
    ]);
    sessions.push(await addSession(store, id));
    await store.updateUser(id, { disabled: true }, NOW);
    expect(await openOnes()).toEqual([]);
    await store.updateUser(id, { disabled: false }, NOW);
    sessions.push(await addSession(store, id));
    expect(await openOnes()).toHaveLength(1);
    await store.recordLogin(id, NOW + 2 * HOUR);
    expect(await store.countAuthRows('sessions', [])).toBe(0);
    await store.deleteUser(id);
    expect(await store.findAuthRows('accounts', [is('user_id', id)])).toEqual([]);
  });

  test('rows are found, counted and changed by their conditions; one of two that take a row gets it', async () => {
    await using opened = await open();
    const { store } = opened;
    const row = (key: string, count: number) => ({ id: randomUUID(), key, count, last_request: NOW + count });
    for (const [index, key] of ['a', 'b', 'c'].entries())
      await store.insertAuthRow('rate_limits', row(key, index));
    const keysOf = async (...where: Parameters<Store['findAuthRows']>[1]) =>
      (await store.findAuthRows('rate_limits', where, { sortBy: { field: 'count', direction: 'desc' } })).map(
        ({ key }) => key,
      );
    expect(await keysOf()).toEqual(['c', 'b', 'a']);
    expect(await keysOf({ ...is('count', 0), operator: '>' })).toEqual(['c', 'b']);
    expect(await keysOf({ ...is('key', ['a', 'c']), operator: 'in' })).toEqual(['c', 'a']);
    expect(
      await keysOf({ ...is('key', 'a'), connector: 'or' }, { ...is('key', 'b'), connector: 'or' }),
    ).toEqual(['b', 'a']);
    expect(await store.countAuthRows('rate_limits', [{ ...is('count', 1), operator: '<=' }])).toBe(2);
    const page = await store.findAuthRows('rate_limits', [], {
      limit: 1,
      offset: 1,
      sortBy: { field: 'key', direction: 'asc' },
    });
    expect(page).toMatchObject([{ key: 'b' }]);
    const below = [is('key', 'a'), { ...is('count', 2), operator: '<' as const }];
    const tries = await Promise.all(
      [1, 2, 3].map(() =>
        store.updateAuthRows('rate_limits', below, { set: {}, increment: { count: 1 }, one: true }),
      ),
    );
    expect(
      tries
        .flat()
        .map(({ count }) => count)
        .toSorted(),
    ).toEqual([1, 2]);
    const taken = await Promise.all(
      [1, 2].map(() => store.deleteAuthRows('rate_limits', [is('key', 'a')], { one: true })),
    );
    expect(taken.flat()).toHaveLength(1);
    expect(await store.deleteAuthRows('rate_limits', [])).toHaveLength(2);
    await expect(
      Promise.all([1, 2].map(() => store.insertAuthRow('rate_limits', row('twin', 1)))),
    ).rejects.toThrow();
  });
}

function is(field: string, value: string | string[] | number) {
  return { field, operator: '=' as const, value, connector: 'and' as const };
}
