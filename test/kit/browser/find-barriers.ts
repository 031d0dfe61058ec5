import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const GRAVE = ['serious', 'critical'];

/** What axe finds serious or critical on the page as it is, a line each. */
export async function findBarriers(page: Page): Promise<string[]> {
  if (await page.evaluate('typeof axe === "undefined"')) await page.evaluate(`${AXE};undefined`);
  const { violations } = await page.evaluate<AxeResults>(
    'axe.run(document, { resultTypes: ["violations"] })',
  );
  return violations
    .filter(({ impact }) => GRAVE.includes(impact ?? ''))
    .flatMap(({ id, help, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${help}\n  ${withoutIds(html)}\n  ${failureSummary}`),
    );
}

/** Ids that are made anew for each page would make the same of it look like another. */
function withoutIds(html: string): string {
  return html.replaceAll(/ (id|for|aria-\w+)="(mantine-|_r_|:)[^"]*"/g, '');
}
