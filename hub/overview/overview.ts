import type { OverviewView } from '../../shared/api/overview.ts';
import type { QuietReads } from '../api/quiet-reads.ts';
import type { TrafficStore } from '../store/traffic.ts';
import { Tally } from './tally.ts';
import { walkNewest } from './walk.ts';

export interface OverviewRequest {
  /** Epoch milliseconds. */
  since: number;
  stepMs: number;
  /** location_ids that the caller may see, or asked for; undefined: all. */
  workspaces: readonly string[] | undefined;
}

/** An overview is kept for so long, and longer where it was dear: so it takes a sixth of the hub's time at most. */
const KEPT_MS = 3_000;
const TIMES_AS_LONG = 5;
/** Whoever asks with ever other times has the oldest forgotten. */
const MOST_KEPT = 100;

interface Kept {
  view: Promise<OverviewView>;
  /** Not known while it is being made. */
  until: number;
}

export interface OverviewDependencies {
  store: TrafficStore;
  quiet: QuietReads;
  now: () => number;
}

/** Counts traffic, once for all who ask the same at about the same time. */
export class Overview {
  readonly #dependencies: OverviewDependencies;
  readonly #kept = new Map<string, Kept>();

  constructor(dependencies: OverviewDependencies) {
    this.#dependencies = dependencies;
  }

  read(request: OverviewRequest): Promise<OverviewView> {
    const key = JSON.stringify([request.since, request.stepMs, request.workspaces?.toSorted()]);
    const known = this.#kept.get(key);
    if (known && known.until > performance.now()) return known.view;
    this.#dependencies.quiet.admit();
    const kept: Kept = { view: this.#make(request, key), until: Number.POSITIVE_INFINITY };
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    const oldest = this.#kept.keys().next();
    if (this.#kept.size > MOST_KEPT && !oldest.done) this.#kept.delete(oldest.value);
    return kept.view;
  }

  async #make(request: OverviewRequest, key: string): Promise<OverviewView> {
    try {
      const { view, ms } = await count(request, this.#dependencies);
      const kept = this.#kept.get(key);
      if (kept) kept.until = performance.now() + Math.max(KEPT_MS, TIMES_AS_LONG * ms);
      return view;
    } catch (error) {
      this.#kept.delete(key);
      throw error;
    }
  }
}

async function count(
  { since, stepMs, workspaces }: OverviewRequest,
  { store, quiet, now }: OverviewDependencies,
): Promise<{ view: OverviewView; ms: number }> {
  const tally = new Tally(since, now(), stepMs);
  const { value: spans } = await quiet.run(() => store.findTrafficSince(since));
  const { messages, deliveries } = spans;
  const written = await walkNewest(
    {
      span: messages,
      workspaces,
      read: (walk) => store.readMessageTraffic(walk),
      onRow: (message) => tally.addMessage(message),
    },
    quiet,
  );
  const attempted = await walkNewest(
    {
      span: deliveries,
      workspaces,
      read: (walk) => store.readAttemptTraffic(walk),
      onRow: (latency) => tally.addAttempt(latency),
    },
    quiet,
  );
  const { value: webhooks, ms } = await quiet.run(() => store.countWebhooks(workspaces));
  const view = tally.view(webhooks, written.truncated || attempted.truncated);
  return { view, ms: written.ms + attempted.ms + ms };
}
