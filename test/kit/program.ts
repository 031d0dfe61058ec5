import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const DEADLINE_MS = 30_000;

/** One entry of a program's log. */
export interface LogLine {
  msg?: string;
  level?: string;
  [field: string]: unknown;
}

/** A real process of this repository, disposed with the test that started it. */
export class Program implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly lines: string[] = [];
  readonly #name: string;
  #waiting: (() => void)[] = [];

  constructor(name: string, file: string, args: string[], env: Record<string, string>) {
    this.#name = name;
    this.child = spawn(process.execPath, [join(ROOT, file), ...args], {
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#note(line));
    }
    this.child.on('exit', () => this.#wakeAll());
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  get log(): LogLine[] {
    return this.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine);
  }

  /** Waits until the log has an entry with this `msg` (after `from` entries); fails when the program ends first. */
  async waitForLog(msg: string, from = 0): Promise<LogLine> {
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const entry = this.log.slice(from).find((line) => line.msg === msg);
      if (entry) return entry;
      if (!this.running)
        throw new Error(`${this.#name} ended before it logged "${msg}":\n${this.lines.join('\n')}`);
      if (Date.now() > deadline)
        throw new Error(`${this.#name} never logged "${msg}":\n${this.lines.join('\n')}`);
      await this.#nextLine(deadline);
    }
  }

  /** Sends a signal and waits for the end; answers the exit code. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.running) {
      this.child.kill(signal);
      await once(this.child, 'exit');
    }
    return this.child.exitCode;
  }

  async waitForExit(): Promise<number | null> {
    if (this.running) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }

  #note(line: string): void {
    this.lines.push(line);
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async #nextLine(deadline: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    const timer = setTimeout(resolve, Math.max(1, deadline - Date.now()));
    await promise;
    clearTimeout(timer);
  }
}
