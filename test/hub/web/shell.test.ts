import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOOKS } from '../../kit/browser/browser.ts';
import { describeWithBrowser } from '../../kit/browser/describe-with-browser.ts';
import { TestHub } from '../kit/test-hub.ts';

describeWithBrowser('the panel in a browser', (browser) => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await TestHub.start();
  });
  afterAll(() => hub[Symbol.asyncDispose]());

  test.each(LOOKS)('shows who is not signed in the way in, %s', async (look) => {
    const view = await browser().open(hub.url, { look });
    await view.goto('/login');
    await view.page.getByRole('heading').first().waitFor();
    expect(await view.findBarriers()).toEqual([]);
    await view.shoot('login');
  });
});
