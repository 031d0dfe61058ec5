import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { prettyFactory } from 'pino-pretty';

const LOOK_EVERY_MS = 300;
const CHUNK_BYTES = 64 * 1024;
const CRASH_LINES = 8;
const MOST_CRASH_BYTES = 1024 * 1024;

export const LOG_FILE = 'bridge.log';
/** Beside the log: what launchd caught of the bridge's words outside its log. */
export const CRASH_FILE = 'crashes.log';
/** `bridge.log` and this many that were put aside, `bridge.log.1` being the newest of them. */
export const LOG_GENERATIONS = 4;

export interface ReadLogOptions {
  folder: string;
  /** How many of the last lines are shown. */
  lines: number;
  /** Whether to go on with what is written from now on, until `signal` is aborted. */
  follow: boolean;
  write: (text: string) => void;
  signal: AbortSignal;
}

/** Shows the bridge's log in words for a person. Throws a sentence when there is none, unless it is followed. */
export async function showLog({ folder, lines, follow, write, signal }: ReadLogOptions): Promise<void> {
  const path = join(folder, LOG_FILE);
  if (!follow && !existsSync(path) && !existsSync(join(folder, CRASH_FILE))) {
    throw new Error(
      `There is no log in ${folder} yet: the installed bridge writes one; \`run\` in a terminal writes to that terminal.`,
    );
  }
  const readable = prettyFactory({
    ignore: 'program',
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss',
    singleLine: true,
  });
  const show = (line: string): void => write(line.startsWith('{') ? readable(line) : `${line}\n`);
  const file = new GrowingFile(path);
  try {
    const last = file.take();
    for (const line of [...olderLines(folder, lines - last.length), ...last].slice(-lines)) {
      if (lines > 0) show(line);
    }
    while (follow && !signal.aborted) {
      await wait(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
      for (const line of file.take()) show(line);
    }
  } finally {
    file.close();
  }
  if (follow) return;
  for (const line of crashLines(join(folder, CRASH_FILE))) write(line);
}

/** The last words that the bridge said outside its log, with their date. */
function crashLines(path: string): string[] {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there === undefined || there.size === 0) return [];
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n').slice(-CRASH_LINES);
  const head = `\nSaid outside the log, the last of it at ${there.mtime.toISOString()} (${path}):\n`;
  return [head, ...lines.map((line) => `  ${line}\n`)];
}

/** Empties the file of crashes once it has grown: a bridge that cannot start says so every half minute. */
export function trimCrashes(folder: string): void {
  const path = join(folder, CRASH_FILE);
  const there = statSync(path, { throwIfNoEntry: false });
  if (there !== undefined && there.size > MOST_CRASH_BYTES) truncateSync(path);
}

/** The last `count` lines of the files that were put aside, oldest first. */
function olderLines(folder: string, count: number): string[] {
  let found: string[] = [];
  for (let generation = 1; generation <= LOG_GENERATIONS && found.length < count; generation += 1) {
    const path = join(folder, `${LOG_FILE}.${generation}`);
    if (!existsSync(path)) break;
    found = [...readFileSync(path, 'utf8').split('\n').slice(0, -1), ...found];
  }
  return count <= 0 ? [] : found.slice(-count);
}

/** A file that is written to, and now and then replaced by a new one of the same name. */
class GrowingFile {
  readonly #path: string;
  #fd: number | undefined;
  #rest = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
  }

  /** The whole lines that came since the last call; the old file is read to its end before the new one is begun. */
  take(): string[] {
    const lines = this.#read();
    if (!this.#isCurrent()) {
      this.close();
      this.#fd = openSync(this.#path, 'r');
      lines.push(...this.#read());
    }
    return lines;
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    this.#rest = Buffer.alloc(0);
  }

  /** True as well while there is no file to go on to. */
  #isCurrent(): boolean {
    const there = statSync(this.#path, { throwIfNoEntry: false });
    if (there === undefined) return true;
    return this.#fd !== undefined && fstatSync(this.#fd).ino === there.ino;
  }

  #read(): string[] {
    if (this.#fd === undefined) return [];
    const chunks = [this.#rest];
    for (;;) {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      const bytes = readSync(this.#fd, chunk, 0, CHUNK_BYTES, null);
      if (bytes === 0) break;
      chunks.push(chunk.subarray(0, bytes));
    }
    const all = Buffer.concat(chunks);
    const end = all.lastIndexOf(0x0a) + 1;
    this.#rest = all.subarray(end);
    return all.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
  }
}
