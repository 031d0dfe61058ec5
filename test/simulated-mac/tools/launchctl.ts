import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'plist';
import { majorOf } from '../chat-db/columns.ts';
import type { Memory } from '../messages/memory.ts';
import { refused, type Tool, type ToolAnswer, type ToolCall, type ToolWorld } from './tool.ts';

interface Service {
  readonly path: string;
  readonly program: string;
  readonly pid: number;
}

interface Launchd {
  readonly loaded: Record<string, Service>;
  readonly disabled: string[];
}

const IN_PROGRESS = 37;
const EXISTS = 17;
const NOT_FOUND = 113;
const NO_PROCESS = 3;
const IO_ERROR = 5;

function load(memory: Memory): Launchd {
  return JSON.parse(memory.get('launchd') ?? '{"loaded":{},"disabled":[]}') as Launchd;
}

function keep(memory: Memory, launchd: Launchd): void {
  memory.set('launchd', JSON.stringify(launchd));
}

function failed(verb: string, code: number, words: string): ToolAnswer {
  return refused(`${verb} failed: ${code}: ${words}`, code);
}

/** Label and program of a property list; undefined when it is none, or says neither. */
function readAgent(path: string): { label: string; program: string } | undefined {
  try {
    const agent = parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    const [first] = Array.isArray(agent.ProgramArguments) ? (agent.ProgramArguments as unknown[]) : [];
    const program = typeof agent.Program === 'string' ? agent.Program : first;
    if (typeof agent.Label !== 'string' || typeof program !== 'string') return undefined;
    return { label: agent.Label, program };
  } catch {
    return undefined;
  }
}

function bootstrap(call: ToolCall, { memory, version }: ToolWorld): ToolAnswer {
  const [, domain = '', file = ''] = call.argv;
  if (domain !== `gui/${call.uid}`)
    return failed('Bootstrap', 125, 'Domain does not support specified action');
  const path = resolve(call.cwd, file);
  const agent = readAgent(path);
  if (agent === undefined) return failed('Bootstrap', IO_ERROR, 'Input/output error');
  const launchd = load(memory);
  if (launchd.disabled.includes(agent.label)) return failed('Bootstrap', 119, 'Service is disabled');
  if (launchd.loaded[agent.label] !== undefined)
    return majorOf(version) < 13
      ? failed('Bootstrap', EXISTS, 'File exists')
      : failed('Bootstrap', IN_PROGRESS, 'Operation already in progress');
  launchd.loaded[agent.label] = {
    path,
    program: agent.program,
    pid: 5000 + Object.keys(launchd.loaded).length,
  };
  keep(memory, launchd);
  return { code: 0 };
}

function bootout(call: ToolCall, { memory }: ToolWorld): ToolAnswer {
  const [, target = '', file] = call.argv;
  const launchd = load(memory);
  const byPath = Object.entries(launchd.loaded).find(
    ([, { path }]) => path === resolve(call.cwd, file ?? ''),
  );
  const label = file === undefined ? labelOf(call, target) : byPath?.[0];
  if (label === undefined || launchd.loaded[label] === undefined)
    return failed('Boot-out', NO_PROCESS, 'No such process');
  delete launchd.loaded[label];
  keep(memory, launchd);
  return { code: 0 };
}

/** `gui/501/label` → label, when the domain is the caller's own. */
function labelOf(call: ToolCall, target: string): string | undefined {
  const own = `gui/${call.uid}/`;
  return target.startsWith(own) ? target.slice(own.length) : undefined;
}

function print(call: ToolCall, { memory }: ToolWorld): ToolAnswer {
  const [, target = ''] = call.argv;
  const { loaded } = load(memory);
  if (target === `gui/${call.uid}`) {
    const lines = Object.entries(loaded).map(([label, { pid }]) => `\t\t${pid}\t-\t${label}`);
    return { stdout: `${target} = {\n\ttype = login\n\tservices = {\n${lines.join('\n')}\n\t}\n}\n` };
  }
  const label = labelOf(call, target) ?? target;
  const service = loaded[label];
  if (service === undefined)
    return refused(
      `Bad request.\nCould not find service "${label}" in domain for user gui: ${call.uid}`,
      NOT_FOUND,
    );
  const { path, program, pid } = service;
  return {
    stdout: `${target} = {\n\tpath = ${path}\n\tstate = running\n\n\tprogram = ${program}\n\tpid = ${pid}\n\tlast exit code = (never exited)\n}\n`,
  };
}

function kickstart(call: ToolCall, { memory }: ToolWorld): ToolAnswer {
  const label = labelOf(call, call.argv.at(-1) ?? '') ?? '';
  const launchd = load(memory);
  const service = launchd.loaded[label];
  if (service === undefined)
    return refused(`Could not find service "${label}" in domain for user gui: ${call.uid}`, NOT_FOUND);
  if (call.argv.includes('-k')) {
    launchd.loaded[label] = { ...service, pid: service.pid + 100 };
    keep(memory, launchd);
  }
  return { code: 0 };
}

function setDisabled(call: ToolCall, { memory }: ToolWorld, disabled: boolean): ToolAnswer {
  const label = labelOf(call, call.argv[1] ?? '');
  if (label === undefined) return refused('Usage: launchctl enable|disable <service-target>', 64);
  const launchd = load(memory);
  const others = launchd.disabled.filter((one) => one !== label);
  keep(memory, { ...launchd, disabled: disabled ? [...others, label] : others });
  return { code: 0 };
}

/** Keeps the list of agents as launchd does; their programs are not started. */
export const launchctl: Tool = (call, world) => {
  switch (call.argv[0]) {
    case 'bootstrap':
      return bootstrap(call, world);
    case 'bootout':
      return bootout(call, world);
    case 'print':
      return print(call, world);
    case 'kickstart':
      return kickstart(call, world);
    case 'enable':
      return setDisabled(call, world, false);
    case 'disable':
      return setDisabled(call, world, true);
    case 'managername':
      return { stdout: 'Aqua\n' };
    case 'manageruid':
      return { stdout: `${call.uid}\n` };
    default:
      return refused(`Unrecognized subcommand: ${call.argv[0] ?? ''}`, 64);
  }
};
