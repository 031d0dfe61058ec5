import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { AllowanceError } from '../../../../hub/store/accounts.ts';
import type { Message, Page } from '../../../../hub/store/records.ts';
import type { Store } from '../../../../hub/store/store.ts';
import { addUser } from './accounts.ts';
import { addDevice, addLine, assign, HOUR, NOW, newMessage, type OpenStore } from './fixtures.ts';

/** What users are kept to. */
export function describeScope(open: OpenStore): void {
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
    expect(await walk({ within: [b], status: ['QUEUED'] })).toEqual(of(b));
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
