import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithBrowser } from '../../kit/browser/describe-with-browser.ts';
import type { View } from '../../kit/browser/view.ts';
import { PanelUser } from '../kit/panel-user.ts';
import { TestHub } from '../kit/test-hub.ts';

/** Nothing lies before it. */
const LAST_PAGE = 'cursor=1';

describeWithBrowser('what a list of the panel says when it shows nothing', (browser) => {
  let hub: TestHub;
  let admin: PanelUser;
  beforeAll(async () => {
    hub = await TestHub.start();
    admin = await PanelUser.setUp(hub);
    const mac = await hub.pairMac();
    const { id } = await hub.join(mac.id, { name: 'Harbour', url: 'http://127.0.0.1:9/' });
    await hub.send(id, 'first');
  });
  afterAll(() => hub[Symbol.asyncDispose]());

  async function open(path: string): Promise<View> {
    const view = await browser().open(hub.url, { cookies: admin.cookies });
    await view.goto(path);
    await view.settle();
    return view;
  }

  test.each(['/messages?q=first', '/deliveries?status=dead'])(
    'an empty page after others is the end of the list, and leads back: %s',
    async (path) => {
      const { page } = await open(`${path}&${LAST_PAGE}`);
      await page.getByRole('heading', { name: 'Nothing further back' }).waitFor();
      await page.getByRole('button', { name: 'First page' }).click();
      await page.getByRole('heading', { name: 'Nothing further back' }).waitFor({ state: 'detached' });
      expect(new URL(page.url()).searchParams.has('cursor')).toBe(false);
    },
  );

  test('that no dead letter is kept is said of the whole list alone', async () => {
    const { page } = await open('/deliveries?status=dead');
    await page.getByRole('heading', { name: 'No dead letter is kept' }).waitFor();
    await page.goto('/deliveries?status=dead&type=MESSAGE');
    await page.getByRole('heading', { name: 'No event is like that' }).waitFor();
  });

  test('a webhook that was never tried is not called healthy', async () => {
    const { page } = await open('/workspaces');
    await page.getByRole('table').getByText('No failure known').waitFor();
  });
});
