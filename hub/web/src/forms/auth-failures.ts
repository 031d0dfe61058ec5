import { ApiFailure } from '../api/failures.ts';
import { MIN_PASSWORD } from '../words.ts';

const SENTENCES: Record<string, string> = {
  INVALID_EMAIL_OR_PASSWORD: 'This e-mail address and password do not belong together.',
  INVALID_EMAIL: 'This is not an e-mail address.',
  INVALID_PASSWORD: 'This is not your password.',
  PASSWORD_TOO_SHORT: `A password has at least ${MIN_PASSWORD} characters.`,
  PASSWORD_TOO_LONG: 'A password has at most 128 characters.',
  INVALID_CODE: 'This code is not right. Wait for the next one, and check that the clock of your phone is.',
  INVALID_BACKUP_CODE: 'This is none of your backup codes that are left.',
  INVALID_TWO_FACTOR_COOKIE: 'That took too long. Start over with your password.',
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: 'Too many wrong codes. Start over with your password.',
  USER_DISABLED: 'This account is switched off. Ask an administrator.',
};

/** The sign-in library's own words are not meant for people. To be caught with. */
export function explainAuth(error: unknown): never {
  if (!(error instanceof ApiFailure)) throw error;
  if (error.status === 429) throw error.rephrase(describeWait(error.retryAfter));
  throw error.rephrase(SENTENCES[error.code] ?? error.message);
}

function describeWait(seconds: number | null): string {
  if (seconds === null || seconds <= 1) return 'Too many tries. Wait a little, then try again.';
  const wait = seconds < 90 ? `${Math.ceil(seconds)} seconds` : `${Math.ceil(seconds / 60)} minutes`;
  return `Too many tries. Try again in ${wait}.`;
}
