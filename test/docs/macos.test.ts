import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DOCUMENT = readFileSync(`${ROOT}docs/macos.md`, 'utf8');
const ROWS = DOCUMENT.split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| fact'))
  .map((line) => line.split(/(?<!\\)\|/u).slice(1, -1))
  .map(([fact = '', code = '', tests = '']) => ({ fact: fact.trim(), code, tests }));

function named(cell: string, pattern: RegExp): string[] {
  return [...cell.matchAll(/`([^`]+)`|(complaints\/\w+)/gu)]
    .map((match) => match[1] ?? match[2] ?? '')
    .filter((word) => pattern.test(word));
}

describe('the document on macOS', () => {
  test('has a row for every fact', () => expect(ROWS.length).toBeGreaterThan(50));

  test.each(ROWS)('names code that exists: $fact', ({ code }) => {
    for (const path of named(code, /\.ts$/u))
      expect(existsSync(`${ROOT}bridge-mac/${path}`), path).toBe(true);
  });

  test.each(ROWS)('names a test that exists, or says that there is none: $fact', ({ tests }) => {
    const names = named(tests, /./u);
    expect(names.length > 0 || tests.trim().startsWith('–')).toBe(true);
    for (const name of names) expect(existsSync(`${ROOT}test/${name}.test.ts`), name).toBe(true);
  });

  test('has a test for each of the twenty complaints', () => {
    const files = ['receiving', 'sending', 'operating'];
    const text = files.map((name) => readFileSync(`${ROOT}test/complaints/${name}.test.ts`, 'utf8')).join();
    const numbers = new Set([...text.matchAll(/'(\d+)\. /gu)].map((match) => Number(match[1])));
    expect([...numbers].toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  });
});
