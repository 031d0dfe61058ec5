import type { AuditAction } from '../../shared/api/audit.ts';
import type { Caller } from '../api/route.ts';
import { throttleKey } from '../api/throttle.ts';
import type { Sender } from './accounts.ts';
import type { AccountDependencies } from './dependencies.ts';
import { FailureBudget } from './failure-budget.ts';

/** Who is at work, as far as it is known before. */
interface Known {
  id: string;
  email: string;
  /** Had signed in already. */
  signedIn: boolean;
}

type From = Pick<Caller, 'source' | 'requestId'>;

/** What succeeds at these is written down as it is. */
const ACTIONS: Record<string, AuditAction> = {
  '/sign-out': 'user.logout',
  '/revoke-session': 'user.end_sessions',
  '/revoke-sessions': 'user.end_sessions',
  '/revoke-other-sessions': 'user.end_sessions',
  '/change-password': 'user.change_password',
  '/two-factor/disable': 'user.disable_two_factor',
};
const CODES = ['/two-factor/verify-totp', '/two-factor/verify-backup-code'];
const SIGN_IN = '/sign-in/email';

/** Writes to the audit log who signed in and out, who failed to, and what they changed about it. */
export function createSignInNotes({ accounts, store, now, audit }: AccountDependencies) {
  const failures = new FailureBudget(now);

  const say = (action: AuditAction, who: Known | undefined, from: From, changes = {}): Promise<void> =>
    audit(
      { actor: who?.email, userId: who?.id, scope: undefined, ...from },
      { action, target: { kind: 'user', id: who?.id ?? 'unknown' }, changes },
    );

  const login = async (content: unknown, from: From): Promise<void> => {
    const { user } = content as { user?: { id: string; email: string } };
    if (user === undefined) return;
    await store.recordLogin(user.id, now());
    await say('user.login', { ...user, signedIn: false }, from);
  };

  const fail = async (who: Known | undefined, from: From): Promise<void> => {
    const unwritten = failures.take(throttleKey(from.source));
    if (unwritten === undefined) return;
    await say('user.login_failed', who, from, unwritten > 0 ? { not_written_before: unwritten } : {});
  };

  return {
    /** Whose session or e-mail address a request names, before the library changes that. */
    lookAhead: async (path: string, sender: Sender & { body: unknown }): Promise<Known | undefined> => {
      if (path === SIGN_IN) return findTyped(sender.body, store);
      if (ACTIONS[path] === undefined && !CODES.includes(path)) return undefined;
      const session = await accounts.identify(sender);
      return session && { id: session.user.id, email: session.user.email, signedIn: true };
    },

    write: async (
      path: string,
      { status, content }: { status: number; content: unknown },
      known: Known | undefined,
      from: From,
    ): Promise<void> => {
      const isDone = status < 300;
      const action = ACTIONS[path];
      if (action !== undefined && isDone && known) await say(action, known, from);
      if (path === SIGN_IN && isDone) await login(content, from);
      if (path === SIGN_IN && (status === 401 || status === 403)) await fail(known, from);
      if (!CODES.includes(path)) return;
      if (known?.signedIn) {
        if (isDone) await say('user.enable_two_factor', known, from);
      } else if (isDone) await login(content, from);
      else if (status === 401) await fail(undefined, from);
    },
  };
}

/** Only of somebody who is there: what else was typed may be a password in the wrong field. */
async function findTyped(body: unknown, store: AccountDependencies['store']): Promise<Known | undefined> {
  const { email } = body as { email: string };
  const user = await store.findUserByEmail(email.trim().toLowerCase());
  return user && { id: user.id, email: user.email, signedIn: false };
}
