import { ApiError } from '../../shared/api/errors.ts';
import type { Authorize } from '../api/route.ts';
import type { Accounts } from './accounts.ts';
import { NOT_FROM_PANEL } from './origins.ts';

/** Answers who holds the admin token, as the log names them; throws ApiError on any other. */
type CheckToken = (authorization: string | undefined, source: string) => Promise<string>;

/**
 * Who may call the admin API: holders of the admin token, and users by the cookie of their session. A request that
 * changes something and comes with a cookie must come from the panel, since a browser sends cookies for any page.
 */
export function createAuthorize(accounts: Accounts, checkToken: CheckToken): Authorize {
  return async ({ method, headers, source, needs }) => {
    if (headers.authorization !== undefined) {
      const actor = await checkToken(headers.authorization, source);
      return { actor, userId: undefined, scope: undefined };
    }
    const session = await accounts.identify({ headers, source });
    if (session === undefined) throw await refuse(checkToken, source);
    if (method !== 'GET' && method !== 'HEAD' && !accounts.isFromPanel(headers))
      throw new ApiError('forbidden', NOT_FROM_PANEL);
    const { user, scope } = session;
    if (needs === 'admin' && user.role !== 'admin')
      throw new ApiError('forbidden', 'Only an admin may do this.');
    return { actor: user.email, userId: user.id, scope };
  };
}

async function refuse(checkToken: CheckToken, source: string): Promise<unknown> {
  return checkToken(undefined, source).catch((error: unknown) => error);
}
