import { delimiter, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { messagesByAppleScript } from '../../bridge-mac/applescript/run-script.ts';
import { MessagesTending } from '../../bridge-mac/outbox/tend-messages.ts';
import { createLog } from '../../shared/runtime/log.ts';
import { BridgeRig } from '../bridge-mac/kit/bridge-rig.ts';
import { StandInTools } from '../kit/stand-in-tools.ts';
import { System } from '../kit/system.ts';
import { waitFor } from '../kit/wait.ts';

/** Tests may run as root, whom `install` refuses. */
const AS_USER = '--import data:text/javascript,process.getuid=()=>501';
// launchd as far as an install needs it: a file `loaded` while the job is.
const LAUNCHCTL = `case "$1" in
  bootstrap) touch loaded;;
  bootout) rm -f loaded;;
  print) test -e loaded || exit 113; printf 'x = {\\n\\tstate = running\\n\\tpid = 4711\\n}\\n';;
esac`;
const ANNA = '+12145550101';

// The numbers are those of docs/macos.md, “What users of other bridges complain about”.
describe('complaint', () => {
  test('2. a Messages that nobody uses is woken every five minutes, and what waited arrives', async () => {
    await using rig = await BridgeRig.start();
    await rig.mac.happen({ happening: 'messages-sleeps' });
    await rig.mac.receive({ from: ANNA, text: 'Anybody there?' });
    const restore = beTheMac(rig);
    let now = 0;
    await using tending = new MessagesTending({
      messages: messagesByAppleScript,
      sending: { consent: 'given', restartedMessagesAt: 0, setConsent: () => undefined } as never,
      restartMessages: undefined,
      osascriptTimeoutMs: 10_000,
      onFinding: () => undefined,
      onTended: () => undefined,
      log: createLog('test', 'silent'),
      now: () => now,
    });
    try {
      now = 299_999;
      tending.tend(false);
      expect(await rig.mac.calls()).toEqual([]);
      now = 300_000;
      tending.tend(false);
      await waitFor('the message', () => rig.hub.messages.some(({ text }) => text === 'Anybody there?'));
      expect(await rig.mac.sent()).toEqual([]);
    } finally {
      restore();
    }
  });

  test('15. Full Disk Access is asked for by the path of a node that no upgrade moves', async () => {
    await using rig = await BridgeRig.prepare({ env: { BRIDGE_CHAT_DB: '/nowhere/chat.db' } });
    await rig.pair();
    using tools = new StandInTools({ onPath: false });
    tools.add('launchctl', LAUNCHCTL);
    const { NODE_OPTIONS, PATH } = rig.mac.bridgeEnv();
    rig.set({ NODE_OPTIONS: `${NODE_OPTIONS} ${AS_USER}`, PATH: `${tools.folder}${delimiter}${PATH}` });
    const { output } = await rig.outcome('install');
    expect(output).toContain('Full Disk Access');
    expect(output).toContain(join(rig.home, 'bin/node'));
    await rig.run();
    const health = await waitFor('a finding', () =>
      rig.hub.healths.find(({ findings }) => findings.some(({ check, ok }) => check === 'chat_db' && !ok)),
    );
    const finding = health.findings.find(({ check }) => check === 'chat_db');
    expect(finding).toMatchObject({ blocks_sending: true });
    expect(finding?.remedy).toContain('Full Disk Access');
  });

  test('16. the question for Automation waits for a person; a refusal is told with its cure', async () => {
    await using rig = await BridgeRig.start();
    await rig.mac.happen({ happening: 'automation-reset' });
    await rig.hub.send({ id: 'asked', to: ANNA });
    await waitFor('the question', async () => (await rig.mac.calls()).length > 0);
    await rig.mac.happen({ happening: 'automation-allowed' });
    await rig.hub.waitForStatus('asked', 'DELIVERED');
    await rig.mac.happen({ happening: 'automation-refused' });
    await rig.hub.send({ id: 'refused', to: ANNA });
    await rig.hub.waitForStatus('refused', 'FAILED');
    expect(rig.hub.statusEntriesOf('refused')[0]?.error?.code).toBe('automation_denied');
    const finding = await waitFor('a finding', () =>
      rig.hub.healths.at(-1)?.findings.find(({ check, ok }) => check === 'automation' && !ok),
    );
    expect(finding.remedy).toContain('tccutil reset AppleEvents');
  });

  test('17. every webhook call is signed', async () => {
    await using system = await System.start();
    await system.mac.receive({ from: ANNA, text: 'Hi' });
    await waitFor('the event', () => system.receiver.calls.length > 0);
    expect(system.receiver.calls[0]?.headers['webhook-signature']).toMatch(/^v1,/);
    system.receiver.verifyAll(system.signingSecret);
  });

  test.each([
    ['Bootstrap failed: 5: Input/output error', 5],
    ['Bootstrap failed: 125: Domain does not support specified action', 125],
  ])('20. an install without anybody at the screen says so: %s', async (stderr, code) => {
    await using rig = await BridgeRig.prepare();
    await rig.pair();
    rig.set({ NODE_OPTIONS: `${rig.mac.bridgeEnv().NODE_OPTIONS} ${AS_USER}` });
    await rig.mac.toolBehaves('launchctl bootstrap', { stderr, code });
    const { code: status, output } = await rig.outcome('install');
    expect(status).toBe(1);
    expect(output).toContain('Log in to this Mac at its screen');
  });
});

/** Lets osascript of this process reach the simulated Mac; answers how to undo that. */
function beTheMac(rig: BridgeRig): () => void {
  const before = process.platform;
  vi.stubEnv('PATH', rig.mac.bridgeEnv().PATH);
  Object.defineProperty(process, 'platform', { value: 'darwin' });
  return () => {
    Object.defineProperty(process, 'platform', { value: before });
    vi.unstubAllEnvs();
  };
}
