import { hashPassword, verifyPassword } from 'better-auth/crypto';
import { ApiError } from '../../shared/api/errors.ts';

/** Hashings at once: each takes 16 MB and one of the four threads that reading and writing files need too. */
const AT_ONCE = 2;
/** Those in line, which is some seconds long then; who comes after them is told to come back. */
const MOST_WAITING = 50;
const RETRY_AFTER_SECONDS = 5;

const LIBRARY = { hash: hashPassword, verify: verifyPassword };

/** Hashes passwords, and compares with a hash, a few at a time: however many guess, the hub goes on with its work. */
export class Passwords {
  readonly #work: typeof LIBRARY;
  #running = 0;
  readonly #line: (() => void)[] = [];

  constructor(work: typeof LIBRARY = LIBRARY) {
    this.#work = work;
  }

  hash = (password: string): Promise<string> => this.#inTurn(() => this.#work.hash(password));

  verify = (given: { hash: string; password: string }): Promise<boolean> =>
    this.#inTurn(() => this.#work.verify(given));

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) await this.#wait();
    else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#line.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }

  /** Whoever leaves gives their place to the first in line. */
  #wait(): Promise<void> {
    if (this.#line.length >= MOST_WAITING)
      throw new ApiError('unavailable', 'Too many people are signing in at once; try again in a moment.', {
        retryAfter: RETRY_AFTER_SECONDS,
      });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#line.push(resolve);
    return promise;
  }
}
