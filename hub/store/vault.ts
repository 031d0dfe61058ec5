import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';

/** Version of the sealed form; another key or cipher would take another byte. */
const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A sealed value does not open: it was sealed under another secret, for another place, or it was altered. */
export class VaultError extends Error {
  override readonly name = 'VaultError';
}

/** Encrypts what must not lie readable in the database. `place` binds a value to where it is stored. */
export interface Vault {
  seal(plain: string, place: string): string;
  /** Throws VaultError. */
  open(sealed: string, place: string): string;
}

/**
 * AES-256-GCM under a key derived from the hub's secret. Sealed form, base64url: version byte, 12 bytes of IV, 16
 * bytes of tag, ciphertext. A value moved to another row or column does not open there.
 */
export function openVault(secret: string | Uint8Array): Vault {
  const key = createSecretKey(
    Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), 'bluewire vault 1', 32)),
  );
  return {
    seal(plain, place) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(place));
      const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.of(VERSION), iv, cipher.getAuthTag(), text]).toString('base64url');
    },
    open(sealed, place) {
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.length < 1 + IV_BYTES + TAG_BYTES || bytes[0] !== VERSION)
        throw new VaultError(`The encrypted value of ${place} is damaged or of a newer form.`);
      const iv = bytes.subarray(1, 1 + IV_BYTES);
      const tag = bytes.subarray(1 + IV_BYTES, 1 + IV_BYTES + TAG_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(place))
        .setAuthTag(tag);
      try {
        return (
          decipher.update(bytes.subarray(1 + IV_BYTES + TAG_BYTES), undefined, 'utf8') +
          decipher.final('utf8')
        );
      } catch (cause) {
        throw new VaultError(`The encrypted value of ${place} does not open with this secret.`, { cause });
      }
    },
  };
}
