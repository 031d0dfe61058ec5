import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SECTIONS, withSection } from '../../scripts/docs/sections.ts';
import { ROOT } from '../architecture/sources.ts';

test.each(SECTIONS)(
  '$file: $marker is what the code says (npm run docs writes it)',
  ({ file, marker, text }) => {
    const document = readFileSync(join(ROOT, file), 'utf8');
    expect(withSection(document, marker, text())).toBe(document);
  },
);
