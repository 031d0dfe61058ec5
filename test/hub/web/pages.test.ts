import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithBrowser } from '../../kit/browser/describe-with-browser.ts';
import { ALL_LOOKS } from '../../kit/browser/looks.ts';
import type { View } from '../../kit/browser/view.ts';
import { PanelUser } from '../kit/panel-user.ts';
import { TestHub } from '../kit/test-hub.ts';
import { type Furnished, furnish, VIEWS } from './furnish.ts';

/** Views are many, and a busy machine is slow. */
const PATIENCE_MS = 300_000;

describeWithBrowser('a view of the panel', (browser) => {
  let hub: TestHub;
  let furnished: Furnished;
  beforeAll(async () => {
    hub = await TestHub.start();
    furnished = await furnish(hub);
  });
  afterAll(async () => {
    await furnished[Symbol.asyncDispose]();
    await hub[Symbol.asyncDispose]();
  });

  test.each(VIEWS)('can be read by everyone in every look: %s', async (name, path) => {
    const view = await browser().open(hub.url, { cookies: furnished.admin.cookies });
    await view.goto(path(furnished.ids));
    await view.settle();
    expect(await findFaults(view, name)).toEqual([]);
  });

  test.each([
    ['login', async () => '/login'],
    ['setup', async () => new URL(String((await hub.api('POST', '/api/setup-links')).body.url)).pathname],
    ['setup-gone', async () => '/setup/of-last-year'],
  ])('can be read by everyone before they are signed in: %s', async (name, path) => {
    const view = await browser().open(hub.url);
    await view.goto(await path());
    await view.settle();
    expect(await findFaults(view, name)).toEqual([]);
  });
});

describeWithBrowser('a view of the panel of an empty hub', (browser) => {
  let hub: TestHub;
  let admin: PanelUser;
  beforeAll(async () => {
    hub = await TestHub.start();
    admin = await PanelUser.setUp(hub);
  });
  afterAll(() => hub[Symbol.asyncDispose]());

  test('says what to do next, and can be read by everyone', { timeout: PATIENCE_MS }, async () => {
    const view = await browser().open(hub.url, { cookies: admin.cookies });
    for (const path of ['/', '/workspaces', '/sims', '/devices', '/messages', '/deliveries']) {
      await view.goto(path);
      await view.settle();
      const name = `empty-${path.slice(1) || 'overview'}`;
      expect(await findFaults(view, name), name).toEqual([]);
    }
  });
});

/** What keeps people out, look by look; a picture of each is kept. */
async function findFaults(view: View, name: string): Promise<string[]> {
  const faults: string[] = [];
  for (const look of ALL_LOOKS) {
    await view.wear(look);
    await view.shoot(name);
    faults.push(...(await view.findBarriers()).map((barrier) => `${look}: ${barrier}`));
    const overflow = await view.findOverflow();
    if (overflow > 0) faults.push(`${look}: ${overflow} pixels are beside the window`);
  }
  return faults;
}
