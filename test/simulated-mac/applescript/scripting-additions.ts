import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { END_OF_FILE, FILE_NOT_FOUND, GENERIC, ScriptError, USER_CANCELED } from './script-error.ts';
import { cannotMake, type FileValue, hfsPath, type Value } from './values.ts';

const SHELL_LIMIT_MS = 30_000;
const SHELL_OUTPUT_BYTES = 4 * 1024 * 1024;

function posixOf(text: string, cwd: string): string {
  // Bare text is a path in AppleScript's colon notation; a slash in it is a character of the name.
  if (!text.includes(':')) return text.startsWith('/') ? text : resolve(cwd, text);
  const [disk = '', ...rest] = text.split(':');
  const path = rest.map((part) => part.replaceAll('/', ':')).join('/');
  return disk === 'Macintosh HD' || disk === '' ? `/${path}` : `/Volumes/${disk}/${path}`;
}

/** `POSIX file "/x"`: a place on disk that need not exist yet. */
export function posixFile(path: string, cwd: string): FileValue {
  return { kind: 'file', path: resolve(cwd, path) };
}

/** Bare text or a file as a file; `alias` insists that it exists (−43 when it does not). */
export function fileFrom(value: Value, kind: 'file' | 'alias', cwd: string): FileValue {
  let path: string;
  if (typeof value === 'string') path = posixOf(value, cwd);
  else if (typeof value === 'object' && 'kind' in value && (value.kind === 'file' || value.kind === 'alias'))
    path = value.path;
  else throw cannotMake(value, kind);
  if (kind === 'alias' && statSync(path, { throwIfNoEntry: false }) === undefined) throw notFound(path);
  return { kind, path };
}

function notFound(path: string): ScriptError {
  return new ScriptError(FILE_NOT_FOUND, `File ${hfsPath(path)} wasn’t found.`);
}

/**
 * `read`: text paths are in colon notation, so `read "/Users/x"` fails. Without `as «class utf8»` the bytes are taken
 * as MacRoman. A missing file is −43, nothing left to read −39.
 */
export function readFile(direct: Value, as: string | undefined, cwd: string): string {
  if (typeof direct === 'string' && !direct.includes(':')) throw notFound(direct);
  const { path } = fileFrom(direct, 'file', cwd);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isDirectory()) throw notFound(path);
  const bytes = readFileSync(path);
  if (bytes.length === 0) throw new ScriptError(END_OF_FILE, 'End of file error.');
  const encoding = as === 'utf8' ? 'utf-8' : as === 'utf16' ? 'utf-16be' : 'macintosh';
  return new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
}

export interface ShellOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly keepLineEndings: boolean;
}

/** `do shell script`: /bin/sh, output with CR line ends and the last one cut; a failure is its exit status. */
export function runShell(command: string, options: ShellOptions): Promise<string> {
  return new Promise((done, refuse) => {
    const { env, cwd, signal } = options;
    const limits = { timeout: SHELL_LIMIT_MS, maxBuffer: SHELL_OUTPUT_BYTES, env, cwd, signal };
    execFile('/bin/sh', ['-c', command], limits, (error, stdout, stderr) => {
      if (error === null) {
        const trimmed = stdout.replace(/\n$/, '');
        return done(options.keepLineEndings ? trimmed : trimmed.replaceAll('\n', '\r'));
      }
      if (signal.aborted) return refuse(new ScriptError(USER_CANCELED, 'User canceled.'));
      const status = typeof error.code === 'number' ? error.code : GENERIC;
      refuse(new ScriptError(status, stderr.trim() || `The command exited with a non-zero status.`));
    });
  });
}
