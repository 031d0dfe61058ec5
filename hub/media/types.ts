import { open } from 'node:fs/promises';
import { fileTypeFromBuffer } from 'file-type';

export const UNKNOWN_TYPE = 'application/octet-stream';

/** Enough for every signature, and bounded: what a hostile file can make the sniffer look at. */
const HEAD_BYTES = 64 * 1024;

/** Types that no signature tells, and that are taken at their sender's word. Nothing a browser runs is among them. */
const DECLARED: Record<string, readonly string[]> = {
  'text/plain': ['txt', 'text', 'log', 'md'],
  'text/csv': ['csv'],
  'text/calendar': ['ics'],
  'text/vcard': ['vcf', 'vcard'],
  'application/json': ['json'],
};

/** Kinds of files that go by several extensions, each of which fits the types of the group. */
const FAMILIES: { types: RegExp; extensions: readonly string[] }[] = [
  { types: /^image\/jpeg$/, extensions: ['jpg', 'jpeg', 'jpe', 'jfif'] },
  { types: /^image\/tiff$/, extensions: ['tif', 'tiff'] },
  { types: /^image\/hei[cf]/, extensions: ['heic', 'heif'] },
  { types: /^image\/(apng|png)$/, extensions: ['png', 'apng'] },
  { types: /^audio\/(mp4|x-m4a)$/, extensions: ['m4a', 'm4b', 'mp4'] },
  { types: /^video\/(mp4|x-m4v)$/, extensions: ['mp4', 'm4v'] },
  { types: /^video\/quicktime$/, extensions: ['mov', 'qt'] },
  { types: /^video\/3gpp2?$/, extensions: ['3gp', '3g2'] },
  { types: /^audio\/(mpeg|aac)$/, extensions: ['mp3', 'aac'] },
  { types: /^audio\/aiff$/, extensions: ['aif', 'aiff', 'aifc'] },
  { types: /^audio\/midi$/, extensions: ['mid', 'midi'] },
  { types: /^(audio|video)\/(ogg|opus)/, extensions: ['ogg', 'oga', 'ogv', 'opus'] },
  { types: /^(audio|video)\/(webm|matroska)$/, extensions: ['webm', 'mkv', 'mka'] },
  { types: /^audio\/(wav|vnd\.wave|x-wav)$/, extensions: ['wav'] },
  { types: /^audio\/x-caf$/, extensions: ['caf'] },
  { types: /^text\/vcard$/, extensions: ['vcf', 'vcard'] },
  { types: /^text\/calendar$/, extensions: ['ics'] },
  { types: /^application\/pdf$/, extensions: ['pdf'] },
  { types: /^application\/gzip$/, extensions: ['gz', 'tgz'] },
  {
    types: /^application\/zip$/,
    extensions: ['zip', 'pages', 'numbers', 'key', 'docx', 'xlsx', 'pptx', 'pkpass', 'epub', 'jar', 'apk'],
  },
  { types: /^application\/x-cfb$/, extensions: ['doc', 'xls', 'ppt', 'msg', 'msi'] },
  {
    types: /^application\/vnd\.openxmlformats-officedocument\.wordprocessingml/,
    extensions: ['docx'],
  },
  {
    types: /^application\/vnd\.openxmlformats-officedocument\.spreadsheetml/,
    extensions: ['xlsx'],
  },
  {
    types: /^application\/vnd\.openxmlformats-officedocument\.presentationml/,
    extensions: ['pptx'],
  },
];

/** Extensions that fit a type, the usual one first; none for a type that says nothing. */
export function extensionsOf(mimeType: string): readonly string[] {
  const [type = ''] = mimeType.split(';');
  const known = DECLARED[type] ?? FAMILIES.find(({ types }) => types.test(type))?.extensions;
  if (known) return known;
  const subtype = /^(?:image|audio|video)\/([a-z0-9]{2,5})$/.exec(type)?.[1];
  return subtype === undefined ? [] : [subtype];
}

/** Whether an extension stands for a kind of content that a signature tells. */
export function isFamiliarExtension(extension: string): boolean {
  return FAMILIES.some(({ extensions }) => extensions.includes(extension));
}

/** What a file is by its first bytes; else what its sender said, where nothing could tell; else octets. */
export async function sniffType(path: string, declared?: string): Promise<string> {
  const sniffed = await sniff(path);
  // Markup in any dress may hold a script.
  if (sniffed !== undefined) return /xml|html/.test(sniffed) ? UNKNOWN_TYPE : sniffed;
  const type = declared?.split(';')[0]?.trim().toLowerCase() ?? '';
  return Object.hasOwn(DECLARED, type) ? type : UNKNOWN_TYPE;
}

async function sniff(path: string): Promise<string | undefined> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  try {
    return (await fileTypeFromBuffer(buffer.subarray(0, bytesRead)))?.mime;
  } catch {
    // A file that breaks off inside its own headers is of no known kind.
    return undefined;
  }
}

// Shown in place by browsers without running anything.
const SHOWN = /^(image\/(jpeg|png|gif|webp|heic|heif|avif|bmp|tiff)|(audio|video)\/[\w.+-]+|text\/plain)$/;

/** The type to serve a file under, and whether a browser may show it in place. Everything else is to be saved. */
export function servedType(mimeType: string): { type: string; inline: boolean } {
  const [type = ''] = mimeType.split(';');
  if (SHOWN.test(type))
    return { type: type === 'text/plain' ? 'text/plain; charset=utf-8' : type, inline: true };
  const runnable = /html|xml|svg|script|json|flash|x-sh|java|wasm/.test(type) && !/openxmlformats/.test(type);
  return { type: runnable ? UNKNOWN_TYPE : type, inline: false };
}
