import { request } from './request.ts';

/** These routes are better-auth's own. */
const AUTH = '/api/auth';

export interface SignInAnswer {
  /** The password was right, and a code of the authenticator is asked for. */
  twoFactorRedirect?: boolean;
}

export interface Session {
  id: string;
  token: string;
  userAgent?: string | null;
  ipAddress?: string | null;
  createdAt: string;
  updatedAt: string;
  expiresAt: string;
}

export function signIn(body: { email: string; password: string }): Promise<SignInAnswer> {
  return request('POST', `${AUTH}/sign-in/email`, { body });
}

export function verifyTotp(body: { code: string }): Promise<unknown> {
  return request('POST', `${AUTH}/two-factor/verify-totp`, { body });
}

export function verifyBackupCode(body: { code: string }): Promise<unknown> {
  return request('POST', `${AUTH}/two-factor/verify-backup-code`, { body });
}

export function signOut(): Promise<unknown> {
  return request('POST', `${AUTH}/sign-out`, { body: {} });
}

export function changePassword(body: {
  currentPassword: string;
  newPassword: string;
  revokeOtherSessions: boolean;
}): Promise<unknown> {
  return request('POST', `${AUTH}/change-password`, { body });
}

export function listSessions(signal?: AbortSignal): Promise<Session[]> {
  return request('GET', `${AUTH}/list-sessions`, signal ? { signal } : {});
}

export async function readSession(signal?: AbortSignal): Promise<Session | null> {
  const answer = await request<{ session: Session } | null>(
    'GET',
    `${AUTH}/get-session`,
    signal ? { signal } : {},
  );
  return answer?.session ?? null;
}

export function revokeSession(token: string): Promise<unknown> {
  return request('POST', `${AUTH}/revoke-session`, { body: { token } });
}

export function revokeOtherSessions(): Promise<unknown> {
  return request('POST', `${AUTH}/revoke-other-sessions`, { body: {} });
}

export function beginTwoFactor(body: {
  password: string;
}): Promise<{ totpURI: string; backupCodes: string[] }> {
  return request('POST', `${AUTH}/two-factor/enable`, { body });
}

export function endTwoFactor(body: { password: string }): Promise<unknown> {
  return request('POST', `${AUTH}/two-factor/disable`, { body });
}

export function renewBackupCodes(body: { password: string }): Promise<{ backupCodes: string[] }> {
  return request('POST', `${AUTH}/two-factor/generate-backup-codes`, { body });
}
