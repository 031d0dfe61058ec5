import { describe, expect, test } from 'vitest';
import { Roster } from '../../../hub/cluster/roster.ts';
import { Presence } from '../../../hub/devices/presence.ts';
import { Dispatcher } from '../../../hub/dispatch/dispatcher.ts';
import { createMetrics } from '../../../hub/metrics.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import { UNPACED } from '../../../shared/wire/settings.ts';
import { Receiver } from '../../kit/receiver.ts';
import { waitFor } from '../../kit/wait.ts';
import { statusEntry, TestDevice } from '../kit/test-device.ts';
import { TestHub } from '../kit/test-hub.ts';

async function statusOf(hub: TestHub, id: unknown): Promise<string> {
  return String((await hub.api('GET', `/api/messages/${id}`)).body.status);
}

describe('dispatch', () => {
  test('brings a message to the device, and its evidence to the webhook', async () => {
    await using hub = await TestHub.start();
    await using receiver = await Receiver.start();
    const mac = await hub.pairMac();
    const { id, secret } = await hub.join(mac.id, { url: receiver.url });
    using device = await TestDevice.online(hub.url, mac.token);
    const accepted = await hub.send(id, 'm1', { message: ' kept as it is \n' });
    const send = await waitFor('the send', () => device.sends[0]);
    expect(send).toMatchObject({
      id: accepted.body.id,
      to: '+12145550100',
      channel: 'imessage',
      text: ' kept as it is \n',
    });
    await waitFor('DISPATCHED', async () => (await statusOf(hub, send.id)) === 'DISPATCHED');
    await device.report(statusEntry(send.id, 'SENT'), statusEntry(send.id, 'DELIVERED'));
    await waitFor('both statuses', () => receiver.events.length === 2);
    expect(receiver.statusesOf('m1')).toEqual(['SENT', 'DELIVERED']);
    receiver.verifyAll(secret);
  });

  test('keeps messages for a device that is away, in order', async () => {
    await using hub = await TestHub.start();
    const mac = await hub.pairMac();
    const { id } = await hub.join(mac.id);
    const sent: unknown[] = [];
    for (let n = 0; n < 150; n += 1) sent.push((await hub.send(id, `m${n}`)).body.id);
    using device = await TestDevice.online(hub.url, mac.token);
    await waitFor('all of them', () => device.sends.length === 150);
    expect(device.sends.map((send) => send.id)).toEqual(sent);
  });

  test('leaves no more than 64 offers unanswered', async () => {
    await using hub = await TestHub.start();
    const mac = await hub.pairMac();
    const { id } = await hub.join(mac.id);
    using device = new TestDevice(hub.url, mac.token);
    const answers: (() => void)[] = [];
    device.answer = () => undefined;
    device.socket.off('send');
    device.socket.on('send', (send, reply) => {
      device.sends.push(send);
      answers.push(() => reply({ id: send.id, accepted: true }));
    });
    await Promise.all(
      Array.from({ length: 100 }, (_, n) => hub.send(id, `m${n}`, { phone: `+1214555${1_000 + n}` })),
    );
    await waitFor('a full window', () => device.sends.length === 64);
    for (const answer of answers.splice(0, 32)) answer();
    await waitFor('the next', () => device.sends.length === 96);
    for (const answer of answers.splice(0)) answer();
    await waitFor('the rest', () => device.sends.length === 100);
    expect(new Set(device.sends.map((send) => send.id)).size).toBe(100);
  });

  test('offers again what a device did not answer before it went, to that device', async () => {
    await using hub = await TestHub.start();
    const [first, second] = [await hub.pairMac('First'), await hub.pairMac('Second')];
    const { id } = await hub.join(first.id);
    using silent = await TestDevice.online(hub.url, first.token);
    silent.answer = () => undefined;
    const { body } = await hub.send(id, 'm1');
    await waitFor('the offer', () => silent.sends.length === 1);
    // From now on another device could take it; but the first may have it on its disk.
    await hub.api('PUT', `/api/workspaces/${id}/devices`, {
      devices: [{ device_id: first.id }, { device_id: second.id }],
    });
    using other = await TestDevice.online(hub.url, second.token);
    silent.socket.disconnect();
    await waitFor(
      'offline',
      async () => ((await hub.api('GET', `/api/devices/${first.id}`)).body.online as unknown) === false,
    );
    const { body: next } = await hub.send(id, 'm2', { phone: '+12145550177' });
    await waitFor('the other message', () => other.sends.length === 1);
    expect(other.sends[0]?.id).toBe(next.id);
    using back = await TestDevice.online(hub.url, first.token);
    await waitFor('the repeated offer', () => back.sends.length === 1);
    expect(back.sends[0]?.id).toBe(body.id);
    await waitFor('DISPATCHED', async () => (await statusOf(hub, body.id)) === 'DISPATCHED');
  });

  test('gives nothing to a paused device, and all of it when it resumes', async () => {
    await using hub = await TestHub.start();
    const mac = await hub.pairMac();
    const { id } = await hub.join(mac.id);
    using device = await TestDevice.online(hub.url, mac.token);
    await hub.api('POST', `/api/devices/${mac.id}/pause`);
    const other = await hub.pairMac('Other');
    const beside = await hub.join(other.id);
    using otherDevice = await TestDevice.online(hub.url, other.token);
    await hub.send(id, 'm1');
    await hub.send(beside.id, 'm2');
    await waitFor('the message beside it', () => otherDevice.sends.length === 1);
    expect(device.sends).toEqual([]);
    await hub.api('POST', `/api/devices/${mac.id}/resume`);
    await waitFor('the message', () => device.sends.length === 1);
  });

  test('moves what waits for a paused device to another that serves the workspace', async () => {
    await using hub = await TestHub.start();
    const [first, second] = [await hub.pairMac('First'), await hub.pairMac('Second')];
    const { id } = await hub.join(first.id);
    await hub.send(id, 'm1');
    await hub.api('POST', `/api/devices/${first.id}/pause`);
    using device = await TestDevice.online(hub.url, second.token);
    await hub.api('PUT', `/api/workspaces/${id}/devices`, {
      devices: [{ device_id: first.id }, { device_id: second.id }],
    });
    await waitFor('the message', () => device.sends.length === 1);
  });

  test('fails a message that the device refuses, with its reason', async () => {
    await using hub = await TestHub.start();
    await using receiver = await Receiver.start();
    const mac = await hub.pairMac();
    const { id } = await hub.join(mac.id, { url: receiver.url });
    using device = await TestDevice.online(hub.url, mac.token);
    device.answer = (send) => ({
      id: send.id,
      accepted: false,
      error: { code: 'channel_unavailable', message: 'No iPhone forwards SMS.' },
    });
    await hub.send(id, 'm1', { channel: 'sms' });
    await waitFor('FAILED', () => receiver.statusesOf('m1').includes('FAILED'));
    expect(receiver.events[0]).toMatchObject({ error: { code: 'channel_unavailable' } });
  });

  test('fails a message that no device took within HUB_MESSAGE_TTL', async () => {
    let now = Date.now();
    await using hub = await TestHub.start({ HUB_MESSAGE_TTL: '1h' }, { now: () => now });
    await using receiver = await Receiver.start();
    const mac = await hub.pairMac();
    const { id } = await hub.join(mac.id, { url: receiver.url });
    await hub.send(id, 'm1');
    now += 3_600_001;
    await hub.send(id, 'm2');
    await waitFor('FAILED', () => receiver.statusesOf('m1').includes('FAILED'));
    expect(receiver.events[0]).toMatchObject({ error: { code: 'device_offline_expired' } });
    expect(receiver.statusesOf('m2')).toEqual([]);
  });

  test('ends the connection of a device that answers a send with nonsense, and offers it again', async () => {
    await using hub = await TestHub.start();
    const mac = await hub.pairMac();
    const { id } = await hub.join(mac.id);
    await hub.send(id, 'm1');
    for (const nonsense of [null, 'yes', { id: 'another', accepted: true }, { accepted: 'maybe' }]) {
      using device = new TestDevice(hub.url, mac.token);
      device.answer = () => nonsense as never;
      await waitFor('the end of the connection', () => device.disconnects === 1);
    }
    using device = await TestDevice.online(hub.url, mac.token);
    await waitFor('the repeated offer', () => device.sends.length === 1);
  });
});

/** A store with nothing in it, but for one device; `listConnections` answers what the device was when it was asked. */
function storeOf(device: { paused: boolean }, claimed: string[]) {
  const nothing = async (): Promise<void> => undefined;
  return {
    routeQueued: async () => [],
    unrouteDevice: nothing,
    unrouteExcept: nothing,
    releaseSends: nothing,
    settleSends: nothing,
    expireQueued: async () => 0,
    expireDispatched: async () => 0,
    claimSends: async ({ device_id }: { device_id: string }) => {
      claimed.push(device_id);
      return { sends: [], more: false };
    },
    endConnections: nothing,
    listConnections: async () => [
      { device_id: 'mac', hub: 'hub', id: 'c1', ...device, findings: [], pace: UNPACED },
    ],
  };
}

test('a device that is resumed while its pause is being looked at is given messages again', async () => {
  const device = { paused: true };
  const claimed: string[] = [];
  const presence = new Presence();
  const store = storeOf(device, claimed);
  const looking = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  await using dispatcher = new Dispatcher({
    store: {
      ...store,
      unrouteDevice: () => {
        looking.resolve();
        return goOn.promise;
      },
    },
    presence,
    roster: new Roster({ store, presence, owner: 'hub', onEnded: () => undefined }),
    term: () => 1,
    onRoutedElsewhere: () => undefined,
    pick: ({ candidates }) => candidates[0] ?? '',
    owner: 'hub',
    metrics: createMetrics(),
    log: createLog('hub', 'fatal', { write: () => undefined }),
    now: Date.now,
    onDeliveriesDue: () => undefined,
  });
  presence.add({
    id: 'c1',
    deviceId: 'mac',
    offer: () => Promise.reject(),
    refreshSettings: () => {},
    close: () => {},
  });
  dispatcher.start();
  await looking.promise;
  expect(claimed).toEqual([]);
  device.paused = false;
  dispatcher.reroute(['mac']);
  goOn.resolve();
  await waitFor('a claim for the device', () => claimed.length > 0);
});
