import { refused, type Tool, type ToolCall, type ToolWorld } from './tool.ts';

const MESSAGES_PID = 4711;

interface Wanted {
  readonly uid: number | undefined;
  readonly exact: boolean;
  readonly ancestors: boolean;
  readonly pattern: string;
}

/** Flags of pgrep and pkill; undefined when there is no pattern. */
function parse(argv: readonly string[]): Wanted | undefined {
  let [uid, exact, ancestors, pattern] = [
    undefined as number | undefined,
    false,
    false,
    undefined as string | undefined,
  ];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (word === '-U' || word === '-u') uid = Number(argv[++at]);
    else if (word === '-x') exact = true;
    else if (word === '-a') ancestors = true;
    else if (!word.startsWith('-')) pattern = word;
  }
  return pattern === undefined ? undefined : { uid, exact, ancestors, pattern };
}

/** launchd is everybody's ancestor, and root's: it is seen with -a alone. */
function find(wanted: Wanted, call: ToolCall, { state }: ToolWorld): number[] {
  const matches = (name: string) => (wanted.exact ? name === wanted.pattern : name.includes(wanted.pattern));
  const own = wanted.uid === undefined || wanted.uid === call.uid;
  return [
    ...(wanted.ancestors && matches('launchd') && (wanted.uid === undefined || wanted.uid === 0) ? [1] : []),
    ...(own && state.running && matches('Messages') ? [MESSAGES_PID] : []),
  ];
}

const pgrep: Tool = (call, world) => {
  const wanted = parse(call.argv);
  if (wanted === undefined) return refused('usage: pgrep [-Lafilnoqvx] [-U uid] pattern ...', 2);
  const pids = find(wanted, call, world);
  return { stdout: pids.map((pid) => `${pid}\n`).join(''), code: pids.length > 0 ? 0 : 1 };
};

const pkill: Tool = (call, world) => {
  const wanted = parse(call.argv);
  if (wanted === undefined) return refused('usage: pkill [-signal] [-filnovx] [-U uid] pattern ...', 2);
  if (!find(wanted, call, world).includes(MESSAGES_PID)) return { code: 1 };
  world.state.end();
  return { code: 0 };
};

const killall: Tool = ({ argv }, { state }) => {
  if (argv.at(-1) !== 'Messages' || !state.running)
    return refused('No matching processes belonging to you were found');
  state.end();
  return { code: 0 };
};

const open: Tool = ({ argv }, { state }) => {
  const named = argv[argv.indexOf('-a') + 1];
  const bundle = argv[argv.indexOf('-b') + 1];
  if (argv.includes('-a') ? named === 'Messages' : argv.includes('-b') && bundle === 'com.apple.MobileSMS') {
    state.start();
    return { code: 0 };
  }
  return refused(`Unable to find application named '${named ?? bundle ?? ''}'`);
};

const caffeinate: Tool = ({ argv }) => {
  const at = argv.indexOf('-w');
  return at < 0 ? { hangs: true } : { whilePid: Number(argv[at + 1]) };
};

export const PROCESSES = { pgrep, pkill, killall, open, caffeinate };
