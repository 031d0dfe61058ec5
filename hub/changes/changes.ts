import { TOPICS, type Topic } from '../../shared/api/changes.ts';

/** What a hub tells the others for their panels' sake. */
export interface ChangeSignal {
  /** What changed. */
  topics: string[];
  /** A panel is open at this hub. */
  watching: boolean;
}

/** Panels are told at most so often: what comes meanwhile is told together. */
const REST_MS = 1_000;
/** What one request changes in several steps is told together. */
const GATHER_MS = 100;
/** So often a hub with a panel open says so to the others, … */
const WATCH_MS = 20_000;
/** … which tell it of changes for so long. */
const WATCHED_MS = 60_000;

/** What changed, on its way to open panels. Costs nothing while no panel is open at any hub. */
export class Changes implements Disposable {
  readonly #tellHubs: (signal: ChangeSignal) => void;
  #tellPanels: (topics: Topic[]) => void = () => undefined;
  /** What changed by this hub's doing. */
  readonly #own = new Set<Topic>();
  /** What other hubs told of. */
  readonly #heard = new Set<Topic>();
  #watch: NodeJS.Timeout | undefined;
  #watchedElsewhereUntil = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;
  #ended = false;

  /** `tellHubs` tells all other hubs; it may get lost. */
  constructor(tellHubs: (signal: ChangeSignal) => void) {
    this.#tellHubs = tellHubs;
  }

  /** From now on there may be panels to tell. */
  connect(tellPanels: (topics: Topic[]) => void): void {
    this.#tellPanels = tellPanels;
  }

  /** Something changed by this hub's doing. */
  note(topics: readonly Topic[]): void {
    if (topics.length === 0 || !(this.#watch || this.#isWatchedElsewhere)) return;
    for (const topic of topics) this.#own.add(topic);
    this.#tellSoon();
  }

  /** Another hub told of changes, or that a panel is open there. It may be of a version that knows other topics. */
  receive({ topics, watching }: ChangeSignal): void {
    if (watching) this.#watchedElsewhereUntil = performance.now() + WATCHED_MS;
    if (!this.#watch) return;
    const known = TOPICS.filter((topic) => topics.includes(topic));
    for (const topic of known) this.#heard.add(topic);
    if (known.length > 0) this.#tellSoon();
  }

  /** Whether a panel is open at this hub. */
  setWatched(watched: boolean): void {
    if (watched === (this.#watch !== undefined) || this.#ended) return;
    clearInterval(this.#watch);
    this.#watch = undefined;
    if (!watched) return;
    const tell = (): void => this.#tellHubs({ topics: [], watching: true });
    this.#watch = setInterval(tell, WATCH_MS);
    tell();
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    clearInterval(this.#watch);
    clearTimeout(this.#timer);
    this.#watch = undefined;
    this.#watchedElsewhereUntil = Number.NEGATIVE_INFINITY;
  }

  get #isWatchedElsewhere(): boolean {
    return performance.now() < this.#watchedElsewhereUntil;
  }

  #tellSoon(): void {
    const rest = this.#toldAt + REST_MS - performance.now();
    this.#timer ??= setTimeout(() => this.#tell(), Math.max(GATHER_MS, rest));
  }

  #tell(): void {
    this.#timer = undefined;
    this.#toldAt = performance.now();
    const own = [...this.#own];
    const topics = TOPICS.filter((topic) => this.#own.has(topic) || this.#heard.has(topic));
    this.#own.clear();
    this.#heard.clear();
    if (own.length > 0 && this.#isWatchedElsewhere) this.#tellHubs({ topics: own, watching: false });
    if (topics.length > 0 && this.#watch) this.#tellPanels(topics);
  }
}
