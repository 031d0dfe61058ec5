import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { judgeScriptError } from '../../../bridge-mac/applescript/errors.ts';
import type { ScriptOutcome } from '../../../bridge-mac/applescript/run-script.ts';
import { nextBeginning, noteBeginning } from '../../../bridge-mac/outbox/pace.ts';
import { MessagesTending } from '../../../bridge-mac/outbox/tend-messages.ts';
import { openBridgeStore } from '../../../bridge-mac/store/open-store.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import type { Finding } from '../../../shared/wire/health.ts';
import { waitFor } from '../../kit/wait.ts';
import { temporaryFolder } from '../kit/inbox-rig.ts';

const MINUTE = 60_000;
const RETURNED: ScriptOutcome = { kind: 'returned' };

function failed(number: number | undefined, unanswered = false): ScriptOutcome {
  return { kind: 'failed', error: judgeScriptError(number), detail: `error ${number}`, unanswered };
}
const DENIED = failed(-1743);
const TIMED_OUT = failed(-1712, true);

function setUp({ restarts = true } = {}) {
  const home = temporaryFolder();
  const clock = { now: 1_800_000_000_000 };
  const done: string[] = [];
  const findings: Finding[] = [];
  const answers: ScriptOutcome[] = [];
  let store = openBridgeStore(join(home.path, 'bridge.db'), 'device at hub');
  const create = (): MessagesTending =>
    new MessagesTending({
      messages: {
        probe: async () => {
          done.push('probe');
          return answers.shift() ?? RETURNED;
        },
      },
      sending: store.sending,
      restartMessages: restarts ? async () => void done.push('restart') : undefined,
      osascriptTimeoutMs: 150_000,
      onFinding: (finding) => findings.push(finding),
      onTended: () => done.push('tended'),
      log: createLog('test', 'silent'),
      now: () => clock.now,
    });
  const it = {
    clock,
    done,
    findings,
    answers,
    tending: create(),
    get sending() {
      return store.sending;
    },
    reopen(): void {
      store[Symbol.dispose]();
      store = openBridgeStore(join(home.path, 'bridge.db'), 'device at hub');
      it.tending = create();
      it.tending.start();
    },
    async tend(isAwaiting = false): Promise<string[]> {
      const before = done.length;
      it.tending.tend(isAwaiting);
      if (!it.tending.holdsSends || done.length > before) {
        await new Promise(setImmediate);
      }
      return done.splice(0).filter((what) => what !== 'tended');
    },
    async [Symbol.asyncDispose]() {
      await it.tending[Symbol.asyncDispose]();
      store[Symbol.dispose]();
      home[Symbol.dispose]();
    },
  };
  return it;
}

describe('Messages that macOS refuses', () => {
  test('is asked after two seconds and then every thirty, also after a restart of the bridge, and whatever else it answers ends the hold', async () => {
    await using it = setUp();
    it.tending.note(DENIED);
    expect(it.tending.holdsSends).toBe(true);
    expect(it.findings.at(-1)).toMatchObject({ check: 'automation', ok: false, blocks_sending: true });
    expect(await it.tend()).toEqual([]);
    for (const wait of [2_000, 30_000]) {
      it.clock.now += wait - 1;
      expect(await it.tend()).toEqual([]);
      it.clock.now += 1;
      it.answers.push(DENIED);
      expect(await it.tend()).toEqual(['probe']);
      expect(it.tending.holdsSends).toBe(true);
    }
    it.reopen();
    expect(it.findings.at(-1)?.ok).toBe(false);
    it.answers.push(failed(-600));
    expect(await it.tend()).toEqual(['probe']);
    await waitFor('the end of the hold', () => !it.tending.holdsSends);
    expect(it.findings.at(-1)).toMatchObject({ check: 'automation', ok: true });
  });
});

describe('Messages that nobody uses', () => {
  test('is woken every five minutes, but never where macOS might ask a person who is not there', async () => {
    await using it = setUp();
    it.clock.now += 60 * MINUTE;
    expect(await it.tend()).toEqual([]);
    it.tending.note(RETURNED);
    it.clock.now += 4 * MINUTE;
    expect(await it.tend()).toEqual([]);
    it.clock.now += MINUTE;
    expect(await it.tend()).toEqual(['probe']);
    expect(await it.tend()).toEqual([]);
    // Set back by a day: not a day without waking.
    it.clock.now -= 24 * 60 * MINUTE;
    await it.tend();
    it.clock.now += 5 * MINUTE;
    expect(await it.tend()).toEqual(['probe']);
  });
});

describe('Messages that answers no more', () => {
  test('is restarted after three sends, when no row is awaited, and at most every ten minutes', async () => {
    await using it = setUp();
    for (let sends = 0; sends < 2; sends += 1) it.tending.note(TIMED_OUT);
    expect(it.tending.holdsSends).toBe(false);
    it.tending.note(TIMED_OUT);
    expect(it.tending.holdsSends).toBe(true);
    expect(it.findings.at(-1)).toMatchObject({ check: 'messages_answers', ok: false });
    expect(await it.tend(true)).toEqual([]);
    expect(await it.tend(false)).toEqual(['restart']);
    await waitFor('the end of the restart', () => !it.tending.holdsSends);

    for (let sends = 0; sends < 3; sends += 1) it.tending.note(TIMED_OUT);
    expect(it.tending.holdsSends).toBe(false);
    expect(await it.tend(false)).toEqual([]);
    it.clock.now += 10 * MINUTE;
    expect(await it.tend(false)).toEqual(['restart']);
    it.tending.note(RETURNED);
    expect(it.findings.at(-1)).toMatchObject({ check: 'messages_answers', ok: true });
  });

  test('is left alone when one send in between was answered or has its row, and where restarts are not wanted', async () => {
    await using it = setUp();
    for (const between of [() => it.tending.note(RETURNED), () => it.tending.proven()]) {
      for (let sends = 0; sends < 2; sends += 1) it.tending.note(TIMED_OUT);
      between();
      it.tending.note(TIMED_OUT);
      expect(it.tending.holdsSends).toBe(false);
      it.tending.proven();
    }
    await using other = setUp({ restarts: false });
    for (let sends = 0; sends < 5; sends += 1) other.tending.note(TIMED_OUT);
    expect(other.tending.holdsSends).toBe(false);
    expect(await other.tend(false)).toEqual([]);
  });
});

describe('the pace', () => {
  test('binds gaps, jitter and sends per minute, also over a restart, and does not stand still when the clock is set back', async () => {
    await using it = setUp();
    const start = it.clock.now;
    const begin = (spread = 0) => noteBeginning(it.sending, it.clock.now, () => spread);
    begin();
    expect(nextBeginning(it.sending, start)).toBe(0);
    it.sending.setSettings({
      pace: { per_minute: null, gap_ms: 10_000, jitter_ms: 4_000 },
      extra_events: [],
    });
    expect(nextBeginning(it.sending, start)).toBe(start + 10_000);
    it.clock.now += 10_000;
    begin(0.5);
    expect(nextBeginning(it.sending, it.clock.now)).toBe(start + 22_000);
    it.reopen();
    expect(nextBeginning(it.sending, it.clock.now)).toBe(start + 22_000);

    it.sending.setSettings({ pace: { per_minute: 3, gap_ms: 0, jitter_ms: 0 }, extra_events: [] });
    expect(nextBeginning(it.sending, it.clock.now)).toBeLessThanOrEqual(it.clock.now);
    begin();
    expect(nextBeginning(it.sending, it.clock.now)).toBe(start + 60_000);
    it.clock.now -= 60 * MINUTE;
    expect(nextBeginning(it.sending, it.clock.now)).toBeLessThanOrEqual(it.clock.now + MINUTE);
  });
});
