import { pino } from 'pino';
import { expect, test } from 'vitest';
import { KeepAwake } from '../../bridge-mac/keep-awake.ts';
import { StandInTools } from '../kit/stand-in-tools.ts';
import { waitFor } from '../kit/wait.ts';

const log = pino({ enabled: false });
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('the Mac is kept awake for as long as the bridge runs, and no longer', async () => {
  using tools = new StandInTools().add('caffeinate', 'echo "pid $$" >> calls; exec sleep 60');
  await using awake = new KeepAwake(log).start();
  const pid = await waitFor('caffeinate', () => Number(tools.callsOf('pid')[0]?.split(' ')[1]));
  expect(tools.callsOf('caffeinate')).toEqual([`caffeinate -i -m -s -w ${process.pid}`]);
  await awake[Symbol.asyncDispose]();
  await waitFor('its end', () => !isAlive(pid));
});

test('a caffeinate that is ended is started again', async () => {
  using tools = new StandInTools().add(
    'caffeinate',
    'test "$(grep -c caffeinate calls)" = 1 && exit 1; exec sleep 60',
  );
  await using _awake = new KeepAwake(log).start();
  await waitFor('another one', () => tools.callsOf('caffeinate').length === 2);
});

test('without caffeinate, or with one that is another program, the bridge goes on', async () => {
  using tools = new StandInTools();
  await using missing = new KeepAwake(log).start();
  tools.add('caffeinate', 'exit 64');
  await using foreign = new KeepAwake(log).start();
  await waitFor('a call', () => tools.callsOf('caffeinate').length > 0);
  await missing[Symbol.asyncDispose]();
  await foreign[Symbol.asyncDispose]();
});
