import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepareHome } from '../../bridge-mac/home.ts';
import { writeIdentity } from '../../bridge-mac/identity.ts';
import { StandInHub } from '../../test/bridge-mac/kit/stand-in-hub.ts';
import { Program } from '../../test/kit/program.ts';
import { ROOT } from '../start/supervised.ts';

const DEADLINE_MS = 10_000;

/** A process that reads a chat.db and tells of what arrives in it. */
export interface Reader extends AsyncDisposable {
  readonly pid: number;
  /** Resolves with performance.now() of the moment when this text was told; undefined when it was not, within 10 s. */
  whenTold(text: string): Promise<number | undefined>;
}

/** Texts told so far, with when; and who waits for one. */
class Told {
  readonly #at = new Map<string, number>();
  readonly #waiting = new Map<string, (at: number) => void>();

  note(text: string): void {
    const at = performance.now();
    if (!this.#at.has(text)) this.#at.set(text, at);
    this.#waiting.get(text)?.(at);
  }

  when(text: string): Promise<number | undefined> {
    const known = this.#at.get(text);
    if (known !== undefined) return Promise.resolve(known);
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    const timer = setTimeout(() => resolve(undefined), DEADLINE_MS);
    this.#waiting.set(text, resolve);
    return promise.finally(() => clearTimeout(timer));
  }
}

/** Our bridge: a real process, paired to a hub that only listens; told means journaled, pushed and on its way to be acknowledged. */
export async function startBridge(chatDb: string): Promise<Reader> {
  const hub = await StandInHub.start();
  const home = await mkdtemp(join(tmpdir(), 'bluewire-bench-'));
  const told = new Told();
  hub.onEntry = (entry) => {
    if (entry.kind === 'message') told.note(entry.text);
  };
  prepareHome(home);
  writeIdentity(join(home, 'identity.json'), {
    hub_url: hub.url,
    device_id: hub.deviceId,
    device_name: 'Bench',
    token: hub.token,
    paired_at: Date.now() - 60_000,
  });
  const bridge = new Program('bridge', 'bridge-mac/main.ts', ['run'], {
    BRIDGE_HOME: home,
    BRIDGE_CHAT_DB: chatDb,
    NODE_OPTIONS: `--import ${pathToFileURL(join(ROOT, 'test/simulated-mac/darwin.mjs')).href}`,
  });
  return {
    pid: bridge.child.pid ?? 0,
    whenTold: (text) => told.when(text),
    async [Symbol.asyncDispose]() {
      await bridge[Symbol.asyncDispose]();
      await hub[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** The peer; resolves when it says that it watches. */
export async function startPeer(chatDb: string): Promise<Reader> {
  const child: ChildProcess = fork(join(ROOT, 'scripts/bench/peer-reader.ts'), [chatDb], { stdio: 'pipe' });
  const told = new Told();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once('exit', () => reject(new Error('@photon-ai/imessage-kit ended before it was ready.')));
  child.on('message', (message: { ready?: true; text?: string }) => {
    if (message.ready) resolve();
    else told.note(message.text ?? '');
  });
  await promise;
  return {
    pid: child.pid ?? 0,
    whenTold: (text) => told.when(text),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
    },
  };
}
