import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { isMessagesRunning, MessagesApp } from '../../../bridge-mac/messages-app/messages-app.ts';
import { StandInTools } from '../../kit/stand-in-tools.ts';

const RUNNING = 'pgrep -U 501 -x Messages';
const { signal } = new AbortController();

/** Messages as a file: there while it runs. */
function makeMac(tools: StandInTools, { heeds = 'TERM' } = {}) {
  tools
    .add(
      'pgrep',
      'case "$*" in *launchd) echo 1;; *Messages) test -e running && cat running || exit 1;; *) exit 2;; esac',
    )
    .add('open', 'echo 4711 > running')
    .add('pkill', `case "$1" in -${heeds}|-KILL) rm -f running;; esac; exit 0`);
}

function messagesApp(quit: () => Promise<unknown> = async () => {}) {
  const slept: number[] = [];
  const app = new MessagesApp({
    uid: 501,
    quit,
    log: pino({ enabled: false }),
    sleep: async (milliseconds, stop) => {
      stop.throwIfAborted();
      slept.push(milliseconds);
    },
  });
  return { app, slept };
}

describe('whether Messages runs', () => {
  test('is asked for this user alone', async () => {
    using tools = new StandInTools();
    makeMac(tools);
    expect(await isMessagesRunning(501)).toBe(false);
    tools.add('pgrep', 'echo 4711');
    expect(await isMessagesRunning(501)).toBe(true);
    expect(tools.calls).toContain(RUNNING);
  });

  test.each([
    ['there is no pgrep', undefined],
    ['pgrep fails', 'exit 3'],
    ['pgrep does not know its options', 'echo usage; exit 2'],
    ['pgrep is of another system and sees no launchd', 'exit 1'],
    ['pgrep talks nonsense', 'echo hello'],
    ['pgrep is ended from outside', 'kill -9 $$'],
  ])('cannot be told where %s', async (_, body) => {
    using tools = new StandInTools();
    if (body !== undefined) tools.add('pgrep', body);
    expect(await isMessagesRunning(501)).toBeUndefined();
  });

  test('cannot be told where pgrep hangs and the question is given up', async () => {
    using tools = new StandInTools().add('pgrep', 'sleep 60');
    expect(await isMessagesRunning(501, AbortSignal.timeout(200))).toBeUndefined();
    expect(tools.calls).toEqual([RUNNING]);
  });
});

describe('launching', () => {
  test('opens Messages hidden and waits until it runs', async () => {
    using tools = new StandInTools();
    makeMac(tools);
    // It runs when it is asked for the third time.
    tools.add(
      'pgrep',
      'case "$*" in *launchd) echo 1;; *) echo >> asked; test $(wc -l < asked) -ge 3 && echo 4711;; esac',
    );
    tools.add('open');
    const { app } = messagesApp();
    await app.launch(signal);
    expect(tools.callsOf('open')).toEqual(['open -g -j -a Messages']);
    expect(await app.isRunning()).toBe(true);
  });

  test('waits 20 s at most', async () => {
    using tools = new StandInTools();
    makeMac(tools);
    tools.add('open');
    const { app, slept } = messagesApp();
    await app.launch(signal);
    expect(slept.reduce((sum, milliseconds) => sum + milliseconds, 0)).toBe(20_000);
  });

  test.each([
    ['open is missing', undefined],
    ['open fails', 'exit 1'],
  ])('goes on where %s', async (_, body) => {
    using tools = new StandInTools();
    if (body !== undefined) tools.add('open', body);
    const { app, slept } = messagesApp();
    await app.launch(signal);
    expect(slept).toEqual([]);
  });

  test('gives Messages a moment where nobody can tell whether it runs', async () => {
    using _tools = new StandInTools().add('open');
    const { app, slept } = messagesApp();
    await app.launch(signal);
    expect(slept.reduce((sum, milliseconds) => sum + milliseconds, 0)).toBe(3_000);
  });

  test('is given up quietly, while open hangs too', async () => {
    using _tools = new StandInTools().add('open', 'sleep 60');
    await messagesApp().app.launch(AbortSignal.timeout(200));
    await messagesApp().app.launch(AbortSignal.abort());
  });
});

describe('restarting', () => {
  test('kills nothing when Messages quits by itself', async () => {
    using tools = new StandInTools();
    makeMac(tools);
    const { app } = messagesApp();
    await app.restart(signal);
    expect(tools.callsOf('pkill')).toEqual([]);
    expect(tools.callsOf('open')).toHaveLength(1);
  });

  test('kills a Messages of this user that does not quit, and opens it again', async () => {
    using tools = new StandInTools();
    makeMac(tools);
    const { app } = messagesApp(async () => {
      throw new Error('the Apple event timed out');
    });
    await app.launch(signal);
    await app.restart(signal);
    expect(tools.callsOf('pkill')).toEqual(['pkill -TERM -U 501 -x Messages']);
    expect(await app.isRunning()).toBe(true);
  });

  test('kills harder where the first kill is not heeded', async () => {
    using tools = new StandInTools();
    makeMac(tools, { heeds: 'KILL' });
    const { app } = messagesApp();
    await app.launch(signal);
    await app.restart(signal);
    expect(tools.callsOf('pkill').map((call) => call.split(' ')[1])).toEqual(['-TERM', '-KILL']);
    expect(await app.isRunning()).toBe(true);
  });

  test('comes back where every tool is missing', async () => {
    using tools = new StandInTools();
    await messagesApp().app.restart(signal);
    expect(tools.calls).toEqual([]);
  });
});
