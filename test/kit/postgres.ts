import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { findPostgres, type PostgresPrograms } from './find-postgres.ts';
import { findLastingPort } from './port.ts';
import { type Account, childrenOf, runAs, unprivilegedAccount } from './processes.ts';
import { waitFor } from './wait.ts';

const OWNER = 'bluewire';
const READY_MS = 30_000;
const PORTS_TO_TRY = 5;

/** Fsync and full-page writes stay on, as they are by default: that what was committed survives is what is tested. */
const SETTINGS: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '16MB',
  max_connections: '60',
};

export interface PostgresOptions {
  /** Settings of postgresql.conf beside the kit's own, e.g. `{ max_connections: '10' }`. */
  settings?: Record<string, string>;
}

/** A database of its own on the server; disposing drops it, whoever is still connected. */
export interface PostgresDatabase extends AsyncDisposable {
  readonly name: string;
  /** `postgres://…`, without a password: the server trusts whoever reaches it. */
  readonly url: string;
}

/** A real Postgres server with a data folder of its own. It ends, and its folder goes, with the process that started it. */
export class PostgresServer implements AsyncDisposable {
  readonly #programs: PostgresPrograms;
  readonly #account: Account | undefined;
  readonly #folder: string;
  readonly #settings: Record<string, string>;
  readonly #watch: ChildProcess;
  #port = 0;
  #process: ChildProcess | undefined;
  #databases = 0;

  private constructor(
    programs: PostgresPrograms,
    account: Account | undefined,
    folder: string,
    settings: Record<string, string>,
  ) {
    this.#programs = programs;
    this.#account = account;
    this.#folder = folder;
    this.#settings = settings;
    this.#watch = watchForOurEnd(folder);
  }

  /** Makes a cluster and starts it; resolves when it answers. Throws where Postgres is not installed. */
  static async create(options: PostgresOptions = {}): Promise<PostgresServer> {
    const programs = findPostgres();
    if (programs === undefined) throw new Error('PostgreSQL is not installed on this machine');
    const account = await unprivilegedAccount();
    const folder = await mkdtemp(join(tmpdir(), 'bluewire-postgres-'));
    if (account) await chown(folder, account.uid, account.gid);
    const server = new PostgresServer(programs, account, folder, { ...SETTINGS, ...options.settings });
    try {
      await server.#makeCluster();
      await server.#startOnFreePort();
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  get port(): number {
    return this.#port;
  }

  get running(): boolean {
    return this.#process !== undefined;
  }

  /** What the server wrote to its log. */
  get log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  urlOf(database: string): string {
    return `postgres://${OWNER}@127.0.0.1:${this.#port}/${database}`;
  }

  async createDatabase(): Promise<PostgresDatabase> {
    this.#databases += 1;
    const name = `test_${this.#databases}`;
    await this.#administer(`CREATE DATABASE ${name}`);
    return {
      name,
      url: this.urlOf(name),
      [Symbol.asyncDispose]: async () => {
        if (this.running) await this.#administer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      },
    };
  }

  /** Starts the server again on the same port and data; resolves when it answers. */
  async start(): Promise<void> {
    if (this.#process !== undefined) return;
    const log = openSync(this.#logFile, 'a');
    const child = spawn(this.#programs.postgres, ['-D', this.#dataFolder, ...this.#arguments()], {
      stdio: ['ignore', log, log],
      ...runAs(this.#account, this.#folder),
    });
    closeSync(log);
    this.#process = child;
    child.once('exit', () => {
      this.#process = undefined;
    });
    await this.#waitUntilReady();
  }

  /** `fast` ends the connections and closes the database; `immediate` aborts: the next start recovers from the log. */
  async stop(mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    const exit = once(child, 'exit');
    child.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await exit;
  }

  /** A crash: SIGKILL for the server and every process of it. Nothing is tidied up. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child?.pid === undefined) return;
    const exit = once(child, 'exit');
    // Stopped first, it cannot answer the death of a child by starting another.
    child.kill('SIGSTOP');
    const children = childrenOf(child.pid);
    for (const pid of children) tryKill(pid);
    child.kill('SIGKILL');
    await exit;
    // A start finds the shared memory in use while one of them is still dying.
    await waitFor('the end of every process of Postgres', () => !children.some(isAlive));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('immediate');
    await rm(this.#folder, { recursive: true, force: true });
    const ended = once(this.#watch, 'exit');
    this.#watch.stdin?.end();
    await ended;
  }

  get #dataFolder(): string {
    return join(this.#folder, 'data');
  }

  get #logFile(): string {
    return join(this.#folder, 'postgres.log');
  }

  #arguments(): string[] {
    const settings = { ...this.#settings, port: String(this.#port) };
    return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  }

  /** The C locale is the one every build and system has; with it text sorts by its bytes. */
  async #makeCluster(): Promise<void> {
    const log = openSync(this.#logFile, 'a');
    const options = ['--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
    const child = spawn(
      this.#programs.initdb,
      [...options, `--username=${OWNER}`, `--pgdata=${this.#dataFolder}`],
      { stdio: ['ignore', log, log], ...runAs(this.#account, this.#folder) },
    );
    closeSync(log);
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`initdb ended with ${String(code)}:\n${this.log}`);
  }

  /** Another process may take a port between the finding and the binding. */
  async #startOnFreePort(): Promise<void> {
    for (let left = PORTS_TO_TRY; ; left -= 1) {
      this.#port = await findLastingPort();
      try {
        return await this.start();
      } catch (error) {
        if (left <= 1 || this.running) throw error;
      }
    }
  }

  async #waitUntilReady(): Promise<void> {
    const deadline = Date.now() + READY_MS;
    for (;;) {
      const problem = await this.#administer('SELECT 1').then(
        () => undefined,
        (error: unknown) => error,
      );
      if (!this.running) throw new Error(`Postgres ended as it started:\n${this.log}`, { cause: problem });
      if (problem === undefined) return;
      if (Date.now() > deadline) throw new Error(`Postgres did not answer:\n${this.log}`, { cause: problem });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async #administer(sql: string): Promise<void> {
    const client = new Client({ connectionString: this.urlOf('postgres') });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query(sql);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** See `PostgresServer.create`. */
export async function startPostgres(options?: PostgresOptions): Promise<PostgresServer> {
  return PostgresServer.create(options);
}

/**
 * A shell that reads from this process until it ends, even by SIGKILL, then aborts the server and removes its folder. In a
 * process group of its own, so that Ctrl-C does not reach it first.
 */
function watchForOurEnd(folder: string): ChildProcess {
  const script = [
    'cat >/dev/null',
    'pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)',
    '[ -n "$pid" ] && kill -QUIT "$pid" 2>/dev/null',
    'while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.1; done',
    'rm -rf "$1"',
  ];
  return spawn('sh', ['-c', script.join('\n'), 'watch', folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // One that has ended is listed until its parent takes note, which in some containers nobody does.
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return process.platform !== 'linux';
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
