import { createHash, randomBytes, randomInt } from 'node:crypto';

/** How long an enrollment code can be used, in milliseconds. */
export const CODE_LIFETIME_MS = 10 * 60_000;

// Crockford's base 32: no I, L, O, U, so that a code survives being read aloud or copied by hand.
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_LENGTH = 8;

/** A new one-time code as people see it: `7K2M-9QXB`, 40 random bits. */
export function createCode(): string {
  const letters = Array.from({ length: CODE_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}

/** SHA-256 of a code as typed by a person: letter case, dashes, spaces and look-alikes make no difference. */
export function hashCode(typed: string): string {
  const plain = typed
    .toUpperCase()
    .replace(/[\s\-‐-―]/g, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
  return hashToken(plain);
}

/** A new device credential: 256 random bits, base64url. */
export function createToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What the hub keeps of a credential: SHA-256, hex. Enough for secrets of 40 bits that live ten minutes, or 256. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** A new Standard Webhooks signing secret: `whsec_` and 32 random bytes in base64. */
export function createSigningSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/** A new API key of a workspace: 256 random bits, with a prefix that secret scanners can know. */
export function createApiKey(): string {
  return `bwk_${createToken()}`;
}

/** How logs name a workspace: enough to find it by, and not its location_id, with which anyone may send. */
export function nameInLog(locationId: string): string {
  return `${locationId.slice(0, 8)}…`;
}
