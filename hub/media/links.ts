import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import { ApiError } from '../../shared/api/errors.ts';
import type { LinkTo } from '../store/files.ts';
import { nameFile } from './names.ts';

interface Link {
  sha256: string;
  name: string;
  /** Unix seconds, as they stand in the link. */
  expires: string;
}

/** Signs links to files, and judges those that come back. */
export interface LinkSigner {
  linkTo: LinkTo;
  /** Throws forbidden unless this hub signed the link, and gone when its time is over. */
  check(link: Link & { signature: string }, now: number): void;
}

/** Links under `publicUrl`, good for `lifetime` milliseconds, signed with a key derived from the hub's secret. */
export function createLinkSigner(options: {
  secret: string | Uint8Array;
  publicUrl: () => string;
  lifetime: number;
}): LinkSigner {
  const key = createSecretKey(
    Buffer.from(hkdfSync('sha256', options.secret, Buffer.alloc(0), 'bluewire media links 1', 32)),
  );
  return {
    linkTo: (file, now) => {
      const expires_at = now + options.lifetime;
      const name = nameFile(file.name, file.mime_type);
      const expires = String(Math.floor(expires_at / 1_000));
      const signature = sign(key, { sha256: file.sha256, name, expires }).toString('base64url');
      const path = `/media/${file.sha256}/${encodeURIComponent(name)}`;
      return { url: `${options.publicUrl()}${path}?expires=${expires}&signature=${signature}`, expires_at };
    },
    check: ({ signature, ...link }, now) => {
      const given = Buffer.from(signature, 'base64url');
      const right = sign(key, link);
      if (given.length !== right.length || !timingSafeEqual(given, right))
        throw new ApiError('forbidden', 'The signature of this link is not right: the link was altered.');
      if (Number(link.expires) * 1_000 <= now) throw new ApiError('gone', 'This link has expired.');
    },
  };
}

// A name may hold anything but line breaks, so that no two links sign alike.
function sign(key: KeyObject, { sha256, expires, name }: Link): Buffer {
  return createHmac('sha256', key).update(`${sha256}\n${expires}\n${name}`).digest();
}
