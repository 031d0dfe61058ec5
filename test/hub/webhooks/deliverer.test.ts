import { describe, expect, test } from 'vitest';
import { Receiver } from '../../kit/receiver.ts';
import { waitFor } from '../../kit/wait.ts';
import { messageEntry, TestDevice } from '../kit/test-device.ts';
import { type Loose, TestHub } from '../kit/test-hub.ts';

interface DeliveryItem {
  id: string;
  status: string;
  attempts: number;
  webhook_id: string;
  last_error: string | null;
  next_attempt_at: string | null;
}

async function deliveriesOf(hub: TestHub, workspace: string): Promise<DeliveryItem[]> {
  const { body } = await hub.api('GET', `/api/deliveries?workspace=${workspace}`);
  return (body.items as unknown as DeliveryItem[]).toReversed();
}

/** A hub with one Mac that serves a workspace whose webhook is `url`. */
async function begin(
  hub: TestHub,
  url: string,
): Promise<{ device: TestDevice; deviceId: string; id: string; secret: string }> {
  const mac = await hub.pairMac();
  const workspace = await hub.join(mac.id, { url });
  return { device: await TestDevice.online(hub.url, mac.token), deviceId: mac.id, ...workspace };
}

describe('webhook delivery', () => {
  test('retries a failed event with the same id and body, and a new signature', async () => {
    let now = Date.now();
    await using hub = await TestHub.start({}, { now: () => now, random: () => 0.5 });
    await using receiver = await Receiver.start();
    receiver.answer = () => (receiver.calls.length < 2 ? 500 : 200);
    const { device, id, secret } = await begin(hub, receiver.url);
    using _device = device;
    await device.report(messageEntry('g1', 'Hi'));
    const [failed] = await waitFor('the first failure', async () => {
      const list = await deliveriesOf(hub, id);
      return list[0]?.last_error ? list : undefined;
    });
    expect(failed).toMatchObject({
      status: 'pending',
      attempts: 1,
      last_error: 'The receiver answered 500 Internal Server Error.',
    });
    expect(Date.parse(String(failed?.next_attempt_at)) - now).toBe(5_000);

    now += 5_000;
    await hub.api('PATCH', `/api/workspaces/${id}`, { name: 'wakes the delivery' });
    await waitFor('the second attempt', () => receiver.calls.length === 2);
    await waitFor('its outcome', async () => (await deliveriesOf(hub, id))[0]?.attempts === 2);
    now += 30_000;
    await hub.api('PATCH', `/api/workspaces/${id}`, { name: 'wakes it again' });
    await waitFor('success', async () => (await deliveriesOf(hub, id))[0]?.status === 'delivered');

    expect(receiver.calls).toHaveLength(3);
    expect(new Set(receiver.calls.map((call) => call.raw)).size).toBe(1);
    expect(new Set(receiver.calls.map((call) => call.headers['webhook-id']))).toEqual(
      new Set([failed?.webhook_id]),
    );
    expect(new Set(receiver.calls.map((call) => call.headers['webhook-timestamp'])).size).toBe(3);
    receiver.verifyAll(secret);
    const detail = await hub.api('GET', `/api/deliveries/${failed?.id}`);
    expect(detail.body.attempt_log).toMatchObject([
      { attempt: 1, http_status: 500, error: 'http_status', response: 'noted' },
      { attempt: 2, http_status: 500 },
      { attempt: 3, http_status: 200, error: null },
    ]);
  });

  test('of one conversation waits for the event before it; others go on', async () => {
    await using hub = await TestHub.start();
    await using receiver = await Receiver.start();
    receiver.answer = ({ raw }) => (raw.includes('stuck') ? 503 : 200);
    const { device, id } = await begin(hub, receiver.url);
    using _device = device;
    await device.report(
      messageEntry('g1', 'stuck', '+12145550101'),
      messageEntry('g2', 'behind it', '+12145550101'),
      messageEntry('g3', 'elsewhere', '+12145550102'),
    );
    await waitFor('the other conversation', () =>
      receiver.calls.some(({ raw }) => raw.includes('elsewhere')),
    );
    await waitFor('the failure', async () => (await deliveriesOf(hub, id))[0]?.last_error);
    expect(receiver.calls.some(({ raw }) => raw.includes('behind it'))).toBe(false);
    receiver.answer = () => 200;
    const [stuck] = await deliveriesOf(hub, id);
    expect((await hub.api('POST', `/api/deliveries/${stuck?.id}/retry`)).status).toBe(202);
    await waitFor('the one behind', () => receiver.calls.some(({ raw }) => raw.includes('behind it')));
    expect((await hub.api('POST', `/api/deliveries/${stuck?.id}/retry`)).body).toMatchObject({
      code: 'conflict',
    });
  });

  test('to an endpoint that hangs takes no more than its own places, and delays no other workspace', async () => {
    await using hub = await TestHub.start();
    await using hanging = await Receiver.start();
    hanging.answer = () => 'hang';
    await using healthy = await Receiver.start();
    const first = await begin(hub, hanging.url);
    using _first = first.device;
    const second = await begin(hub, healthy.url);
    using _second = second.device;
    await first.device.report(
      ...Array.from({ length: 100 }, (_, n) => messageEntry(`h${n}`, 'hang', `+1214555${1000 + n}`)),
    );
    await waitFor('the places to fill', () => hanging.calls.length === 2);
    for (let n = 0; n < 20; n += 1)
      await second.device.report(messageEntry(`k${n}`, 'quick', `+1214555${2000 + n}`));
    await waitFor('the healthy receiver', () => healthy.events.length === 20);
    expect(hanging.calls).toHaveLength(2);
  });

  test.each(['from the start', 'after they had answered'])(
    'to forty workspaces that hang, %s, delays no other workspace',
    async (when) => {
      await using hub = await TestHub.start();
      await using hanging = await Receiver.start();
      const silent = when === 'from the start';
      hanging.answer = () => (silent ? 'hang' : 200);
      await using healthy = await Receiver.start();
      const devices: TestDevice[] = [];
      for (let n = 0; n < 40; n += 1) devices.push((await begin(hub, hanging.url)).device);
      const { device: quick } = await begin(hub, healthy.url);
      devices.push(quick);
      using all = new DisposableStack();
      for (const device of devices) all.use(device);
      const flood = (word: string, count: number) =>
        Promise.all(
          devices
            .slice(0, 40)
            .map((device) =>
              device.report(
                ...Array.from({ length: count }, (_, n) =>
                  messageEntry(`${word}${n}`, word, `+1214555${1000 + n}`),
                ),
              ),
            ),
        );
      if (!silent) {
        await flood('warm', 20);
        await waitFor('the answered ones', () => hanging.events.length === 40 * 20);
        hanging.answer = () => 'hang';
      }
      const before = hanging.calls.length;
      await flood('hang', 20);
      await waitFor('the hanging ones', () => hanging.calls.length >= before + (silent ? 80 : 200));
      for (let n = 0; n < 20; n += 1)
        await quick.report(messageEntry(`k${n}`, 'quick', `+1214555${2000 + n}`));
      // Well before the first of the hanging POSTs is given up.
      await waitFor('the healthy receiver', () => healthy.events.length === 20, 8_000);
    },
  );

  test('stops at once when the endpoint answers 410, and starts again when an admin says so', async () => {
    await using hub = await TestHub.start();
    await using receiver = await Receiver.start();
    receiver.answer = () => 410;
    const { device, id } = await begin(hub, receiver.url);
    using _device = device;
    await device.report(messageEntry('g1', 'gone'));
    const workspace = await waitFor('the switch-off', async () => {
      const { body } = await hub.api('GET', `/api/workspaces/${id}`);
      return (body.webhook_enabled as unknown) === false ? body : undefined;
    });
    expect(String(workspace.webhook_disabled_reason)).toContain('410');
    const said = hub.logLines.filter(({ msg }) => String(msg).startsWith('webhook event'));
    expect(said.map(({ msg }) => msg)).toEqual([
      'webhook event not taken: its webhook is switched off, and the event is recorded',
    ]);
    await device.report(messageEntry('g2', 'meanwhile'));
    expect((await deliveriesOf(hub, id)).map(({ status }) => status)).toEqual(['recorded', 'recorded']);
    expect(receiver.calls).toHaveLength(1);

    receiver.answer = () => 200;
    await hub.api('PATCH', `/api/workspaces/${id}`, { webhook_enabled: true });
    for (const { id: delivery } of await deliveriesOf(hub, id))
      await hub.api('POST', `/api/deliveries/${delivery}/retry`);
    await waitFor('both events', async () =>
      (await deliveriesOf(hub, id)).every(({ status }) => status === 'delivered'),
    );
  });

  test('that fails for five days switches the webhook off, a restart in between or not, until an admin switches it on', async () => {
    let now = Date.now();
    await using receiver = await Receiver.start();
    receiver.answer = () => 500;
    const first = await TestHub.start({}, { now: () => now });
    const { device, id } = await begin(first, receiver.url);
    await device.report(messageEntry('g1', 'Hi'));
    await waitFor('a failure', async () => (await deliveriesOf(first, id))[0]?.last_error);
    await first.stop();

    now += 5 * 86_400_000;
    await using hub = await TestHub.start({}, { now: () => now }, first.dataDir);
    const readWorkspace = async () => (await hub.api('GET', `/api/workspaces/${id}`)).body;
    await waitFor(
      'the switch-off',
      async () => ((await readWorkspace()).webhook_enabled as unknown) === false,
    );
    expect(String((await readWorkspace()).webhook_disabled_reason)).toContain('five days');

    await hub.api('PATCH', `/api/workspaces/${id}`, { webhook_enabled: true });
    const [event] = await deliveriesOf(hub, id);
    await hub.api('POST', `/api/deliveries/${event?.id}/retry`);
    await waitFor('one more failure', () => receiver.calls.length === 3);
    await waitFor('its outcome', async () => (await deliveriesOf(hub, id))[0]?.attempts === 3);
    expect(await readWorkspace()).toMatchObject({ webhook_enabled: true });
  });

  test('is signed with both secrets for a day after a rotation, then with the new one alone', async () => {
    let now = Date.now();
    await using hub = await TestHub.start({}, { now: () => now });
    await using receiver = await Receiver.start();
    const { id, secret } = await hub.createWorkspace({ url: receiver.url });
    const rotated = await hub.api('POST', `/api/workspaces/${id}/rotate-secret`);
    await hub.api('POST', `/api/workspaces/${id}/test`);
    receiver.verifyAll(secret);
    receiver.verifyAll(String(rotated.body.signing_secret));
    expect(JSON.stringify((await hub.api('GET', `/api/workspaces/${id}`)).body)).not.toContain('whsec_');
    now += 86_400_001;
    await hub.api('POST', `/api/workspaces/${id}/test`);
    expect(String(receiver.calls[1]?.headers['webhook-signature']).split(' ')).toHaveLength(1);
  });

  test('to a private address is blocked and says how to permit it', async () => {
    await using hub = await TestHub.start({ HUB_ALLOWED_TARGETS: '' });
    await using receiver = await Receiver.start();
    const { device, id } = await begin(hub, receiver.url);
    using _device = device;
    await device.report(messageEntry('g1', 'Hi'));
    const error = await waitFor('the refusal', async () => (await deliveriesOf(hub, id))[0]?.last_error);
    expect(error).toContain('HUB_ALLOWED_TARGETS');
    expect(receiver.calls).toHaveLength(0);
  });

  test('that a stop interrupts goes out again under the same id', async () => {
    await using receiver = await Receiver.start();
    receiver.answer = () => 'hang';
    const hub = await TestHub.start();
    const { device, id } = await begin(hub, receiver.url);
    await device.report(messageEntry('g1', 'Hi'));
    await waitFor('the attempt', () => receiver.calls.length === 1);
    await hub.stop();
    receiver.answer = () => 200;
    await using again = await TestHub.start({}, {}, hub.dataDir);
    await waitFor('delivery', async () => (await deliveriesOf(again, id))[0]?.status === 'delivered');
    expect(receiver.calls).toHaveLength(2);
    expect(new Set(receiver.calls.map((call) => call.headers['webhook-id'])).size).toBe(1);
  });
});

describe('a test event', () => {
  async function sendTest(url: string, env: Record<string, string> = {}): Promise<Loose> {
    await using hub = await TestHub.start(env);
    const { id } = await hub.createWorkspace({ url, headers: [{ key: 'x-crm', value: 'v' }] });
    return (await hub.api('POST', `/api/workspaces/${id}/test`)).body;
  }

  test('answers what the receiver said', async () => {
    await using receiver = await Receiver.start();
    expect(await sendTest(receiver.url)).toEqual({
      status: 200,
      body: 'noted',
      latency_ms: expect.any(Number),
    });
    expect(receiver.calls[0]).toMatchObject({ event: { type: 'TEST' }, headers: { 'x-crm': 'v' } });
    receiver.answer = () => 500;
    expect(await sendTest(receiver.url)).toMatchObject({
      status: 500,
      body: 'noted',
      error: expect.stringContaining('500'),
    });
  });

  test('says why there was no answer', async () => {
    expect(await sendTest('http://127.0.0.1:1/')).toMatchObject({ status: null, error: expect.any(String) });
    expect(await sendTest('http://127.0.0.1:1/', { HUB_ALLOWED_TARGETS: '' })).toMatchObject({
      status: null,
      error: expect.stringContaining('HUB_ALLOWED_TARGETS'),
    });
  });

  test('needs a URL', async () => {
    await using hub = await TestHub.start();
    const { id } = await hub.createWorkspace();
    expect((await hub.api('POST', `/api/workspaces/${id}/test`)).status).toBe(409);
  });
});
