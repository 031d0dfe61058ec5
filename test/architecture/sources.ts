import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface Import {
  /** Of a package import, the package; else undefined. */
  packageName: string | undefined;
  /** Of a relative import, the file from the root; else undefined. */
  path: string | undefined;
  typeOnly: boolean;
}

export function listSources(folders: string[]): string[] {
  return folders.flatMap((folder) => globSync(`${folder}/**/*.{ts,tsx}`, { cwd: ROOT })).sort();
}

const IMPORT =
  /(?:^|\n)\s*(import|export)\s+(type\s+)?[^'";]*?\bfrom\s+'([^']+)'|(?:^|\n)\s*import\s+'([^']+)'|\bimport\('([^']+)'\)/g;
const parsed = new Map<string, Import[]>();

/** The imports and re-exports of a source file, read as text. */
export function importsOf(file: string): Import[] {
  const known = parsed.get(file);
  if (known) return known;
  const source = readFileSync(join(ROOT, file), 'utf8');
  const found = [...source.matchAll(IMPORT)].map((match) => {
    const name = match[3] ?? match[4] ?? match[5] ?? '';
    const relative = name.startsWith('.');
    return {
      packageName: relative ? undefined : packageOf(name),
      path: relative ? normalize(join(dirname(file), name)) : undefined,
      typeOnly: match[2] !== undefined,
    };
  });
  parsed.set(file, found);
  return found;
}

function packageOf(name: string): string {
  const parts = name.split('/');
  return name.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? name);
}
