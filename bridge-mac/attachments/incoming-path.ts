import { realpathSync, statSync } from 'node:fs';
import { basename, isAbsolute, join, resolve, sep } from 'node:path';

/** Where a file of a message lies; `outside` is a place that no file of Messages' can be in. */
export type Located =
  | { kind: 'there'; path: string; size: number }
  | { kind: 'missing' }
  | { kind: 'outside'; why: string };

const MISSING: Located = { kind: 'missing' };

/**
 * Finds the file that a row names, `~/` standing for `home`. It must lie inside one of `roots`, links followed: a row
 * can be damaged or forged, and what it names is sent away. Messages' own databases are not files of a message.
 */
export function locateFile(name: string, home: string, roots: readonly string[]): Located {
  if (name.includes('\0')) return outside('its path is damaged');
  const path = name.startsWith('~/') ? join(home, name.slice(1)) : name;
  if (!isAbsolute(path) || name.split('/').includes('..')) return outside('its path leads elsewhere');
  const real = attempt(() => realpathSync(path));
  if (real === undefined) return isInside(resolve(path), roots) ? MISSING : outside('it is elsewhere');
  const realRoots = roots.map((root) => attempt(() => realpathSync(root)) ?? root);
  if (!isInside(real, realRoots) || basename(real).startsWith('chat.db')) return outside('it is elsewhere');
  const stats = attempt(() => statSync(real));
  if (stats === undefined) return MISSING;
  if (!stats.isFile()) return outside('it is no plain file');
  return { kind: 'there', path: real, size: stats.size };
}

/** What people see of a file: its name without folders and control characters, 1 to 255 characters. */
export function presentName(name: string | null): string {
  const last = (name ?? '').split(/[/\\]/u).at(-1) ?? '';
  const clean = last
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '')
    .trim();
  if (clean === '' || clean === '.' || clean === '..') return 'attachment';
  if (clean.length <= 255) return clean;
  const extension = /\.[\w-]{1,16}$/u.exec(clean)?.[0] ?? '';
  return `${clean.slice(0, 255 - extension.length)}${extension}`.toWellFormed();
}

function isInside(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`));
}

function outside(why: string): Located {
  return { kind: 'outside', why };
}

// A file that may not be looked at is as good as none, for now.
function attempt<Result>(look: () => Result): Result | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
