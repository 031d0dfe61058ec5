import type { AuthCondition, AuthRows } from '../store/auth-rows.ts';

/** Longer than an authenticator's code is right: its step of 30 seconds, and one more before and after. */
const KEPT_MS = 120_000;

/**
 * Whether this user comes with this code for the first time: whoever saw it typed must not sign in with it after them. Of
 * two who come with it at once, at whichever hub, one is the first.
 */
export async function takeCode(
  rows: AuthRows,
  { userId, code }: { userId: string; code: string },
): Promise<boolean> {
  const now = Date.now();
  const id = `${userId} ${code}`;
  const same: AuthCondition = { field: 'id', operator: '=', value: id, connector: 'and' };
  const over: AuthCondition = { field: 'expires_at', operator: '<=', value: now, connector: 'and' };
  await rows.deleteAuthRows('verifications', [same, over]);
  const row = {
    id,
    identifier: 'used code',
    value: userId,
    expires_at: now + KEPT_MS,
    created_at: now,
    updated_at: now,
  };
  try {
    await rows.insertAuthRow('verifications', row);
    return true;
  } catch (error) {
    if ((await rows.countAuthRows('verifications', [same])) === 0) throw error;
    return false;
  }
}
