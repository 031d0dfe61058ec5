import { extname } from 'node:path';
import { supportedExtensions } from 'file-type';
import { extensionsOf, isFamiliarExtension, UNKNOWN_TYPE } from './types.ts';

/** Bytes of a name in UTF-8: what file systems take, less room for what a device may put before it. */
const MAX_BYTES = 200;
const FALLBACK = 'file';

// Separators, control characters, and marks that reverse how the rest is read: "gpj.exe" shown as "exe.jpg".
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\:*?"<>|]/gu;

/**
 * A file's name as people shall see it: of whatever was said the last part of its path, without anything that a file
 * system or a reader could stumble over, and with an extension that fits what the content is. `mime_type` is the sniffed
 * one; content of no known kind does not keep the extension of a picture or a film.
 */
export function nameFile(said: string, mimeType: string): string {
  const base = (said.toWellFormed().split(/[/\\]/).at(-1) ?? '').replace(UNSAFE, '_').trim();
  const plain = base.replace(/^\.+/, '').replace(/(?<![. ])[. ]+$/, '');
  const extension = extname(plain);
  const stem = extension === '' ? plain : plain.slice(0, -extension.length);
  const right = fitExtension(extension, mimeType);
  return `${shorten(stem || FALLBACK, MAX_BYTES - Buffer.byteLength(right))}${right}`;
}

function fitExtension(extension: string, mimeType: string): string {
  const plain = extension.slice(1).toLowerCase();
  const fitting = extensionsOf(mimeType);
  const [usual] = fitting;
  if (usual !== undefined) return fitting.includes(plain) ? extension : `.${usual}`;
  const promisesMore =
    mimeType === UNKNOWN_TYPE
      ? supportedExtensions.has(plain) || isFamiliarExtension(plain)
      : isFamiliarExtension(plain);
  return plain === '' || promisesMore || plain.length > 12 ? '.bin' : extension;
}

// A server may give a name as long as its headers: what is done to it here must not grow with its square.
function shorten(stem: string, bytes: number): string {
  const { read } = new TextEncoder().encodeInto(stem, new Uint8Array(bytes));
  return stem.slice(0, read);
}

/** The name that an answer gives its file: RFC 6266's `filename*` before `filename`, else the URL's last part. */
export function nameInAnswer(url: URL, contentDisposition: string | undefined): string {
  return nameInHeader(contentDisposition ?? '') ?? decodeOrKeep(url.pathname.split('/').at(-1) ?? '');
}

function nameInHeader(header: string): string | undefined {
  const extended = /(?:^|;)\s*filename\*\s*=\s*([\w-]+)'[^']*'([^\s;]+)/i.exec(header);
  const decoded = extended && decodeExtended(extended[1] ?? '', extended[2] ?? '');
  if (decoded) return decoded;
  const quoted = /(?:^|;)\s*filename\s*=\s*"((?:[^"\\]|\\.)*)"/i.exec(header);
  if (quoted?.[1]) return asUtf8(quoted[1].replace(/\\(.)/g, '$1'));
  const bare = /(?:^|;)\s*filename\s*=\s*([^\s;"]+)/i.exec(header);
  return bare?.[1] ? asUtf8(bare[1]) : undefined;
}

function decodeExtended(charset: string, value: string): string | undefined {
  const bytes = Buffer.from(
    value.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  if (/^utf-?8$/i.test(charset)) return new TextDecoder().decode(bytes);
  return /^iso-8859-1$/i.test(charset) ? bytes.toString('latin1') : undefined;
}

// Header values arrive as Latin-1, and many servers write UTF-8 into them all the same.
function asUtf8(value: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
}

function decodeOrKeep(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
