import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const RESTART_AFTER_MS = 1_000;

export interface ProgramSpec {
  name: string;
  /** TypeScript file from the root. */
  file: string;
  args: string[];
  env: Record<string, string | undefined>;
  /** Everything the program prints is appended here. */
  logFile: string;
  /** Called with each line of stdout. */
  onLine?: (line: string) => void;
  /** Called with the last line of stderr when it ends by itself; false: it is not started again. */
  onEnd?: (lastWords: string) => boolean;
}

/** Keeps a program running, as launchd would: one that ends is started again until this is disposed. */
export class Supervised implements AsyncDisposable {
  readonly #spec: ProgramSpec;
  #child: ChildProcess | undefined;
  #stopped = false;

  constructor(spec: ProgramSpec) {
    this.#spec = spec;
    mkdirSync(dirname(spec.logFile), { recursive: true });
    this.#start();
  }

  #start(): void {
    const { name, file, args, env, logFile, onLine, onEnd } = this.#spec;
    const log = createWriteStream(logFile, { flags: 'a' });
    // The runner ends its program when this process is gone, killed included: nobody is left holding a port.
    const child = spawn(process.execPath, [join(ROOT, 'scripts/run.mjs'), file, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    if (onLine) forEachLine(child.stdout, onLine);
    let lastWords = '';
    forEachLine(child.stderr, (line) => {
      lastWords = line;
    });
    child.once('close', (code, signal) => {
      log.end();
      if (this.#stopped || onEnd?.(lastWords) === false) return;
      console.log(
        `${name} ended (${signal ?? `exit status ${code}`}); starting it again. Its log: ${logFile}`,
      );
      setTimeout(() => !this.#stopped && this.#start(), RESTART_AFTER_MS);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

/** Runs a program of this repository to its end; throws with what it printed when it fails. */
export async function runToEnd(
  file: string,
  args: string[],
  env: Record<string, string | undefined>,
): Promise<void> {
  const child = spawn(process.execPath, [join(ROOT, file), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => printed.push(chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(Buffer.concat(printed).toString().trim());
}

function forEachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
}
