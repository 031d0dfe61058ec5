import { expect, test } from 'vitest';
import type { Finding } from '../../../shared/wire/health.ts';
import { waitFor } from '../../kit/wait.ts';
import { BridgeRig } from '../kit/bridge-rig.ts';

const ANNA = '+12145550101';

function latest(rig: BridgeRig, check: string): Finding | undefined {
  return rig.hub.healths.at(-1)?.findings.find((finding) => finding.check === check);
}

test('Automation that is refused fails the message that met it, holds all others, also over a restart, and lets them go when allowed', async () => {
  await using rig = await BridgeRig.start();
  await rig.mac.behave('*', 'automation-denied');
  await rig.hub.send({ id: 'denied', to: ANNA });
  await rig.hub.waitForStatus('denied', 'FAILED');
  expect(rig.hub.statusEntriesOf('denied')[0]?.error?.code).toBe('automation_denied');
  const finding = await waitFor('a finding', () => {
    const found = latest(rig, 'automation');
    return found?.ok === false && found;
  });
  expect(finding).toMatchObject({ blocks_sending: true });
  expect(finding.remedy).toContain('Privacy & Security → Automation');

  for (const id of ['kept 1', 'kept 2']) await rig.hub.send({ id, to: ANNA, text: id });
  await rig.kill();
  await rig.run();
  await rig.hub.send({ id: 'kept 3', to: '+12145550102', text: 'kept 3' });
  await waitFor('the finding after the restart', () => latest(rig, 'automation')?.ok === false);
  // The first probe after the start is refused as well.
  await waitFor('a probe', async () => (await rig.mac.calls()).length >= 2);
  expect(rig.hub.statusesOf('kept 1')).toEqual([]);
  await rig.mac.behave('*', 'normal');
  for (const id of ['kept 1', 'kept 2', 'kept 3']) await rig.hub.waitForStatus(id, 'DELIVERED');
  expect(latest(rig, 'automation')).toMatchObject({ ok: true });
  const sent = (await rig.mac.sent()).map((record) => record.text);
  expect(sent.toSorted()).toEqual(['kept 1', 'kept 2', 'kept 3']);
}, 90_000);
