import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

/** One file of the panel in one coding. */
interface Coded {
  bytes: Buffer;
  etag: string;
}

export interface PanelFile {
  type: string;
  /** Named by its content: what is at its address never changes. */
  isImmutable: boolean;
  plain: Coded;
  br: Coded | undefined;
  gzip: Coded | undefined;
}

/** The built panel, as the hub serves it. */
export interface Panel {
  /** By path, `/assets/index-abc.js`. */
  files: ReadonlyMap<string, PanelFile>;
  /** The page of every view, with this nonce for the styles that its scripts make. */
  page: (nonce: string) => string;
}

const PAGE = 'index.html';
const NONCE_PLACE = '<meta name="csp-nonce" content="" />';
const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** Where the panel lies that was built with this hub, from a checkout or packed. */
export function findPanelFolder(): string {
  const root = join(import.meta.dirname, '../..');
  return join(root, import.meta.filename.endsWith('.ts') ? 'dist/panel' : 'panel');
}

/**
 * Reads the built panel; undefined where none was built. It is kept in memory (a few megabytes), so that a hub serves
 * the panel that it was started with, whatever is built or installed in its folder meanwhile.
 */
export function loadPanel(folder: string): Panel | undefined {
  if (!existsSync(join(folder, PAGE))) return undefined;
  const files = new Map<string, PanelFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const file = join(entry.parentPath, entry.name);
    const path = file.slice(folder.length).replaceAll('\\', '/');
    files.set(path, { type, isImmutable: path.startsWith('/assets/'), ...readCoded(file) });
  }
  const [before, after, ...rest] = readFileSync(join(folder, PAGE), 'utf8').split(NONCE_PLACE);
  if (before === undefined || after === undefined || rest.length > 0)
    throw new Error(`${join(folder, PAGE)} has no place for the nonce: ${NONCE_PLACE}`);
  const page = (nonce: string): string =>
    `${before}${NONCE_PLACE.replace('content=""', `content="${nonce}"`)}${after}`;
  return { files, page };
}

function readCoded(file: string): Pick<PanelFile, 'plain' | 'br' | 'gzip'> {
  const bytes = readFileSync(file);
  const hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
  const read = (suffix: string): Coded | undefined =>
    existsSync(file + suffix)
      ? { bytes: readFileSync(file + suffix), etag: `"${hash}${suffix}"` }
      : undefined;
  return { plain: { bytes, etag: `"${hash}"` }, br: read('.br'), gzip: read('.gz') };
}
