import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { askSimulatedMac } from './control-channel.ts';
import type { HappeningRequest } from './messages/happenings.ts';
import type { CallRecord, SentRecord, ToolRecord } from './messages/memory.ts';
import type { Received, ReceiveRequest } from './messages/receive.ts';
import type { ToolFault } from './tools/tools.ts';

export type { CallRecord, HappeningRequest, Received, ReceiveRequest, SentRecord, ToolFault, ToolRecord };

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const DARWIN = fileURLToPath(new URL('./darwin.mjs', import.meta.url));

export interface StartOptions {
  /** Version name such as `tahoe-26` (default) or `monterey-12`. */
  readonly macos?: string;
  /** Home folder; without one a temporary folder is made and removed at the end. */
  readonly home?: string;
  /** Factor on Messages' delays, default 1 (delivered about 1.3 s after the send). */
  readonly pace?: number;
  /** False: no SMS account. */
  readonly sms?: boolean;
}

/** A simulated Mac in a process of its own. */
export class SimulatedMac implements AsyncDisposable {
  readonly home: string;
  readonly #args: readonly string[];
  readonly #temporary: boolean;
  #process: ChildProcess | undefined;

  constructor(options: StartOptions) {
    this.#temporary = options.home === undefined;
    // The real path: a script's `POSIX file` and the sandbox's folders must agree on macOS, where /tmp is a link.
    this.home =
      options.home === undefined
        ? realpathSync(mkdtempSync(join(tmpdir(), 'sim-mac-')))
        : resolve(options.home);
    this.#args = [
      'start',
      '--until-stdin-ends',
      '--home',
      this.home,
      '--macos',
      options.macos ?? 'tahoe-26',
      '--pace',
      String(options.pace ?? 1),
      ...(options.sms === false ? ['--no-sms'] : []),
    ];
  }

  get chatDb(): string {
    return join(this.home, 'Library/Messages/chat.db');
  }

  /** Starts the process; resolves when it is ready. Rejects with its own words when it refuses. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [MAIN, ...this.#args], {
      // Its stdin is a pipe from here: it ends when this process does, however that ends.
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    this.#process = child;
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      complaint += chunk;
    });
    await new Promise<void>((done, refuse) => {
      createInterface({ input: child.stdout }).once('line', () => done());
      child.once('error', refuse);
      child.once('exit', (code) =>
        refuse(new Error(`The simulated Mac ended with ${code}: ${complaint.trim()}`)),
      );
    });
  }

  #ask(request: Readonly<Record<string, unknown>> & { op: string }): Promise<unknown> {
    return askSimulatedMac(this.home, request);
  }

  /** Lets a message arrive; resolves when its row is committed (its chat join comes later). */
  async receive(message: ReceiveRequest): Promise<Received> {
    return (await this.#ask({ op: 'receive', message })) as Received;
  }

  /** Switches a behaviour (see behaviours.ts), for `count` occasions or until `normal`. */
  async behave(recipient: string, behaviour: string, count?: number): Promise<void> {
    await this.#ask({ op: 'behave', recipient, behaviour, count });
  }

  /** Lets something happen that no script asked for (see messages/happenings.ts); answers the rows' guids. */
  async happen(event: HappeningRequest): Promise<string[]> {
    return (await this.#ask({ op: 'happen', event })) as string[];
  }

  /** What really left, in order. */
  async sent(): Promise<SentRecord[]> {
    return (await this.#ask({ op: 'sent' })) as SentRecord[];
  }

  /** Every osascript call seen, in order. */
  async calls(): Promise<CallRecord[]> {
    return (await this.#ask({ op: 'calls' })) as CallRecord[];
  }

  /** Makes a tool, or one subcommand of it (`launchctl bootstrap`), fail or hang. */
  async toolBehaves(tool: string, fault: ToolFault, count?: number): Promise<void> {
    await this.#ask({ op: 'tool-fault', tool, fault, count });
  }

  /** Every call of a tool other than osascript, in order. */
  async toolCalls(): Promise<ToolRecord[]> {
    return (await this.#ask({ op: 'tool-calls' })) as ToolRecord[];
  }

  /**
   * The environment in which a bridge takes this for its Mac. Without `tools` nothing of macOS is on PATH but
   * osascript; programs of this system with the same names still are.
   */
  bridgeEnv({ tools = true }: { tools?: boolean } = {}): Record<string, string> {
    const folders = tools ? ['bin', 'tools'] : ['bin'];
    const path = [...folders.map((folder) => join(this.home, folder)), process.env.PATH ?? ''];
    return {
      HOME: this.home,
      PATH: path.join(delimiter),
      BRIDGE_CHAT_DB: this.chatDb,
      BRIDGE_STAGING_DIR: join(this.home, 'Library/Messages/Attachments/Bluewire'),
      NODE_OPTIONS: `--import ${pathToFileURL(DARWIN).href}`,
    };
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    await ended;
  }

  /** SIGKILL: nothing is tidied up. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Stops it if it runs, then starts it again on the same home. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    if (this.#temporary) await rm(this.home, { recursive: true, force: true });
  }
}

/** Starts a simulated Mac and resolves when it is ready. */
export async function startSimulatedMac(options: StartOptions = {}): Promise<SimulatedMac> {
  const mac = new SimulatedMac(options);
  try {
    await mac.start();
  } catch (error) {
    await mac[Symbol.asyncDispose]();
    throw error;
  }
  return mac;
}
