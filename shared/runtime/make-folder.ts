import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** `path` itself where it is there, else the nearest folder above it that is. */
export function nearestExisting(path: string): string {
  let at = resolve(path);
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}

/**
 * Makes a folder and those above it that are missing, each with `mode`; one that is there is left as it is. Throws the
 * system's error. Not mkdir's own `recursive`: where a system answers ENOENT below a folder that exists, as Linux does in
 * /proc, Node tries again for ever.
 */
export function makeFolder(path: string, mode: number): void {
  const missing: string[] = [];
  const there = nearestExisting(path);
  for (let at = resolve(path); at !== there; at = dirname(at)) missing.unshift(at);
  for (const folder of missing) {
    try {
      mkdirSync(folder, { mode });
    } catch (error) {
      // Somebody else made it in the meantime, or it is hidden: the next step tells.
      if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
    }
  }
  if (!statSync(path).isDirectory()) {
    throw Object.assign(new Error(`ENOTDIR: not a directory, '${path}'`), { code: 'ENOTDIR' });
  }
}
