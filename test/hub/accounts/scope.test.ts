import { describe, expect, test } from 'vitest';
import { PanelUser } from '../kit/panel-user.ts';
import { type Answer, TestHub } from '../kit/test-hub.ts';

interface Cast extends AsyncDisposable {
  hub: TestHub;
  ann: PanelUser;
  ben: PanelUser;
  benId: string;
}

/** An admin, and a sub-account user. */
async function cast(fields: (hub: TestHub) => Promise<Record<string, unknown>>): Promise<Cast> {
  const hub = await TestHub.start();
  const ann = await PanelUser.setUp(hub);
  const { body } = await ann.call('POST', '/api/users', {
    name: 'Ben',
    email: 'ben@example.com',
    role: 'user',
    ...(await fields(hub)),
  });
  const ben = new PanelUser(hub);
  expect((await ben.join(String(body.invite_url))).status).toBe(201);
  return { hub, ann, ben, benId: String(body.id), [Symbol.asyncDispose]: () => hub[Symbol.asyncDispose]() };
}

function idsOf({ body }: Answer, field = 'id'): string[] {
  return (body.items as unknown as Record<string, string>[]).map((item) => String(item[field]));
}

describe('what a sub-account user sees', () => {
  test('is what was given to them, page by page, and from then on when more is given', async () => {
    const ids: string[] = [];
    await using scene = await cast(async (hub) => {
      for (let n = 0; n < 4; n += 1) ids.push((await hub.join((await hub.pairMac()).id)).id);
      return { workspaces: [ids[0], ids[2]] };
    });
    const { hub, ann, ben, benId } = scene;
    const sent: string[] = [];
    for (let n = 0; n < 12; n += 1) {
      const answer = await hub.send(ids[n % 4]!, `m${n}`, { phone: `+1214555${1000 + n}` });
      if (n % 2 === 0) sent.unshift(String(answer.body.id));
    }
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Answer = await ben.call('GET', `/api/messages?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...idsOf(page));
      cursor = page.body.next_cursor as unknown as string | null;
    }
    expect(seen).toEqual(sent);
    expect(idsOf(await ben.call('GET', '/api/messages?q=m1'))).toHaveLength(1);
    expect(idsOf(await ben.call('GET', '/api/messages?q=m'))).toEqual(sent);
    expect(idsOf(await ben.call('GET', '/api/messages?channel=imessage&limit=200'))).toEqual(sent);
    const csv = String((await ben.call('GET', '/api/messages.csv')).body);
    expect(csv.trimEnd().split('\r\n')).toHaveLength(1 + sent.length);
    expect(idsOf(await ben.call('GET', '/api/workspaces'), 'location_id')).toEqual([ids[2], ids[0]]);
    await ann.call('PATCH', `/api/users/${benId}`, { workspaces: [ids[1]] });
    expect(idsOf(await ben.call('GET', '/api/workspaces'), 'location_id')).toEqual([ids[1]]);
    expect((await ben.call('GET', `/api/workspaces/${ids[0]}`)).status).toBe(404);
    await hub.api('DELETE', `/api/workspaces/${ids[1]}`);
    expect(idsOf(await ben.call('GET', '/api/messages'))).toEqual([]);
    expect((await ben.call('GET', '/api/me')).body).toMatchObject({ workspaces: [] });
  });

  test('nothing at all, when nothing was given', async () => {
    await using scene = await cast(async (hub) => {
      const { id } = await hub.join((await hub.pairMac()).id);
      await hub.send(id, 'm1');
      return {};
    });
    for (const list of ['workspaces', 'devices', 'messages', 'deliveries', 'notices'])
      expect((await scene.ben.call('GET', `/api/${list}`)).body).toEqual({ items: [], next_cursor: null });
    const overview = await scene.ben.call('GET', '/api/overview');
    expect(overview.body).toMatchObject({ totals: { queued: 0 }, devices: [] });
  });

  test('a device of somebody else in their workspace: neither its name nor its assignment, which they leave as it is', async () => {
    let workspace = '';
    let own = '';
    let foreign = '';
    await using scene = await cast(async (hub) => {
      own = (await hub.pairMac('Mine')).id;
      foreign = (await hub.pairMac('Not mine')).id;
      workspace = (await hub.join(foreign)).id;
      return { workspaces: [workspace], devices: [own] };
    });
    const { hub, ben } = scene;
    const { body: message } = await hub.send(workspace, 'm1');
    const shown = await ben.call('GET', `/api/messages/${message.id}`);
    expect(shown.body.waiting_for).toEqual({
      code: 'device_offline',
      message: 'A device is not connected.',
    });
    expect((await ben.call('GET', `/api/workspaces/${workspace}`)).body.devices).toEqual([]);
    const put = (devices: object[]) => ben.call('PUT', `/api/workspaces/${workspace}/devices`, { devices });
    expect(await put([{ device_id: foreign }])).toMatchObject({
      status: 400,
      body: { details: [{ field: 'devices[0].device_id' }] },
    });
    expect((await put([{ device_id: own, channels: ['imessage'] }])).body.devices).toEqual([
      { device_id: own, channels: ['imessage'] },
    ]);
    const all = async () =>
      (await hub.api('GET', `/api/workspaces/${workspace}`)).body.devices as unknown as {
        device_id: string;
      }[];
    expect((await all()).map(({ device_id }) => device_id)).toEqual([foreign, own]);
    expect((await put([])).status).toBe(200);
    expect((await all()).map(({ device_id }) => device_id)).toEqual([foreign]);

    const use = (channels: string[]) => ben.call('PATCH', `/api/workspaces/${workspace}`, { channels });
    expect(await use(['sms'])).toMatchObject({
      status: 409,
      body: { code: 'conflict', details: [{ field: 'channels' }] },
    });
    expect(await all()).toEqual([{ device_id: foreign, channels: ['imessage', 'sms', 'rcs'] }]);
    expect((await use(['rcs', 'sms', 'imessage'])).status).toBe(200);
    expect(await all()).toEqual([{ device_id: foreign, channels: ['imessage', 'sms', 'rcs'] }]);
  });
});

describe('devices of a sub-account user', () => {
  test('those given to them they name and pause, those they enrolled they also change and remove', async () => {
    let lent = '';
    await using scene = await cast(async (hub) => {
      lent = (await hub.pairMac('Lent')).id;
      return { devices: [lent], device_allowance: 1 };
    });
    const { hub, ben } = scene;
    const one = `/api/devices/${lent}`;
    const renamed = await ben.call('PATCH', one, { name: 'Desk' });
    expect(renamed.body).toMatchObject({ name: 'Desk', manageable: false });
    expect((await hub.api('GET', one)).body).toMatchObject({ manageable: true });
    expect((await ben.call('POST', `${one}/pause`)).body).toMatchObject({ paused: true });
    expect((await ben.call('POST', `${one}/resume`)).status).toBe(200);
    expect(await ben.call('PATCH', one, { channels: ['imessage'] })).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    expect((await ben.call('DELETE', one)).status).toBe(403);
    expect((await ben.call('POST', `${one}/renew-code`)).status).toBe(403);
    const enrolled = await ben.call('POST', '/api/enrollments', { name: 'Own', kind: 'mac' });
    expect(enrolled.status).toBe(201);
    const own = `/api/devices/${enrolled.body.device_id}`;
    const renewed = await hub.api('POST', `${own}/renew-code`);
    expect((await ben.call('POST', `${own}/renew-code`)).status).toBe(201);
    expect((await hub.pair(renewed.body.code)).status).toBe(400);
    expect((await hub.pair((await ben.call('POST', `${own}/renew-code`)).body.code)).status).toBe(201);
    expect(await ben.call('PATCH', own, { channels: ['imessage'] })).toMatchObject({
      status: 200,
      body: { manageable: true },
    });
    expect(idsOf(await ben.call('GET', '/api/devices'))).toEqual([enrolled.body.device_id, lent].map(String));
    expect((await ben.call('DELETE', own)).status).toBe(204);
    expect((await ben.call('GET', own)).status).toBe(404);
  });

  test('are no more than their allowance, however many come at once', async () => {
    await using scene = await cast(async () => ({ device_allowance: 2 }));
    const { ben, ann, benId } = scene;
    const enrol = () => ben.call('POST', '/api/enrollments', { name: 'Mac', kind: 'mac' });
    const answers = await Promise.all(Array.from({ length: 6 }, enrol));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 201, 409, 409, 409, 409]);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused?.body).toMatchObject({ code: 'conflict', message: expect.stringContaining('2 devices') });
    expect((await ben.call('GET', '/api/me')).body).toMatchObject({
      device_allowance: 2,
      devices_enrolled: 2,
    });
    await ann.call('PATCH', `/api/users/${benId}`, { device_allowance: null });
    expect((await enrol()).status).toBe(201);
    await ann.call('DELETE', `/api/users/${benId}`);
    expect(idsOf(await ann.call('GET', '/api/devices'))).toHaveLength(3);
  });
});
