import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithBrowser } from '../../kit/browser/describe-with-browser.ts';
import { PanelUser } from '../kit/panel-user.ts';
import { TestHub } from '../kit/test-hub.ts';

const DAY_MS = 86_400_000;

describeWithBrowser('the overview, in the panel', (browser) => {
  let hub: TestHub;
  let admin: PanelUser;
  beforeAll(async () => {
    hub = await TestHub.start();
    admin = await PanelUser.setUp(hub);
  });
  afterAll(() => hub[Symbol.asyncDispose]());

  test('days keep their names when the clocks change', async () => {
    const view = await browser().open(hub.url, { cookies: admin.cookies });
    const { page } = view;
    // In Vienna clocks went back on 25 October.
    const first = Date.parse('2026-10-22T00:00:00+02:00');
    const series = Array.from({ length: 8 }, (_, day) => ({
      at: new Date(first + day * DAY_MS).toISOString(),
      ...{ queued: 0, sent: 1, delivered: 0, failed: 0, received: 0 },
    }));
    await page.route('**/api/overview?*', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), series } });
    });
    await view.goto('/?range=month');
    const chart = page.getByRole('figure').first();
    await chart.getByText('22 Oct').waitFor({ state: 'attached' });
    const words = await chart.getByText(/ Oct$/).allTextContents();
    expect(words).toEqual(['22 Oct', '24 Oct', '26 Oct', '28 Oct']);
  });
});
