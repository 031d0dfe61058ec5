import { createHash, timingSafeEqual } from 'node:crypto';
import { ApiError } from '../../shared/api/errors.ts';
import { Throttle, throttleKey } from '../api/throttle.ts';

/** How the audit log names who calls with the admin token: nobody can tell one holder from another. */
const TOKEN_HOLDER = 'admin token';

/**
 * Builds the check of the admin token. It answers who holds it, and throws unauthorized on a wrong or missing one, and rate_limited, without
 * looking at the token, once a source has failed thirty times within a minute.
 */
export function requireAdminToken(
  token: string,
): (authorization: string | undefined, source: string) => Promise<string> {
  const expected = digest(token);
  const throttle = new Throttle({ failures: 30, seconds: 60 });
  return async (authorization, source) => {
    const key = throttleKey(source);
    await throttle.check(key);
    const given = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    // Digests are of equal length, so the comparison takes the same time whatever was sent.
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return TOKEN_HOLDER;
    if (given !== undefined) await throttle.countFailure(key);
    throw new ApiError(
      'unauthorized',
      'Sign in first, or send the header "Authorization: Bearer <admin token>" with the HUB_ADMIN_TOKEN of this hub.',
    );
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
