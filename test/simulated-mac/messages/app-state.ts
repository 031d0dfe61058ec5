import type { CallContext } from '../applescript/application.ts';
import { pause } from '../applescript/frames.ts';
import { NOT_PERMITTED, NOT_RUNNING, ScriptError, TIMED_OUT } from '../applescript/script-error.ts';
import type { Memory } from './memory.ts';
import type { Step, Steps } from './steps.ts';

/** How long macOS leaves the question whether a program may control Messages on the screen, at pace 1. */
const PROMPT_MS = 120_000;
/** Commands of a script by which Messages is started. */
const STARTS = ['launch', 'activate', 'run', 'reopen'];
const LOOK_EVERY_MS = 10;
const SLEEPERS = 'asleep';

const DEFAULTS = {
  /** Messages is there at all. */
  running: 'yes',
  /** Running, but answering no Apple event until it is killed. */
  stuck: 'no',
  /** Running, but not asking for new messages until an Apple event comes. */
  asleep: 'no',
  /** `unasked`: the first Apple event puts the question on the screen. */
  automation: 'granted',
  /** Epoch milliseconds since when the question is on the screen; 0: it is not. */
  askedAt: '0',
} as const;

/** The state of the Messages process and of the permission to control it; kept over a kill. */
export class AppState {
  readonly #memory: Memory;
  readonly #steps: Steps;
  readonly #pace: number;
  readonly #onStart: () => void;

  constructor(memory: Memory, steps: Steps, pace: number, onStart: () => void) {
    this.#memory = memory;
    this.#steps = steps;
    this.#pace = pace;
    this.#onStart = onStart;
  }

  #get(name: keyof typeof DEFAULTS): string {
    return this.#memory.get(`app ${name}`) ?? DEFAULTS[name];
  }

  #set(name: keyof typeof DEFAULTS, value: string): void {
    this.#memory.set(`app ${name}`, value);
  }

  get running(): boolean {
    return this.#get('running') === 'yes';
  }

  describe(): Record<string, string> {
    const names = Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[];
    return Object.fromEntries(names.map((name) => [name, this.#get(name)]));
  }

  /** Messages starts, if it does not run. */
  start(): void {
    if (this.running) return;
    this.#set('running', 'yes');
    this.#onStart();
  }

  /** Messages is gone: by `quit`, `pkill` or a crash. With it goes whatever kept it from answering. */
  end(): void {
    this.#set('running', 'no');
    this.#set('stuck', 'no');
    this.#wake();
  }

  getStuck(): void {
    this.#set('stuck', 'yes');
  }

  fallAsleep(): void {
    this.#set('asleep', 'yes');
  }

  /** Plans steps of a message that arrives, now or when Messages wakes up. */
  whenAwake(steps: readonly Step[]): void {
    if (this.#get('asleep') === 'yes') this.#steps.park(SLEEPERS, steps);
    else this.#steps.plan(steps);
  }

  #wake(): void {
    this.#set('asleep', 'no');
    this.#steps.release(SLEEPERS);
  }

  /** What a person does at the screen, or `tccutil` by command. `unasked` forgets the answer. */
  setAutomation(state: 'granted' | 'denied' | 'unasked'): void {
    this.#set('automation', state);
    this.#set('askedAt', '0');
  }

  /** Lets an Apple event through, late or never. Throws ScriptError. */
  async admit(command: string | undefined, context: CallContext): Promise<void> {
    await this.#permission(context);
    if (!this.running) {
      if (command === undefined || !STARTS.includes(command))
        throw new ScriptError(NOT_RUNNING, 'Application isn’t running.', { app: 'Messages' });
      this.start();
    }
    if (this.#get('stuck') === 'yes') {
      const died = await this.#until(
        () => this.#get('stuck') === 'no',
        context.timeoutSeconds * 1000 * this.#pace,
        context.signal,
      );
      if (!died) throw new ScriptError(TIMED_OUT, 'AppleEvent timed out.', { app: 'Messages' });
      throw new ScriptError(-609, 'Connection is invalid.', { app: 'Messages' });
    }
    if (this.#get('asleep') === 'yes') this.#wake();
  }

  async #permission(context: CallContext): Promise<void> {
    if (this.#get('automation') === 'unasked') {
      if (this.#get('askedAt') === '0') this.#set('askedAt', String(Date.now()));
      const left = Number(this.#get('askedAt')) + PROMPT_MS * this.#pace - Date.now();
      const answered = await this.#until(
        () => this.#get('automation') !== 'unasked',
        Math.max(0, left),
        context.signal,
      );
      // Nobody came: macOS stores that as a denial.
      if (!answered) this.setAutomation('denied');
    }
    if (this.#get('automation') === 'denied') {
      const words = 'Not authorized to send Apple events to Messages.';
      throw new ScriptError(NOT_PERMITTED, words, { app: 'Messages' });
    }
  }

  async #until(condition: () => boolean, limitMs: number, signal: AbortSignal): Promise<boolean> {
    const deadline = Date.now() + limitMs;
    while (!condition()) {
      if (Date.now() >= deadline) return false;
      await pause(LOOK_EVERY_MS, signal);
    }
    return true;
  }
}
