import { expect, test } from 'vitest';
import { Receiver } from '../../kit/receiver.ts';
import { waitFor } from '../../kit/wait.ts';
import { messageEntry, TestDevice } from '../kit/test-device.ts';
import { TestHub } from '../kit/test-hub.ts';

/** A hub with a workspace that has heard these senders, numbered, and has no webhook yet. */
async function heard(hub: TestHub, senders: string[]) {
  const mac = await hub.pairMac();
  const { id } = await hub.join(mac.id);
  const device = await TestDevice.online(hub.url, mac.token);
  for (const [n, from] of senders.entries()) await device.report(messageEntry(`g${n}`, `${n}`, from));
  return { id, device, path: `/api/workspaces/${id}` };
}

const ANN = '+12145550101';
const BEN = '+12145550102';

test('events recorded without a URL are replayed in order once there is one', async () => {
  await using hub = await TestHub.start();
  await using receiver = await Receiver.start();
  const { device, path } = await heard(hub, [ANN, BEN, ANN, ANN, BEN]);
  using _device = device;
  const refused = await hub.api('POST', `${path}/replay`);
  expect([refused.status, refused.body.code]).toEqual([409, 'conflict']);
  expect(String(refused.body.error)).toContain('no webhook URL');
  await hub.api('PATCH', path, { url: receiver.url, webhook_enabled: false });
  expect(String((await hub.api('POST', `${path}/replay`)).body.error)).toContain('"webhook_enabled":true');
  await hub.api('PATCH', path, { webhook_enabled: true });
  const { body } = await hub.api('GET', '/api/deliveries?status=recorded');
  const replay = await hub.api('POST', `${path}/replay`);
  expect(replay.status).toBe(202);
  expect(replay.body).toEqual({ replayed: 5 });
  await waitFor('all of them', () => receiver.calls.length === 5);
  const textsOf = (phone: string) =>
    receiver.events.flatMap((event) =>
      event.type === 'MESSAGE' && event.phone === phone ? [event.message] : [],
    );
  expect(textsOf(ANN)).toEqual(['0', '2', '3']);
  expect(textsOf(BEN)).toEqual(['1', '4']);
  const ids = (body.items as unknown as { webhook_id: string }[]).map(({ webhook_id }) => webhook_id);
  expect(receiver.calls.map(({ headers }) => headers['webhook-id']).toSorted()).toEqual(ids.toSorted());
  await waitFor('their outcomes', async () => {
    const { body } = await hub.api('GET', '/api/deliveries?status=delivered');
    return (body.items as unknown as unknown[]).length === 5;
  });
  expect((await hub.api('POST', `${path}/replay`, {})).body).toEqual({ replayed: 0 });
});

test('what waits for its next attempt is tried when the receiver is back and somebody says so', async () => {
  await using hub = await TestHub.start();
  await using receiver = await Receiver.start();
  const { device, path } = await heard(hub, []);
  using _device = device;
  const refused = await hub.api('POST', `${path}/retry-pending`);
  expect([refused.status, refused.body.code]).toEqual([409, 'conflict']);
  receiver.answer = () => 500;
  await hub.api('PATCH', path, { url: receiver.url });
  const senders = [ANN, BEN, ANN];
  for (const [n, from] of senders.entries()) await device.report(messageEntry(`w${n}`, `${n}`, from));
  await waitFor('both to rest', async () => {
    const { body } = await hub.api('GET', '/api/deliveries?status=pending');
    return (body.items as unknown as { last_error: unknown }[]).filter((one) => one.last_error).length === 2;
  });
  receiver.answer = () => 200;
  const answer = await hub.api('POST', `${path}/retry-pending`);
  expect([answer.status, answer.body]).toEqual([202, { retried: 2 }]);
  await waitFor('all of them', () => receiver.events.length === 3 && receiver.calls.length === 5);
  expect((await hub.api('POST', `${path}/retry-pending`)).body).toEqual({ retried: 0 });
});

test('a replay takes a time and a status, and refuses others', async () => {
  let now = Date.parse('2026-11-22T12:00:00Z');
  await using hub = await TestHub.start({}, { now: () => now });
  await using receiver = await Receiver.start();
  const { device, path } = await heard(hub, [ANN, BEN]);
  using _device = device;
  now += 3_600_000;
  await device.report(messageEntry('later', 'later', ANN));
  await hub.api('PATCH', path, { url: receiver.url });
  const replay = async (body: unknown) => (await hub.api('POST', `${path}/replay`, body)).body;
  for (const since of ['yesterday', 1_763_823_845, '2026-11-22', null, '2026-13-01T00:00:00Z'])
    expect(await replay({ since })).toMatchObject({ code: 'invalid_field', details: [{ field: 'since' }] });
  expect(await replay({ status: 'delivered' })).toMatchObject({ details: [{ field: 'status' }] });
  expect(await replay({ sinse: '2026-11-22T12:00:00Z' })).toMatchObject({ details: [{ field: 'sinse' }] });
  expect(await replay({ status: 'dead' })).toEqual({ replayed: 0 });
  expect(await replay({ since: '2026-11-22T15:00:00+02:00', status: 'recorded' })).toEqual({ replayed: 1 });
  await waitFor('that one', () => receiver.calls.length === 1);
  expect(receiver.calls[0]!.event).toMatchObject({ message: 'later' });
  const counted = async (query: string) => (await hub.api('GET', `${path}/replay?${query}`)).body;
  expect(await counted('')).toEqual({ dead: 0, recorded: 2 });
  expect(await counted('since=2026-11-22T13:00:00Z')).toEqual({ dead: 0, recorded: 0 });
  expect(await counted('status=dead')).toMatchObject({ details: [{ field: 'status' }] });
  expect((await hub.api('GET', '/api/workspaces/none/replay')).body.code).toBe('unknown_location');
  expect(await replay({ since: '2026-11-22T12:00:00.000Z' })).toEqual({ replayed: 2 });
  expect((await hub.api('POST', '/api/workspaces/none/replay', {})).body.code).toBe('unknown_location');
});

test('a delivered event is sent again by hand only by force, a recorded one only where there is a webhook', async () => {
  await using hub = await TestHub.start();
  await using receiver = await Receiver.start();
  const { device, path } = await heard(hub, [ANN]);
  using _device = device;
  const { body } = await hub.api('GET', '/api/deliveries');
  const one = `/api/deliveries/${body.items?.[0]?.id}`;
  expect(String((await hub.api('POST', `${one}/retry`)).body.error)).toContain('no webhook URL');
  await hub.api('PATCH', path, { url: receiver.url });
  expect((await hub.api('POST', `${one}/retry`)).status).toBe(202);
  await waitFor('success', async () => String((await hub.api('GET', one)).body.status) === 'delivered');
  const again = await hub.api('POST', `${one}/retry`);
  expect([again.status, again.body.code, again.body.details?.[0]?.field]).toEqual([409, 'conflict', 'force']);
  expect(String(again.body.error)).toContain('{"force":true}');
  expect((await hub.api('POST', `${one}/retry`, { force: 'yes' })).body.code).toBe('invalid_field');
  expect(receiver.calls).toHaveLength(1);
  const forced = await hub.api('POST', `${one}/retry`, { force: true });
  expect(forced.status).toBe(202);
  await waitFor('the repetition', () => receiver.calls.length === 2);
  await waitFor('success', async () => String((await hub.api('GET', one)).body.status) === 'delivered');
  await hub.api('PATCH', path, { webhook_enabled: false });
  for (const refused of [`${one}/retry`, `${path}/replay`])
    expect(
      (await hub.api('POST', refused, refused.endsWith('retry') ? { force: true } : {})).body.error,
    ).toBe(
      'Nothing is sent to the webhook of this workspace. An admin switched it off. Switch it on with PATCH {"webhook_enabled":true}, then try again.',
    );
  const [first, second] = receiver.calls;
  expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
});
