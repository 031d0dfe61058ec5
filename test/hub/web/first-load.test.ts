import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { providePanel } from '../../kit/panel.ts';

const LIMIT_BYTES = 300_000;
const manifestSchema = z.record(
  z.string(),
  z.object({
    file: z.string(),
    isEntry: z.boolean().optional(),
    imports: z.array(z.string()).optional(),
    css: z.array(z.string()).optional(),
  }),
);

let panel: string;
beforeAll(() => {
  panel = providePanel();
});

/** What a browser must have before it shows anything: the entry, and all that it imports statically, at whatever remove. */
function listFirstLoad(): string[] {
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(panel, 'manifest.json'), 'utf8')));
  const chunks = new Set(Object.keys(manifest).filter((key) => manifest[key]?.isEntry));
  for (const key of chunks) for (const imported of manifest[key]?.imports ?? []) chunks.add(imported);
  const files = [...chunks].flatMap((key) => [manifest[key]?.file ?? key, ...(manifest[key]?.css ?? [])]);
  return ['index.html', ...new Set(files)];
}

function gzippedSize(file: string): number {
  const compressed = statSync(join(panel, `${file}.gz`), { throwIfNoEntry: false });
  return compressed?.size ?? statSync(join(panel, file)).size;
}

describe('the built panel', () => {
  test('is shown after at most 300 kB, gzipped', () => {
    const files = listFirstLoad();
    const total = files.reduce((sum, file) => sum + gzippedSize(file), 0);
    expect(files.length).toBeGreaterThan(2);
    expect(total).toBeLessThanOrEqual(LIMIT_BYTES);
  });

  test('names nothing outside the hub in its page, has no script in it, and no style', () => {
    const page = readFileSync(join(panel, 'index.html'), 'utf8');
    expect(page).not.toMatch(/https?:/);
    expect(page).not.toMatch(/<script(?![^>]*\bsrc=)/);
    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=/);
  });

  test('has no style sheet that fetches from elsewhere', () => {
    const sheets = globSync('assets/*.css', { cwd: panel });
    expect(sheets.length).toBeGreaterThan(0);
    for (const file of sheets) {
      const css = readFileSync(join(panel, file), 'utf8');
      expect(css).not.toMatch(/@import|url\(\s*["']?(https?:|\/\/)/);
    }
  });
});
