import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { describeFailure } from '../../../shared/runtime/run-main.ts';

test.each([
  [new Error('no port'), 'no port'],
  [new Error('no port', { cause: new Error('EADDRINUSE') }), 'no port (EADDRINUSE)'],
  [new Error('cannot be used: EOF.', { cause: new Error('EOF') }), 'cannot be used: EOF.'],
  [new Error('a', { cause: new Error('b', { cause: 'c' }) }), 'a (b (c))'],
])('%o is told as %s', (error, told) => {
  expect(describeFailure(error)).toBe(told);
});

const MODULE = new URL('../../../shared/runtime/run-main.ts', import.meta.url).href;

/** A program that needs `endMs` to end once it is asked to. */
async function startSlowToEnd(endMs: number) {
  const source = `
    import { runMain, whenAborted } from ${JSON.stringify(MODULE)};
    await runMain(async (signal) => {
      setInterval(() => {}, 1000);
      console.log('up');
      await whenAborted(signal);
      console.log('asked');
      await new Promise((done) => setTimeout(done, ${endMs}));
      console.log('ended');
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  const ended = once(child, 'exit');
  const heard = async (word: string) => {
    while (!said.includes(word)) await once(child.stdout, 'data');
  };
  await heard('up');
  return { child, heard, ended: async () => ({ code: (await ended)[0], said: said.split('\n') }) };
}

test('one wish to end that arrives three times, as from a service manager, npm and the launcher, ends it in order', async () => {
  const { child, heard, ended } = await startSlowToEnd(300);
  child.kill('SIGTERM');
  await heard('asked');
  child.kill('SIGTERM');
  child.kill('SIGINT');
  const { code, said } = await ended();
  expect(code).toBe(0);
  expect(said).toContain('ended');
});

test('a signal that comes later ends it at once', async () => {
  const { child, heard, ended } = await startSlowToEnd(60_000);
  child.kill('SIGTERM');
  await heard('asked');
  await sleep(1100);
  child.kill('SIGTERM');
  const { code, said } = await ended();
  expect(code).toBe(1);
  expect(said).not.toContain('ended');
});
