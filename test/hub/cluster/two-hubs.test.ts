import { expect, test } from 'vitest';
import { describeWithPostgres } from '../../kit/describe-with-postgres.ts';
import { Receiver } from '../../kit/receiver.ts';
import { waitFor } from '../../kit/wait.ts';
import { PanelUser } from '../kit/panel-user.ts';
import { statusEntry, TestDevice } from '../kit/test-device.ts';
import type { TestHub } from '../kit/test-hub.ts';
import { TestPanel } from '../kit/test-panel.ts';
import { startHubs } from './start-hubs.ts';

async function isOnline(hub: TestHub, id: string): Promise<boolean> {
  return ((await hub.api('GET', `/api/devices/${id}`)).body.online as unknown) === true;
}

describeWithPostgres('two hubs', (postgres) => {
  test('a message that one took goes to the device at the other, and each of its statuses out once', async () => {
    await using hubs = await startHubs(postgres());
    const [here, there] = [hubs[0]!, hubs[1]!];
    await using receiver = await Receiver.start();
    const mac = await here.pairMac();
    const { id, secret } = await here.join(mac.id, { url: receiver.url });
    using device = await TestDevice.online(there.url, mac.token);
    await waitFor('online here too', () => isOnline(here, mac.id));
    const sent = Array.from({ length: 20 }, (_, n) => `m${n}`);
    for (const messageId of sent) await here.send(id, messageId);
    await waitFor('the sends', () => device.sends.length === sent.length);
    expect(device.sends.map(({ text }) => text)).toEqual(sent.map((messageId) => `text of ${messageId}`));
    for (const send of device.sends)
      await device.report(statusEntry(send.id, 'SENT'), statusEntry(send.id, 'DELIVERED'));
    await waitFor('the statuses', () => receiver.events.length === 2 * sent.length);
    for (const messageId of sent) expect(receiver.statusesOf(messageId)).toEqual(['SENT', 'DELIVERED']);
    expect(receiver.calls).toHaveLength(2 * sent.length);
    receiver.verifyAll(secret);
  });

  test('a panel that is open at one is told what changes at the other', async () => {
    await using hubs = await startHubs(postgres());
    const [here, there] = [hubs[0]!, hubs[1]!];
    const admin = await PanelUser.setUp(here);
    const cookie = [...admin.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    using panel = await TestPanel.open(here.url, { origin: here.url, cookie });
    await waitFor('word from there', async () => {
      await there.createWorkspace();
      return panel.topics.includes('workspaces');
    });
    // Its session ends at the other hub.
    const elsewhere = new PanelUser(there);
    for (const [name, value] of admin.cookies) elsewhere.cookies.set(name, value);
    await elsewhere.call('POST', '/api/auth/sign-out', {});
    await waitFor('the end of the connection', () => panel.disconnects === 1);
  });

  test('who signs in at one is signed in at the other, whose links and limits are the same', async () => {
    await using hubs = await startHubs(postgres());
    const [here, there] = [hubs[0]!, hubs[1]!];
    const link = await there.api('POST', '/api/setup-links');
    const path = new URL(String(link.body.url)).pathname;
    const ann = new PanelUser(here);
    const joined = await ann.join(`${here.url}${path}`, { name: 'Ann', email: 'ann@example.com' });
    expect(joined.status).toBe(201);
    const elsewhere = new PanelUser(there);
    for (const [name, value] of ann.cookies) elsewhere.cookies.set(name, value);
    expect((await elsewhere.call('GET', '/api/me')).body).toMatchObject({ email: 'ann@example.com' });
    expect((await elsewhere.call('GET', `/api${path}`)).status).toBe(410);
    expect((await elsewhere.call('POST', '/api/auth/sign-out')).status).toBe(200);
    expect((await ann.call('GET', '/api/me')).status).toBe(401);
    const statuses: number[] = [];
    for (let n = 0; n < 12; n += 1) {
      const eve = new PanelUser(n % 2 === 0 ? here : there, { source: '198.51.100.7' });
      statuses.push((await eve.signIn('ann@example.com', 'quite another one')).status);
    }
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429]);
  });

  test('an operator who goes on at the other hub meets what was just changed at the first', async () => {
    await using hubs = await startHubs(postgres());
    const [here, there] = [hubs[0]!, hubs[1]!];
    const { id } = await here.createWorkspace({ headers: [{ key: 'x-tenant', value: 'first' }] });
    const path = `/api/workspaces/${id}`;
    expect((await there.api('GET', path)).body.name).toBe('CRM');
    const headers = [{ key: 'x-tenant', value: 'second' }];
    await here.api('PATCH', path, { name: 'Renamed', headers });
    const seen = (await there.api('GET', path)).body;
    expect(seen.name).toBe('Renamed');
    // Sent back as they were shown, the masked values stand for those of now.
    await there.api('PATCH', path, { headers: seen.headers });
    expect((await here.api('POST', `${path}/reveal-headers`)).body.headers).toEqual(headers);
    await here.api('DELETE', path);
    expect((await there.api('GET', path)).status).toBe(404);
  });

  test('a message that waited goes to a device when it comes to the hub that did not take it', async () => {
    await using hubs = await startHubs(postgres());
    const mac = await hubs[0]!.pairMac();
    const { id } = await hubs[0]!.join(mac.id);
    await hubs[0]!.send(id, 'm1');
    using device = await TestDevice.online(hubs[1]!.url, mac.token);
    await waitFor('the send', () => device.sends.length === 1);
  });

  test('a conversation stays with its device, whichever hub takes its messages', async () => {
    await using hubs = await startHubs(postgres(), { count: 3 });
    const macs = [await hubs[0]!.pairMac('one'), await hubs[0]!.pairMac('two')];
    const { id } = await hubs[0]!.createWorkspace();
    await hubs[0]!.api('PUT', `/api/workspaces/${id}/devices`, {
      devices: macs.map((mac) => ({ device_id: mac.id })),
    });
    await hubs[0]!.api('PUT', `/api/workspaces/${id}/connection`, { connected: true });
    using first = await TestDevice.online(hubs[1]!.url, macs[0]!.token);
    using second = await TestDevice.online(hubs[2]!.url, macs[1]!.token);
    for (const hub of hubs) for (const mac of macs) await waitFor('online', () => isOnline(hub, mac.id));
    const phones = Array.from({ length: 12 }, (_, n) => `+121455501${10 + n}`);
    for (const [round, hub] of hubs.entries())
      for (const phone of phones) await hub.send(id, `m${round}-${phone}`, { phone });
    await waitFor('all', () => first.sends.length + second.sends.length === 36);
    const ofFirst = new Set(first.sends.map(({ to }) => to));
    expect(second.sends.filter(({ to }) => ofFirst.has(to))).toEqual([]);
    expect(ofFirst.size).toBeGreaterThan(0);
    expect(ofFirst.size).toBeLessThan(12);
  });

  test('a device that comes to another hub is let go by the first, whose late end takes nothing from it', async () => {
    await using hubs = await startHubs(postgres());
    const mac = await hubs[0]!.pairMac();
    const { id } = await hubs[0]!.join(mac.id);
    using former = await TestDevice.online(hubs[0]!.url, mac.token);
    former.answer = () => undefined;
    await hubs[0]!.send(id, 'm1');
    await waitFor('the offer', () => former.sends.length === 1);
    using device = await TestDevice.online(hubs[1]!.url, mac.token);
    await waitFor('the repeated offer', () => device.sends.length === 1);
    await waitFor('the end of the former connection', () => former.disconnects === 1);
    for (const hub of hubs) await hub.send(id, `m2 to ${hub.url}`);
    await waitFor('what came later', () => device.sends.length === 3);
    expect(former.sends).toHaveLength(1);
    for (const hub of hubs) expect(await isOnline(hub, mac.id)).toBe(true);
    device.socket.disconnect();
    for (const hub of hubs) await waitFor('offline', async () => !(await isOnline(hub, mac.id)));
  });

  test('a device that is removed at one hub is cut off at the other, and one that is paused gets nothing', async () => {
    await using hubs = await startHubs(postgres());
    const [mac, other] = [await hubs[0]!.pairMac('one'), await hubs[0]!.pairMac('two')];
    const { id } = await hubs[0]!.join(other.id);
    using removed = await TestDevice.online(hubs[1]!.url, mac.token);
    using paused = await TestDevice.online(hubs[1]!.url, other.token);
    const settings: unknown[] = [];
    paused.socket.on('settings', (told) => settings.push(told));
    await hubs[0]!.api('DELETE', `/api/devices/${mac.id}`);
    await waitFor('the cut', () => removed.disconnects === 1);
    await hubs[0]!.api('PATCH', `/api/devices/${other.id}`, {
      pace: { per_minute: 7, gap_ms: 0, jitter_ms: 0 },
    });
    await waitFor('the new pace', () => settings.length > 0);
    await hubs[0]!.api('POST', `/api/devices/${other.id}/pause`);
    await hubs[0]!.send(id, 'm1');
    await hubs[1]!.send(id, 'm2');
    await hubs[0]!.api('POST', `/api/devices/${other.id}/resume`);
    await waitFor('both', () => paused.sends.length === 2);
    expect(settings).toMatchObject([{ pace: { per_minute: 7 } }]);
  });

  test('a hub that stops lets go of its devices at once', async () => {
    await using hubs = await startHubs(postgres());
    const [mac, spare] = [await hubs[0]!.pairMac('one'), await hubs[0]!.pairMac('two')];
    const { id } = await hubs[0]!.join(mac.id);
    using device = await TestDevice.online(hubs[1]!.url, mac.token);
    await waitFor('online here too', () => isOnline(hubs[0]!, mac.id));
    await hubs[1]!.stop();
    await waitFor('offline', async () => !(await isOnline(hubs[0]!, mac.id)));
    await hubs[0]!.api('PUT', `/api/workspaces/${id}/devices`, { devices: [{ device_id: spare.id }] });
    using taking = await TestDevice.online(hubs[0]!.url, spare.token);
    await hubs[0]!.send(id, 'm1');
    await waitFor('the send', () => taking.sends.length === 1);
    expect(device.disconnects).toBe(1);
  });
});
