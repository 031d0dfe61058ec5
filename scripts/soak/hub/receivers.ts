import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { findLastingPort } from '../../../test/kit/port.ts';
import type { Arrival, Mood } from './arrival.ts';

const PROGRAM = join(import.meta.dirname, 'receiver.ts');

interface Receiver {
  readonly port: number;
  child: ChildProcess | undefined;
}

/** The clients' webhooks: processes that can be killed, each for some of the workspaces. */
export class Receivers implements AsyncDisposable {
  readonly #receivers: Receiver[] = [];
  readonly #moods = new Map<number, Mood>();
  readonly #onArrival: (arrival: Arrival) => void;

  private constructor(onArrival: (arrival: Arrival) => void) {
    this.#onArrival = onArrival;
  }

  static async start(count: number, onArrival: (arrival: Arrival) => void): Promise<Receivers> {
    const receivers = new Receivers(onArrival);
    for (let n = 0; n < count; n += 1) {
      receivers.#receivers.push({ port: await findLastingPort(), child: undefined });
      await receivers.bringUp(n);
    }
    return receivers;
  }

  get size(): number {
    return this.#receivers.length;
  }

  urlOf(workspace: number): string {
    return `http://127.0.0.1:${this.#of(workspace).port}/hook/${workspace}`;
  }

  moodOf(workspace: number): Mood {
    return this.#moods.get(workspace) ?? 'well';
  }

  setMood(workspace: number, mood: Mood): void {
    this.#moods.set(workspace, mood);
    tell(this.#of(workspace), workspace, mood);
  }

  async kill(n: number): Promise<void> {
    const receiver = this.#receivers[n];
    const child = receiver?.child;
    if (!receiver || !child) return;
    receiver.child = undefined;
    child.kill('SIGKILL');
    await once(child, 'close');
  }

  async bringUp(n: number): Promise<void> {
    const receiver = this.#receivers[n];
    if (!receiver || receiver.child) return;
    const child = fork(PROGRAM, [String(receiver.port)]);
    receiver.child = child;
    child.on('message', (message: Arrival | 'listening') => {
      if (message !== 'listening') this.#onArrival(message);
    });
    await once(child, 'message');
    for (const [workspace, mood] of this.#moods)
      if (this.#of(workspace) === receiver) tell(receiver, workspace, mood);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const n of this.#receivers.keys()) await this.kill(n);
  }

  /** The first workspace has a receiver for itself. */
  #of(workspace: number): Receiver {
    const others = this.#receivers.length - 1;
    const receiver = this.#receivers[workspace === 0 || others < 1 ? 0 : 1 + (workspace % others)];
    if (receiver === undefined) throw new Error(`no receiver for workspace ${workspace}`);
    return receiver;
  }
}

function tell({ child }: Receiver, workspace: number, mood: Mood): void {
  if (child?.connected) child.send([workspace, mood], () => undefined);
}
