import { readFileSync, writeFileSync } from 'node:fs';
import { BRIDGE_SETTINGS } from '../../bridge-mac/config.ts';
import { HUB_SETTINGS } from '../../hub/config.ts';
import { FAILURES } from '../../shared/failure-codes.ts';
import { describeConfigAsMarkdown } from '../../shared/runtime/config-table.ts';

interface Section {
  file: string;
  /** Stands in the file as `<!-- marker -->` … `<!-- end -->`. */
  marker: string;
  text: () => string;
}

/** Parts of the documents that the code knows better than people do. */
export const SECTIONS: Section[] = [
  { file: 'README.md', marker: 'hub configuration', text: () => describeConfigAsMarkdown(HUB_SETTINGS) },
  {
    file: 'README.md',
    marker: 'bridge configuration',
    text: () => describeConfigAsMarkdown(BRIDGE_SETTINGS),
  },
  { file: 'docs/api.md', marker: 'failure codes', text: describeFailures },
];

function describeFailures(): string {
  const rows = Object.entries(FAILURES).map(([code, sentence]) => `| \`${code}\` | ${sentence} |`);
  return ['| code | meaning |', '|---|---|', ...rows].join('\n');
}

/** The document with the section between its markers replaced by `text`. */
export function withSection(document: string, marker: string, text: string): string {
  const begin = document.indexOf(`<!-- ${marker} -->`);
  const end = document.indexOf('<!-- end -->', begin);
  if (begin < 0 || end < 0) throw new Error(`there is no section "${marker}"`);
  return `${document.slice(0, begin)}<!-- ${marker} -->\n${text}\n${document.slice(end)}`;
}

/** Writes a section into its file. */
export function writeSection(file: string, marker: string, text: string): void {
  writeFileSync(file, withSection(readFileSync(file, 'utf8'), marker, text));
}
