import { expect, test } from 'vitest';
import { runTool } from '../../../shared/runtime/run-tool.ts';
import { StandInTools } from '../../kit/stand-in-tools.ts';

test('a program is given its arguments untouched, and its words and status are told', async () => {
  using _tools = new StandInTools().add('speak', 'printf "%s|" "$@"; echo no >&2; exit 7');
  expect(await runTool('speak', ['a b', '$(id)', ''], { timeoutMs: 5_000 })).toEqual({
    kind: 'ended',
    status: 7,
    stdout: 'a b|$(id)||',
    stderr: 'no\n',
  });
});

test('a program that is missing or cannot be run is missing', async () => {
  using _tools = new StandInTools();
  expect(await runTool('nothing', [], { timeoutMs: 5_000 })).toEqual({ kind: 'missing' });
  expect(await runTool('/etc', [], { timeoutMs: 5_000 })).toEqual({ kind: 'missing' });
  expect(await runTool('a\0b', [], { timeoutMs: 5_000 })).toEqual({ kind: 'missing' });
});

test('a program that hangs is given up at the limit, with what it said, even where it heeds no signal', async () => {
  using _tools = new StandInTools().add(
    'hang',
    "trap '' TERM INT HUP; echo begun; while :; do sleep 5; done",
  );
  expect(await runTool('hang', [], { timeoutMs: 300 })).toEqual({
    kind: 'hung',
    stdout: 'begun\n',
    stderr: '',
  });
});

test('a program whose child holds on to its output is given up at the limit', async () => {
  using _tools = new StandInTools().add('fork', 'sleep 5 & echo started');
  expect(await runTool('fork', [], { timeoutMs: 300 })).toMatchObject({ kind: 'hung', stdout: 'started\n' });
});

test('a program that talks without end is ended', async () => {
  using _tools = new StandInTools().add('talk', 'yes');
  expect(await runTool('talk', [], { timeoutMs: 30_000 })).toMatchObject({ kind: 'ended', status: 255 });
});

test('a program is given up when the caller has no use for it any more', async () => {
  using tools = new StandInTools().add('hang', 'sleep 60');
  const stopping = new AbortController();
  const result = runTool('hang', [], { timeoutMs: 30_000, signal: stopping.signal });
  stopping.abort();
  expect(await result).toMatchObject({ kind: 'hung' });
  expect(await runTool('hang', [], { timeoutMs: 30_000, signal: stopping.signal })).toMatchObject({
    kind: 'hung',
  });
  expect(tools.callsOf('hang').length).toBeLessThanOrEqual(1);
});
