import { expect, test } from 'vitest';
import { Receiver } from '../../kit/receiver.ts';
import { waitFor } from '../../kit/wait.ts';
import { messageEntry, TestDevice } from '../kit/test-device.ts';
import { TestHub } from '../kit/test-hub.ts';

test('a webhook that fails, recovers and is switched off is told in the log, the metrics and the notices', async () => {
  await using hub = await TestHub.start();
  await using receiver = await Receiver.start();
  const mac = await hub.pairMac();
  const url = `${receiver.url}?token=in-the-query`;
  const headers = [{ key: 'authorization', value: 'Bearer in-the-header' }];
  const { id } = await hub.join(mac.id, { url, headers, name: 'Praxis' });
  using device = await TestDevice.online(hub.url, mac.token);
  const notices = async (query = '') =>
    (await hub.api('GET', `/api/notices?workspace=${id}${query}`)).body.items as unknown as {
      kind: string;
      resolved_at: string | null;
    }[];
  const metric = async (name: string) => {
    const text = String((await hub.api('GET', '/metrics')).body);
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1],
    );
  };

  receiver.answer = () => 500;
  await device.report(messageEntry('g1', 'a text that nobody logs', '+12145550101'));
  const [failing] = await waitFor('the notice', async () =>
    (await notices()).length > 0 ? notices() : undefined,
  );
  expect(failing).toMatchObject({
    kind: 'webhook_failing',
    location_id: id,
    workspace: 'Praxis',
    detail: 'It answered 500.',
    resolved_at: null,
  });
  const shown = (await hub.api('GET', `/api/workspaces/${id}`)).body;
  expect(shown.webhook_failing_since).toEqual(expect.stringMatching(/^\d{4}-/));
  expect(await metric('bluewire_webhook_endpoints{state="failing"}')).toBe(1);
  expect(await metric('bluewire_webhook_endpoint_changes_total{change="failing"}')).toBe(1);
  await device.report(messageEntry('g2', 'two', '+12145550102'));
  await waitFor('another failure', () => receiver.calls.length >= 2);

  receiver.answer = () => 200;
  await device.report(messageEntry('g3', 'three', '+12145550103'));
  await waitFor('the end of it', async () => (await notices('&open=true')).length === 0);
  expect(await metric('bluewire_webhook_endpoint_changes_total{change="recovered"}')).toBe(1);
  expect(await metric('bluewire_webhook_endpoints{state="ok"}')).toBe(1);

  receiver.answer = () => 410;
  await device.report(messageEntry('g4', 'four', '+12145550104'));
  await waitFor(
    'the other notice',
    async () => (await notices('&kind=webhook_disabled&open=true')).length === 1,
  );
  expect(await metric('bluewire_webhook_endpoints{state="disabled"}')).toBe(1);
  await hub.api('PATCH', `/api/workspaces/${id}`, { webhook_enabled: true });
  expect(await notices('&open=true')).toEqual([]);
  expect(await notices('&open=false')).toHaveLength(2);
  expect((await hub.api('GET', '/api/notices?open=perhaps')).body.code).toBe('invalid_field');

  const told = hub.logLines.filter(({ msg }) => /^a webhook (began|works|was)/.test(String(msg)));
  expect(told.map(({ msg, level }) => [String(msg).split(' ')[2], level])).toEqual([
    ['began', 'warn'],
    ['works', 'info'],
    ['was', 'error'],
  ]);
  const everything = JSON.stringify(told);
  for (const secret of [id, 'in-the-query', 'in-the-header', 'nobody logs'])
    expect(everything).not.toContain(secret);
});
