import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { ScriptHost } from './applescript/frames.ts';
import { runScript } from './applescript/run-script.ts';
import { describeScriptError, ScriptError } from './applescript/script-error.ts';
import { displayOf, sourceOf, type Value } from './applescript/values.ts';

/** What an osascript process was started with. `readStdin` is asked only when the script comes from there. */
export interface OsascriptCall {
  readonly argv: readonly string[];
  readonly readStdin: () => Promise<string>;
}

export interface OsascriptAnswer {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

interface Options {
  readonly lines: string[];
  readonly rest: string[];
  source: boolean;
  errorsToStdout: boolean;
}

const USAGE = 'usage: osascript [-l language] [-e script] [-i] [-s {ehso}] [programfile] [argument ...]';

function usage(problem: string): OsascriptAnswer {
  return { stdout: '', stderr: `osascript: ${problem}\n${USAGE}\n`, code: 2 };
}

/** Flags as osascript's getopt reads them: `-ss`, `-s s`, `-eSCRIPT`; the first other word ends them. */
function parseOptions(argv: readonly string[]): Options | OsascriptAnswer {
  const options: Options = { lines: [], rest: [], source: false, errorsToStdout: false };
  let at = 0;
  for (; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (word === '--') {
      at += 1;
      break;
    }
    if (!word.startsWith('-') || word === '-') break;
    const flag = word.charAt(1);
    if (!'els'.includes(flag)) return usage(`illegal option -- ${flag}`);
    const value = word.length > 2 ? word.slice(2) : argv[++at];
    if (value === undefined) return usage(`option requires an argument -- ${flag}`);
    if (flag === 'e') options.lines.push(value);
    if (flag === 'l' && value.toLowerCase() !== 'applescript') {
      return { stdout: '', stderr: `osascript: no such component "${value}".\n`, code: 1 };
    }
    if (flag === 's') {
      if (value.includes('s')) options.source = true;
      if (value.includes('h')) options.source = false;
      if (value.includes('o')) options.errorsToStdout = true;
      if (value.includes('e')) options.errorsToStdout = false;
    }
  }
  options.rest.push(...argv.slice(at));
  return options;
}

interface Source {
  readonly text: string;
  readonly fileName: string | undefined;
  readonly args: readonly string[];
}

async function findSource(
  options: Options,
  call: OsascriptCall,
  cwd: string,
): Promise<Source | OsascriptAnswer> {
  const [file, ...args] = options.rest;
  if (options.lines.length > 0)
    return { text: options.lines.join('\n'), fileName: undefined, args: options.rest };
  if (file === undefined || file === '-') return { text: await call.readStdin(), fileName: undefined, args };
  try {
    return { text: readFileSync(resolve(cwd, file), 'utf8'), fileName: basename(file), args };
  } catch {
    return { stdout: '', stderr: `osascript: ${file}: No such file or directory\n`, code: 1 };
  }
}

function printed(value: Value | undefined, source: boolean): string {
  if (value === undefined) return '';
  return `${source ? sourceOf(value) : displayOf(value)}\n`;
}

/** Runs one osascript call as /usr/bin/osascript would: its output, its errors and its exit status. */
export async function runOsascript(
  call: OsascriptCall,
  host: Omit<ScriptHost, 'log'>,
): Promise<OsascriptAnswer> {
  const options = parseOptions(call.argv);
  if ('code' in options) return options;
  const source = await findSource(options, call, host.cwd);
  if ('code' in source) return source;
  let stderr = '';
  try {
    const log = (line: string) => {
      stderr += `${line}\n`;
    };
    const value = await runScript(source.text, source.args, { ...host, log });
    return { stdout: printed(value, options.source), stderr, code: 0 };
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    const line = `${describeScriptError(error, source.fileName)}\n`;
    if (options.errorsToStdout) return { stdout: line, stderr, code: 1 };
    return { stdout: '', stderr: stderr + line, code: 1 };
  }
}
