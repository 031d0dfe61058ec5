import type { PostResult } from './post-event.ts';

/** Quick POSTs at once, in all and to one workspace that answers. */
const MAX_POSTS = 256;
const MOST = 8;
/** A workspace begins with so many, since nobody knows yet whether it answers. */
const AT_FIRST = 2;
/** Places beyond these are for workspaces that are known to answer. */
const MAX_UNPROVEN = 192;
/** POSTs at once, waiting ones included, to workspaces that were silent when last asked. */
const MAX_SILENT = 128;
/** A POST that takes longer gives its place back, and its workspace gets one at a time. */
const SLOW_MS = 2_000;
/** Workspaces remembered at most. */
const MAX_KEPT = 10_000;

type Kind = 'proven' | 'new' | 'silent';

interface Standing {
  limit: number;
  kind: Kind;
}

/** Ends a POST's stay, with what came of it. */
export type Leave = (result: Pick<PostResult, 'http_status'>) => void;

/**
 * Hands out places for POSTs. What a workspace may hold grows with every quick answer and shrinks to one with every
 * silence, and whoever is silent for two seconds stops counting: endpoints that hang, however many, keep no place from
 * those that answer.
 */
export class Places {
  readonly #standings = new Map<string, Standing>();
  readonly #held = new Map<string, number>();
  readonly #used: Record<Kind, number> = { proven: 0, new: 0, silent: 0 };
  readonly #onFree: () => void;
  readonly #slowMs: number;
  #slow = 0;

  /** `onFree` is called when a place became free without a POST having ended. */
  constructor({ onFree, slowMs = SLOW_MS }: { onFree: () => void; slowMs?: number }) {
    this.#onFree = onFree;
    this.#slowMs = slowMs;
  }

  /** Places that nobody holds. */
  get free(): number {
    return MAX_POSTS - this.#used.proven - this.#used.new - this.#used.silent;
  }

  /** POSTs to this workspace that may run at once. */
  limitOf(locationId: string): number {
    return this.#standingOf(locationId).limit;
  }

  /** The workspace's record says that it fails: what a restart made this forget. */
  noteFailing(locationId: string): void {
    if (!this.#standings.has(locationId)) this.#keep(locationId, { limit: 1, kind: 'silent' });
  }

  /** A place for a POST to the workspace; undefined when it may have none now. */
  take(locationId: string): Leave | undefined {
    const { limit, kind } = this.#standingOf(locationId);
    const held = this.#held.get(locationId) ?? 0;
    if (held >= limit || !this.#hasRoomFor(kind)) return undefined;
    this.#held.set(locationId, held + 1);
    this.#used[kind] += 1;
    let isSlow = false;
    const timer = setTimeout(() => {
      isSlow = true;
      this.#used[kind] -= 1;
      this.#slow += 1;
      this.#keep(locationId, { limit: 1, kind: 'silent' });
      this.#onFree();
    }, this.#slowMs);
    return ({ http_status }) => {
      clearTimeout(timer);
      const left = (this.#held.get(locationId) ?? 1) - 1;
      if (left > 0) this.#held.set(locationId, left);
      else this.#held.delete(locationId);
      if (isSlow) this.#slow -= 1;
      else this.#used[kind] -= 1;
      // Any answer that comes soon is a good one here: an endpoint that says 500 at once holds up nobody.
      if (!isSlow && http_status !== null)
        this.#keep(locationId, { limit: Math.min(MOST, this.limitOf(locationId) * 2), kind: 'proven' });
    };
  }

  #hasRoomFor(kind: Kind): boolean {
    if (this.free <= 0) return false;
    if (kind === 'proven') return true;
    if (this.#used.new + this.#used.silent >= MAX_UNPROVEN) return false;
    return kind === 'new' || this.#used.silent + this.#slow < MAX_SILENT;
  }

  #standingOf(locationId: string): Standing {
    return this.#standings.get(locationId) ?? { limit: AT_FIRST, kind: 'new' };
  }

  #keep(locationId: string, standing: Standing): void {
    this.#standings.delete(locationId);
    this.#standings.set(locationId, standing);
    if (this.#standings.size <= MAX_KEPT) return;
    const oldest = this.#standings.keys().next();
    if (!oldest.done) this.#standings.delete(oldest.value);
  }
}
