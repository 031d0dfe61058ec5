import { setTimeout as sleep } from 'node:timers/promises';
import { type FailureCode, failure } from '../../shared/failure-codes.ts';
import { Loop } from '../../shared/runtime/loop.ts';
import type { WireFile } from '../../shared/wire/files.ts';
import type { ChatDb } from '../chat-db/chat-db.ts';
import type { StoredSend } from '../store/stored-send.ts';
import { type AttemptDeps, attemptSend, LONGEST_RETRY_REST_MS } from './attempt.ts';
import { bootedSince } from './booted-since.ts';
import { chooseWay, type Way } from './choose-way.ts';
import type { OutboxOptions } from './outbox-options.ts';
import { nextBeginning } from './pace.ts';
import { explainNoWay, refusePart, sentence } from './redirect.ts';
import { nextState } from './send-state.ts';
import { MessagesTending } from './tend-messages.ts';

// One osascript at a time; but one that hangs, or lingers although its row is there, must not hold up everybody else.
const OVERTAKE_AFTER_MS = 10_000;
const OVERTAKE_DECIDED_AFTER_MS = 1_000;
const MAX_HANGING = 4;
const STOP_GRACE_MS = 3_000;
const IDLE_MS = 60_000;
const NO_DATABASE_REST_MS = 1_000;
// What kept a result from being written (a full disk) does not pass in an instant.
const CUT_SHORT_REST_MS = 1_000;
const KEEP_FINISHED_MS = 31 * 24 * 3_600_000;

interface Running {
  done: Promise<void>;
  abort: AbortController;
  /** Lets others go on without waiting for `done`. */
  overtake: () => void;
  decided: boolean;
}

/** Sends what was accepted: one attempt after the other, in order within a conversation. */
export class Outbox implements AsyncDisposable {
  readonly #options: OutboxOptions;
  readonly #deps: AttemptDeps;
  readonly #running = new Map<number, Running>();
  readonly #loop: Loop;
  readonly #tending: MessagesTending;
  #isHeld = false;
  #isRecovered = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#tending = new MessagesTending({
      ...options,
      sending: options.store.sending,
      onTended: () => this.wake(),
    });
    this.#deps = {
      ...options,
      look: () => this.look(),
      pathOf: (send) => options.files.pathOf(send, JSON.parse(send.file ?? '') as WireFile),
      onOutcome: (outcome) => this.#tending.note(outcome),
    };
    this.#loop = new Loop({ name: 'sending', log: options.log, step: () => this.#step() });
  }

  /**
   * Starts to send, once it is decided what became of attempts that a crash cut short; a full disk delays that, and
   * nothing else.
   */
  start(): this {
    this.#tending.start();
    this.#loop.start();
    return this;
  }

  wake(): void {
    this.#loop.wake();
  }

  /**
   * While held, no new attempt begins; those begun are followed to their end. For a hub that refuses this device: it has
   * told clients that what was waiting here FAILED.
   */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.wake();
  }

  /** Ends a part that waits, for something that will not come. */
  giveUp(send: StoredSend, code: FailureCode, detail: string): void {
    const waiting = this.#options.store.sends.find(send.position);
    if (waiting?.state !== 'accepted') return;
    refusePart(waiting, failure(code, sentence(detail)), this.#deps);
    this.wake();
  }

  /** Looks for open sends in chat.db now, where it can be read. */
  look(): void {
    const db = this.#options.currentDb();
    if (db === undefined) return;
    try {
      this.#options.follower.look(db);
    } catch (error) {
      this.#options.log.warn(
        { err: error },
        'looking for sent messages in chat.db failed; it is tried again',
      );
    }
  }

  /**
   * A send whose row was found, or that was given up. Its inputs are of no more use; its osascript is left to end by
   * itself, but nobody waits for it.
   */
  decided(send: StoredSend, isProven: boolean): void {
    if (isProven) this.#tending.proven();
    const running = this.#running.get(send.position);
    if (running === undefined) {
      this.#options.inputs.remove(send).catch((error: unknown) => {
        this.#options.log.warn(
          { id: send.id, err: error },
          'the inputs of a finished send could not be removed',
        );
      });
    } else {
      running.decided = true;
      setTimeout(running.overtake, OVERTAKE_DECIDED_AFTER_MS).unref();
    }
    this.wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop.stop();
    await this.#tending[Symbol.asyncDispose]();
    const running = [...this.#running.values()];
    const grace = setTimeout(() => {
      for (const { abort } of running) abort.abort();
    }, STOP_GRACE_MS);
    await Promise.all(running.map(({ done }) => done));
    clearTimeout(grace);
  }

  async #step(): Promise<number> {
    const { store, now } = this.#options;
    if (!this.#isRecovered) await this.#recover();
    this.#settleCutShort();
    store.sends.endFuture(now(), LONGEST_RETRY_REST_MS);
    for (const send of store.sends.expired(now())) this.#expire(send);
    store.sends.purgeBefore(now() - KEEP_FINISHED_MS);
    const db = this.#options.currentDb();
    if (db === undefined) return NO_DATABASE_REST_MS;
    const { nextLook } = this.#options.follower;
    if (nextLook !== undefined && nextLook <= now()) this.look();

    if (this.#isLaneFree) this.#tending.tend(this.#awaitsRows);
    const mayBegin = !this.#isHeld && !this.#tending.holdsSends && this.#hanging < MAX_HANGING;
    if (!mayBegin || nextBeginning(store.sending, now()) > now()) return this.#restUntilDue();
    // One whose last attempt still waits for Messages to start is not begun beside it.
    const send = store.sends.nextToAttempt(now(), [...this.#running.keys()]);
    if (send === undefined) return this.#restUntilDue();
    return this.#attempt(send, db);
  }

  /** Answers how long to rest before the next step, in milliseconds. */
  async #attempt(send: StoredSend, db: ChatDb): Promise<number> {
    const { store, messages, routes, files, log } = this.#options;
    // An earlier attempt may have reached Messages after all: its row comes before another attempt.
    if (send.baseline !== null) this.look();
    if (store.sends.find(send.position)?.state !== 'accepted') return 0;
    if (send.file !== null && !files.isStaged(send)) {
      store.sends.setStaged(send.position, false);
      files.wake();
      return 0;
    }
    const way = chooseWay(send, db, { messages, routes, sending: store.sending });
    if (way === undefined) {
      refusePart(send, explainNoWay(send), this.#deps, { mayRedirect: true });
      return 0;
    }
    log.debug({ id: send.id, attempt: send.attempt + 1, route: way.route }, 'attempt');
    return this.#run(send, way, db);
  }

  /** Attempts whose osascript still runs although nothing is proven. */
  get #hanging(): number {
    return [...this.#running.values()].filter((running) => !running.decided).length;
  }

  get #isLaneFree(): boolean {
    return this.#running.size === 0;
  }

  get #awaitsRows(): boolean {
    return this.#options.store.sends.inState(['attempting', 'handed_over', 'unknown']).length > 0;
  }

  /**
   * Resolves when the attempt is over, or has taken so long that others may overtake it, with how long to rest then:
   * what could not be written down is not tried again in the same instant.
   */
  async #run(send: StoredSend, way: Way, db: ChatDb): Promise<number> {
    let rest = 0;
    const abort = new AbortController();
    const timeout = AbortSignal.timeout(this.#options.osascriptTimeoutMs);
    const signal = AbortSignal.any([abort.signal, timeout]);
    const { promise: overtaken, resolve: overtake } = Promise.withResolvers<void>();
    const done = attemptSend(send, way, db, this.#deps, signal)
      .catch((error: unknown) => {
        rest = CUT_SHORT_REST_MS;
        this.#options.log.error({ id: send.id, err: error }, 'an attempt failed');
      })
      .finally(() => {
        this.#running.delete(send.position);
        if (rest === 0) this.wake();
      });
    this.#running.set(send.position, { done, abort, overtake, decided: false });
    const timer = setTimeout(overtake, OVERTAKE_AFTER_MS);
    await Promise.race([done, overtaken]);
    clearTimeout(timer);
    return rest;
  }

  #restUntilDue(): number {
    const { store, follower, now } = this.#options;
    const beginning =
      store.sends.nextToAttempt(now(), [...this.#running.keys()]) && nextBeginning(store.sending, now());
    const due = [
      store.sends.nextDue(now()),
      store.sends.nextExpiry,
      follower.nextLook,
      this.#isLaneFree ? this.#tending.nextDue : undefined,
      beginning && beginning > now() ? beginning : undefined,
    ].filter((moment) => moment !== undefined);
    // A send that waits for an earlier one of its conversation is woken by what ends that wait.
    return Math.min(IDLE_MS, ...due.map((moment) => Math.max(1, moment - now())));
  }

  #expire(send: StoredSend): void {
    const begun = send.attempt > 0 ? 'rejected' : 'device_offline_expired';
    refusePart(send, failure(send.last_code ?? begun, sentence(send.last_error)), this.#deps);
  }

  async #recover(): Promise<void> {
    // An osascript that outlived the bridge may still be about to read its inputs.
    await this.#options.inputs.keepOnly(this.#options.store.sends.inState(['unknown', 'attempting']));
    this.#isRecovered = true;
  }

  /** Attempts on disk that nobody is making: a crash, or a full disk, kept their result from being written. */
  #settleCutShort(): void {
    const { store, inputs, now } = this.#options;
    for (const send of store.sends.inState(['attempting'])) {
      if (this.#running.has(send.position)) continue;
      if (!inputs.arePresent(send)) this.#settleAs(send, 'not_sent');
      // Times of access are not on disk at once: over a restart of the Mac they prove nothing.
      else if (bootedSince(send.attempted_at ?? 0, now())) this.#settleAs(send, 'unclear');
      else this.#withdraw(send);
    }
  }

  /** An attempt whose osascript may have outlived its bridge: it is over once its inputs are taken away unread. */
  #withdraw(send: StoredSend): void {
    const done = this.#judgeWithdrawn(send)
      .catch(async (error: unknown) => {
        this.#options.log.error(
          { id: send.id, err: error },
          'an attempt that was cut short cannot be judged yet',
        );
        await sleep(CUT_SHORT_REST_MS, undefined, { ref: false });
      })
      .finally(() => {
        this.#running.delete(send.position);
        this.wake();
      });
    const nothing = (): void => undefined;
    this.#running.set(send.position, {
      done,
      abort: new AbortController(),
      overtake: nothing,
      decided: true,
    });
  }

  async #judgeWithdrawn(send: StoredSend): Promise<void> {
    const isUnread = await this.#options.inputs.withdrawUnread(send).catch(() => false);
    this.#settleAs(send, isUnread ? 'not_sent' : 'unclear');
    if (isUnread) await this.#options.inputs.remove(send);
  }

  #settleAs(send: StoredSend, event: 'not_sent' | 'unclear'): void {
    const { store, log, now } = this.#options;
    if (!store.sends.move(send, nextState(send.state, event), now())) return;
    const told =
      event === 'not_sent' ? 'Messages never got it' : 'Messages may have got it: looking for its row';
    log.info({ id: send.id, attempt: send.attempt }, `an attempt was cut short; ${told}`);
  }
}
