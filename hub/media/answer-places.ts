import { ApiError } from '../../shared/api/errors.ts';

export interface AnswerPlacesOptions {
  /** Files being answered at once, in all and for one caller. */
  total: number;
  perCaller: number;
  /** Requests that may wait in line, in all and of one caller. */
  line: number;
  linePerCaller: number;
  /** The longest that one waits, in milliseconds. */
  patience: number;
}

interface Waiting {
  caller: string;
  begin: (leave: () => void) => void;
  timer: NodeJS.Timeout;
}

const RETRY_AFTER_SECONDS = 5;

/**
 * Places for files being answered: five hundred large ones at once keep the process so busy with their pieces that it
 * answers nothing else for seconds. Who finds none waits in line, for which nobody pays; who is not served in time is told
 * to come back. A caller with all its places taken holds up nobody behind it.
 */
export class AnswerPlaces {
  readonly #options: AnswerPlacesOptions;
  readonly #taken = new Map<string, number>();
  readonly #line: Waiting[] = [];
  #total = 0;

  constructor(options: AnswerPlacesOptions) {
    this.#options = options;
  }

  /** Resolves, in turn, to what gives the place back. Throws unavailable. */
  take(caller: string): Promise<() => void> {
    const { line, linePerCaller, patience } = this.#options;
    if (this.#hasRoom(caller)) return Promise.resolve(this.#begin(caller));
    const own = this.#line.filter((one) => one.caller === caller).length;
    if (this.#line.length >= line || own >= linePerCaller) return Promise.reject(tellToWait());
    const { promise, resolve, reject } = Promise.withResolvers<() => void>();
    const waiting: Waiting = {
      caller,
      begin: resolve,
      timer: setTimeout(() => {
        this.#line.splice(this.#line.indexOf(waiting), 1);
        reject(tellToWait());
      }, patience).unref(),
    };
    this.#line.push(waiting);
    return promise;
  }

  #hasRoom(caller: string): boolean {
    const { total, perCaller } = this.#options;
    return this.#total < total && (this.#taken.get(caller) ?? 0) < perCaller;
  }

  #begin(caller: string): () => void {
    this.#total += 1;
    this.#taken.set(caller, (this.#taken.get(caller) ?? 0) + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#leave(caller);
    };
  }

  #leave(caller: string): void {
    this.#total -= 1;
    const taken = (this.#taken.get(caller) ?? 1) - 1;
    if (taken > 0) this.#taken.set(caller, taken);
    else this.#taken.delete(caller);
    const index = this.#line.findIndex((one) => this.#hasRoom(one.caller));
    const [next] = index < 0 ? [] : this.#line.splice(index, 1);
    if (next === undefined) return;
    clearTimeout(next.timer);
    next.begin(this.#begin(next.caller));
  }
}

function tellToWait(): ApiError {
  return new ApiError('unavailable', 'The hub is sending as many files as it can; come back in a moment.', {
    retryAfter: RETRY_AFTER_SECONDS,
  });
}
