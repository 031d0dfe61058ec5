import { expect, test } from 'vitest';
import { Hub } from '../kit/hub.ts';
import { OtherMac } from '../kit/other-mac.ts';
import { Program } from '../kit/program.ts';
import { Receiver } from '../kit/receiver.ts';
import { waitFor } from '../kit/wait.ts';

const ANNA = '+12145550101';

test('the bridge works with a stand-in Mac that is not the project’s own', async () => {
  await using hub = await Hub.start();
  await using mac = await OtherMac.start();
  await using receiver = await Receiver.start();
  const workspace = await hub.api('POST', '/api/workspaces', { name: 'CRM', url: receiver.url });
  const base = `/api/workspaces/${workspace.body.location_id}`;
  const enrollment = await hub.api('POST', '/api/enrollments', { name: 'Other Mac', kind: 'mac' });
  await hub.api('PUT', `${base}/devices`, { devices: [{ device_id: enrollment.body.device_id }] });
  await hub.api('PUT', `${base}/connection`, { connected: true });
  await using pairing = new Program(
    'pair',
    'bridge-mac/main.ts',
    ['pair', hub.url, String(enrollment.body.code)],
    mac.bridgeEnv(),
  );
  expect(await pairing.waitForExit(), pairing.lines.join('\n')).toBe(0);
  await using bridge = new Program('bridge', 'bridge-mac/main.ts', ['run'], mac.bridgeEnv());
  await bridge.waitForLog('connected to the hub');

  const text = 'two lines,\n"quotes" and a \\ — 完';
  const answer = await hub.send({
    location_id: workspace.body.location_id,
    user_id: 7,
    phone: ANNA,
    message: text,
    message_id: 'm1',
    channel: 'iMessage',
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  await waitFor('DELIVERED', () => receiver.statusesOf('m1').includes('DELIVERED'));
  expect(receiver.statusesOf('m1')).toEqual(['SENT', 'DELIVERED']);
  expect(mac.sent()).toEqual([{ recipient: ANNA, text, service: 'iMessage' }]);

  await mac.receive({ from: ANNA, text: 'answer' });
  await waitFor('the answer', () =>
    receiver.events.find((event) => event.type === 'MESSAGE' && event.message === 'answer'),
  );
});
