import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { providePanel } from '../panel.ts';
import { Browser } from './browser.ts';
import { findChromium } from './find-chromium.ts';

/**
 * `describe` with a browser, started before its tests and gone after them, and the panel built. A test fails by what goes
 * wrong in the pages that it opens, whatever it looks at: errors, breaches of the policy, requests that leave the hub. Where
 * there is no Chromium the tests are skipped, and their name says why.
 */
export function describeWithBrowser(name: string, define: (browser: () => Browser) => void): void {
  const isThere = findChromium() !== undefined;
  const title = isThere ? name : `${name} (needs Chromium, which is not installed)`;
  describe.skipIf(!isThere)(title, () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      providePanel();
      browser = await Browser.start();
    });
    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') await browser?.shootViews('failed');
      expect(await browser?.closeViews()).toEqual([]);
    });
    afterAll(async () => {
      await browser?.[Symbol.asyncDispose]();
    });
    define(() => {
      if (browser === undefined) throw new Error('the browser is there in tests and hooks only');
      return browser;
    });
  });
}
