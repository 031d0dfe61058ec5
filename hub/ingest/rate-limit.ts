import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { ApiError } from '../../shared/api/errors.ts';

const WINDOW_SECONDS = 60;

/** How many requests each workspace may make in a minute, which begins with the first of them. */
export class RateLimit {
  readonly #limiter: RateLimiterMemory;
  readonly #perMinute: number;

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
    this.#limiter = new RateLimiterMemory({ points: perMinute, duration: WINDOW_SECONDS });
  }

  /** Counts a request, whatever becomes of it. Throws rate_limited when the workspace has used up its minute. */
  async count(locationId: string): Promise<void> {
    try {
      await this.#limiter.consume(locationId);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      // A clock that was set back makes the rest of the minute look like hours.
      const seconds = Math.min(WINDOW_SECONDS, Math.max(1, Math.ceil(refusal.msBeforeNext / 1_000)));
      throw new ApiError(
        'rate_limited',
        `This workspace may hand over ${this.#perMinute} messages a minute; this one was not accepted, send it again later.`,
        { retryAfter: seconds },
      );
    }
  }
}
