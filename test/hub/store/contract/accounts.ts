import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { AllowanceError, type NewUser } from '../../../../hub/store/accounts.ts';
import type { Message, Page } from '../../../../hub/store/records.ts';
import type { Store } from '../../../../hub/store/store.ts';
import {
  addDevice,
  addLine,
  assign,
  HOUR,
  NOW,
  newMessage,
  newWorkspace,
  type OpenStore,
} from './fixtures.ts';

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

async function addUser(store: Store, changes: Partial<NewUser> = {}): Promise<string> {
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

  test('whoever enrols gets as many devices as they may, however many they enrol at once', async () => {
    await using opened = await open();
    const { store } = opened;
    const enrolled_by = await addUser(store, { device_allowance: 3 });
    const enrol = (): Promise<string> =>
      store
        .createEnrollment(
          {
            device: {
              id: randomUUID(),
              kind: 'mac',
              name: 'Mac',
              address: null,
              channels: ['imessage'],
              enrolled_by,
            },
            code_hash: randomUUID(),
            expires_at: NOW + HOUR,
          },
          NOW,
        )
        .then(
          () => 'enrolled',
          (error: unknown) => (error instanceof AllowanceError ? 'refused' : String(error)),
        );
    const outcomes = await Promise.all(Array.from({ length: 8 }, enrol));
    expect(outcomes.filter((outcome) => outcome === 'enrolled')).toHaveLength(3);
    expect(outcomes.filter((outcome) => outcome === 'refused')).toHaveLength(5);
    expect(await store.findUser(enrolled_by)).toMatchObject({ devices_enrolled: 3 });
    const access = await store.readAccess(enrolled_by);
    expect(access?.devices).toHaveLength(3);
    await store.deleteDevice(access!.devices[0]!, NOW);
    expect(await enrol()).toBe('enrolled');
    await addUser(store, { role: 'admin' });
    await store.deleteUser(enrolled_by);
    const { items } = await store.listDevices({ limit: 9 });
    expect(items.map((device) => device.enrolled_by)).toEqual([null, null, null]);
  });

  test('lists are kept to what may be seen, in order and page by page', async () => {
    await using opened = await open();
    const { store } = opened;
    const lines = [await addLine(store), await addLine(store), await addLine(store)];
    const [a, b, c] = lines.map(({ location_id }) => location_id) as [string, string, string];
    const messages = Array.from({ length: 15 }, (_, n) => newMessage([a, b, c][n % 3]!, { phone: `+1${n}` }));
    for (const message of messages) await store.acceptMessages([message], NOW);
    const walk = async (filter: Parameters<Store['listMessages']>[0]) => {
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const page: Page<Message> = await store.listMessages(filter, { limit: 2, cursor });
        ids.push(...page.items.map(({ id }) => id));
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined);
      return ids;
    };
    const of = (...ids: string[]) =>
      messages
        .filter(({ location_id }) => ids.includes(location_id))
        .map(({ id }) => id)
        .toReversed();
    expect(await walk({ within: [a, c] })).toEqual(of(a, c));
    expect(await walk({ within: [a, c], channel: 'imessage', direction: 'out' })).toEqual(of(a, c));
    expect(await walk({ within: [a, c], workspace: c })).toEqual(of(c));
    expect(await walk({ within: [a, c], workspace: b })).toEqual([]);
    expect(await walk({ within: [b], status: 'QUEUED' })).toEqual(of(b));
    expect(await walk({ within: [] })).toEqual([]);
    expect(await walk({ within: [a, b, c, 'none'], since: NOW })).toEqual(of(a, b, c));
    for (const { id } of messages) await store.cancelMessage(id, NOW);
    const deliveriesOf = async (filter: Parameters<Store['listDeliveries']>[0]) =>
      (await store.listDeliveries(filter, { limit: 99 })).items.map(({ location_id }) => location_id);
    expect(new Set(await deliveriesOf({ within: [a, b] }))).toEqual(new Set([a, b]));
    expect(await deliveriesOf({ within: [a, b], type: 'STATUS-UPDATE' })).toHaveLength(10);
    expect(await deliveriesOf({ within: [a, b], status: 'pending', workspace: a })).toHaveLength(5);
    expect(await deliveriesOf({ within: [a, b], workspace: c })).toEqual([]);
    expect(await deliveriesOf({ within: [] })).toEqual([]);
    const first = await store.listDeliveries({ within: [a, b] }, { limit: 4 });
    const rest = await store.listDeliveries({ within: [a, b] }, { limit: 99, cursor: first.next_cursor! });
    expect([...first.items, ...rest.items]).toHaveLength(10);
    const workspaces = await store.listWorkspaces({ limit: 9, within: [a, 'none'] });
    expect(workspaces.items.map(({ location_id }) => location_id)).toEqual([a]);
    expect((await store.listWorkspaces({ limit: 9, within: [] })).items).toEqual([]);
    const device_id = lines[1]!.device_id;
    const devices = await store.listDevices({ limit: 9, within: [device_id] });
    expect(devices.items.map(({ id }) => id)).toEqual([device_id]);
    expect((await store.listNotices({ within: [a] }, { limit: 9 })).items).toEqual([]);
  });

  test('assignments of devices that are not seen stay as they are', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const own = await addDevice(store);
    const replace = (ids: string[]) =>
      store.setAssignments(
        location_id,
        ids.map((id) => ({ device_id: id, channel: 'imessage' as const })),
        NOW,
        { within: [own] },
      );
    const assigned = async () =>
      (await store.listAssignments(location_id)).map((one) => [one.device_id, one.channel]);
    await replace([own]);
    expect(await assigned()).toEqual([
      [device_id, 'imessage'],
      [device_id, 'sms'],
      [own, 'imessage'],
    ]);
    await replace([]);
    expect(await assigned()).toEqual([
      [device_id, 'imessage'],
      [device_id, 'sms'],
    ]);
    await assign(store, location_id, []);
    expect(await assigned()).toEqual([]);
  });
}

function is(field: string, value: string | string[] | number) {
  return { field, operator: '=' as const, value, connector: 'and' as const };
}
