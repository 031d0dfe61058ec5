import ipaddr from 'ipaddr.js';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { ApiError } from '../../shared/api/errors.ts';

/** Limits failures: after `failures` within `seconds`, further tries under the same key are refused unread. */
export class Throttle {
  readonly #limiter: RateLimiterMemory;
  readonly #limit: number;

  constructor({ failures, seconds }: { failures: number; seconds: number }) {
    this.#limit = failures;
    this.#limiter = new RateLimiterMemory({ points: failures, duration: seconds });
  }

  /** Throws rate_limited when the key has used up its failures. */
  async check(key: string): Promise<void> {
    const used = await this.#limiter.get(key);
    if (used === null || used.consumedPoints < this.#limit) return;
    throw new ApiError('rate_limited', 'Too many failed attempts; try again later.', {
      retryAfter: Math.max(1, Math.ceil(used.msBeforeNext / 1_000)),
    });
  }

  async countFailure(key: string): Promise<void> {
    await this.#limiter.penalty(key);
  }
}

/** The key under which a caller is throttled: an IPv4 address, or the /64 that an IPv6 caller can choose from. */
export function throttleKey(source: string): string {
  if (!ipaddr.isValid(source)) return source;
  const address = ipaddr.process(source);
  if (!(address instanceof ipaddr.IPv6)) return address.toString();
  return address.parts.slice(0, 4).join(':');
}
