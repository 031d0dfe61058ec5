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
    isDynamicEntry: z.boolean().optional(),
    imports: z.array(z.string()).optional(),
    css: z.array(z.string()).optional(),
  }),
);

let panel: string;
beforeAll(() => {
  panel = providePanel();
});

const PAGE = /^src\/pages\/.*-page\.tsx$/;
/** Loaded when somebody is signed in: what keeps the page live. */
const LIVE = /\/socket\.io-client\//;

/** By page, what a browser must have before it shows all of it: the entry, itself, and all that they import statically. */
function listFirstLoads(): Map<string, string[]> {
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(panel, 'manifest.json'), 'utf8')));
  const keys = Object.keys(manifest);
  const always = keys.filter((key) => manifest[key]?.isEntry || LIVE.test(key));
  const pages = keys.filter((key) => manifest[key]?.isDynamicEntry && PAGE.test(key));
  return new Map(
    pages.map((page) => {
      const chunks = new Set([...always, page]);
      for (const key of chunks) for (const imported of manifest[key]?.imports ?? []) chunks.add(imported);
      const files = [...chunks].flatMap((key) => [manifest[key]?.file ?? key, ...(manifest[key]?.css ?? [])]);
      return [page, ['index.html', ...new Set(files)]];
    }),
  );
}

function gzippedSize(file: string): number {
  const compressed = statSync(join(panel, `${file}.gz`), { throwIfNoEntry: false });
  return compressed?.size ?? statSync(join(panel, file)).size;
}

describe('the built panel', () => {
  test('shows each page after at most 300 kB, gzipped', () => {
    const loads = listFirstLoads();
    expect(loads.size).toBeGreaterThan(10);
    for (const [page, files] of loads) {
      const total = files.reduce((sum, file) => sum + gzippedSize(file), 0);
      expect(total, page).toBeLessThanOrEqual(LIMIT_BYTES);
      expect(total, page).toBeGreaterThan(LIMIT_BYTES / 2);
    }
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
