import { readFileSync } from 'node:fs';
import { release, type } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const manifestSchema = z.object({ name: z.literal('bluewire'), version: z.string() });

/** The version in the package's own manifest, which lies above the sources and above dist/. */
export const BRIDGE_VERSION = findVersion(import.meta.dirname);

/** Kernel name and release, such as `Darwin 25.1.0` (macOS 26): known without asking another program. */
export const OS_VERSION = `${type()} ${release()}`.slice(0, 64);

function findVersion(folder: string): string {
  try {
    const manifest = manifestSchema.safeParse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
    if (manifest.success) return manifest.data.version;
  } catch {
    // No manifest here: look further up.
  }
  return dirname(folder) === folder ? '0.0.0' : findVersion(dirname(folder));
}
