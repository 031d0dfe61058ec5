import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Browser } from '../../test/kit/browser/browser.ts';
import { findChromium } from '../../test/kit/browser/find-chromium.ts';
import type { View } from '../../test/kit/browser/view.ts';
import { Hub } from '../../test/kit/hub.ts';
import { providePanel } from '../../test/kit/panel.ts';
import { type BenchRow, formatMs, percentile } from './row.ts';
import { outgoingMessages } from './tables.ts';

const BIG = 100_000;
const SMALL = 5_000;
const SPREAD = { workspaces: 20, conversations: 50 };
const ROUNDS = 4;
const PAGES_PER_ROUND = 15;

/** What the number of messages costs whoever pages through them in a real browser: from the click until they are drawn. */
export async function measurePanel(): Promise<BenchRow[]> {
  if (findChromium() === undefined) {
    console.error('panel: there is no Chromium here, so its row is left out');
    return [];
  }
  providePanel();
  await using browser = await Browser.start();
  await using big = await startFilled(BIG);
  await using small = await startFilled(SMALL);
  const views = { big: await openMessages(browser, big), small: await openMessages(browser, small) };
  const samples = { big: [] as Turn[], small: [] as Turn[] };
  for (let round = 0; round <= ROUNDS; round += 1)
    for (const which of ['big', 'small'] as const) {
      const turns = await turnPages(views[which]);
      // The first round warms up.
      if (round > 0) samples[which].push(...turns);
    }
  const times = (turns: Turn[], share: number): number =>
    percentile(
      turns.map(({ ms }) => ms),
      share,
    );
  const longest = Math.max(...samples.big.map(({ blocked }) => blocked));
  return [
    {
      what: `panel, ${BIG.toLocaleString('en')} messages: click → the next 50 are drawn (${samples.big.length} pages)`,
      ours: `p50 ${formatMs(times(samples.big, 0.5))}, p99 ${formatMs(times(samples.big, 0.99))}, page blocked for ${formatMs(longest)} at most`,
      reference: `p50 ${formatMs(times(samples.small, 0.5))} with ${SMALL.toLocaleString('en')}`,
      ratio: `${(times(samples.big, 0.5) / times(samples.small, 0.5)).toFixed(2)} ×`,
      goal: 'the same as with few',
    },
  ];
}

async function startFilled(count: number): Promise<Hub> {
  const hub = await Hub.start({ LOG_LEVEL: 'info' });
  await hub.stop();
  const db = new Database(join(hub.dataDir, 'hub.db'));
  db.exec(outgoingMessages(count, SPREAD, { deviceId: 'bench', status: 'DELIVERED' }));
  db.close();
  await hub.restart();
  return hub;
}

async function openMessages(browser: Browser, hub: Hub): Promise<View> {
  const view = await browser.open(hub.url);
  const { body } = await hub.api('POST', '/api/setup-links');
  const { page } = view;
  await view.goto(new URL(String(body.url)).pathname);
  await page.getByLabel('Name').fill('Ann');
  await page.getByLabel('E-mail').fill('ann@example.com');
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery');
  await page.getByRole('button', { name: /account|admin/i }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  await view.goto('/messages');
  await view.settle();
  return view;
}

interface Turn {
  ms: number;
  /** The longest time for which the page answered to nobody meanwhile. */
  blocked: number;
}

/** In the page itself, so that nothing is in it that the browser is only told by. */
const TURN = `(async () => {
  const button = [...document.querySelectorAll('nav[aria-label="Pages"] button')].find((one) => one.textContent === 'Older');
  const first = () => document.querySelector('main tbody a')?.getAttribute('href');
  const before = first();
  let blocked = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) blocked = Math.max(blocked, duration);
  });
  observer.observe({ entryTypes: ['longtask'] });
  const began = performance.now();
  button.click();
  while (first() === before) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  const ms = performance.now() - began;
  await new Promise((resolve) => setTimeout(resolve, 50));
  observer.disconnect();
  return { ms, blocked };
})()`;

async function turnPages({ page }: View): Promise<Turn[]> {
  // Who is not in front draws nothing.
  await page.bringToFront();
  const turns: Turn[] = [];
  for (let turn = 0; turn < PAGES_PER_ROUND; turn += 1) turns.push(await page.evaluate<Turn>(TURN));
  return turns;
}
