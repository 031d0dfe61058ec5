import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { Loop } from '../../shared/runtime/loop.ts';
import type { HubStore, OtherHub } from '../store/hubs.ts';

export interface MembershipDependencies {
  store: Pick<HubStore, 'registerHub' | 'beatHub' | 'takeOverHub' | 'leaveHub'>;
  /** Under which this hub leases what it works at. */
  owner: string;
  /** Whether other hubs may share the database. One that is alone enters once and has nobody to tell that it lives. */
  shared: boolean;
  log: Logger;
  now: () => number;
  /** Milliseconds that only run. */
  steady?: () => number;
  /** Called when there may be work to take: after a take-over, and when this hub itself may go on. */
  onWork: () => void;
  /** Called after every beat. */
  onBeat: () => void;
  /** Called once when the database has been out of reach for so long that devices do better elsewhere. */
  onCutOff: () => void;
}

const BEAT_MS = 2_000;
/** A hub is counted as gone when another has beaten so often without a beat of it: ten seconds. */
const BEATS_MISSED = 5;
/** A hub that could not beat for so long acts on nothing that it leased before: soon another may. */
const LAPSE_MS = 8_000;

/** A hub that alone lost the database must not keep its devices from the others. */
const CUT_OFF_MS = 30_000;

interface Instant {
  steady: number;
  wall: number;
}

/**
 * This hub among those that share the database. Each beats there; what a hub holds that beats no more is freed by
 * another. Beats are compared, never clocks: a clock that jumps, this one's or the database's, ends no hub, and a hub that
 * could not reach the database counts nothing against the others.
 */
export class Membership implements AsyncDisposable {
  readonly #dependencies: MembershipDependencies;
  readonly #loop: Loop;
  /** How often this hub has beaten without a new beat of the other. */
  readonly #missed = new Map<string, { beat: string; times: number }>();
  #term = 0;
  /** When the last beat began that arrived. */
  #confirmed: Instant | undefined;
  #lapsed = false;
  #cutOff = false;
  #takingOver: Promise<void> | undefined;

  constructor(dependencies: MembershipDependencies) {
    this.#dependencies = dependencies;
    this.#loop = new Loop({
      name: 'telling the other hubs that this one lives',
      log: dependencies.log,
      step: async () => {
        await this.#beat().catch((error: unknown) => {
          this.#noteFailure();
          throw error;
        });
        this.#cutOff = false;
        return BEAT_MS;
      },
      backoff: { base: 100, max: BEAT_MS },
    });
  }

  /**
   * Names the time since which this hub holds without a break what it leased. Undefined while it cannot know: then
   * nothing that was leased may be begun. What was leased in another term belongs to others.
   */
  term(): number | undefined {
    if (this.#confirmed === undefined) return undefined;
    if (!this.#dependencies.shared || this.#sinceConfirmed() < LAPSE_MS) return this.#term;
    this.#lapsed = true;
    return undefined;
  }

  /** Enters this hub among the others. */
  async enter(): Promise<void> {
    const { store, owner, now, shared } = this.#dependencies;
    const began = this.#instant();
    await store.registerHub(owner, randomUUID(), now());
    this.#term += 1;
    this.#confirmed = began;
    if (shared) this.#loop.start();
  }

  /** Gives back all that this hub still holds. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { store, owner, log } = this.#dependencies;
    await this.#loop.stop();
    await this.#takingOver;
    if (this.#confirmed === undefined) return;
    this.#confirmed = undefined;
    await store
      .leaveHub(owner)
      .catch((error: unknown) => log.warn({ err: error }, 'this hub could not sign off; others take over'));
  }

  async #beat(): Promise<void> {
    const { store, owner, log, onWork, onBeat } = this.#dependencies;
    const began = this.#instant();
    const others = await store.beatHub(owner, randomUUID());
    if (others === undefined) {
      log.warn('this hub stood still for so long that another took over from it; it begins anew');
      this.#missed.clear();
      await this.enter();
      this.#lapsed = true;
    } else {
      this.#confirmed = began;
      const gone = this.#findGone(others);
      // Not waited for: while it lasts, this hub must go on beating.
      if (gone.length > 0) this.#takingOver ??= this.#takeOver(gone);
    }
    onBeat();
    if (this.#lapsed) onWork();
    this.#lapsed = false;
  }

  /** What fails is tried again at the next beat. */
  async #takeOver(gone: OtherHub[]): Promise<void> {
    const { store, log, onWork } = this.#dependencies;
    try {
      for (const other of gone) {
        if (!(await store.takeOverHub(other))) continue;
        log.warn({ hub: other.id }, 'a hub is gone; what it held was taken over');
        onWork();
      }
    } catch (error) {
      log.warn({ err: error }, 'what a hub held that is gone could not be taken over; trying again');
    } finally {
      this.#takingOver = undefined;
    }
  }

  #noteFailure(): void {
    const { log, onCutOff } = this.#dependencies;
    if (this.#cutOff || this.#sinceConfirmed() < CUT_OFF_MS) return;
    this.#cutOff = true;
    log.warn('the database has been out of reach for half a minute; devices are let go to find another hub');
    onCutOff();
  }

  #findGone(others: OtherHub[]): OtherHub[] {
    for (const id of this.#missed.keys())
      if (!others.some((other) => other.id === id)) this.#missed.delete(id);
    return others.filter(({ id, beat }) => {
      const known = this.#missed.get(id);
      const times = known?.beat === beat ? known.times + 1 : 0;
      this.#missed.set(id, { beat, times });
      return times >= BEATS_MISSED;
    });
  }

  #instant(): Instant {
    const { now, steady = () => performance.now() } = this.#dependencies;
    return { steady: steady(), wall: now() };
  }

  /** The longer of two clocks: one stands still while a machine sleeps, the other may be set back. */
  #sinceConfirmed(): number {
    const { steady, wall } = this.#instant();
    const last = this.#confirmed ?? { steady: 0, wall: 0 };
    return Math.max(steady - last.steady, wall - last.wall);
  }
}
