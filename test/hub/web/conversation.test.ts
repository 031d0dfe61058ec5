import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithBrowser } from '../../kit/browser/describe-with-browser.ts';
import type { View } from '../../kit/browser/view.ts';
import { PanelUser } from '../kit/panel-user.ts';
import { TestHub } from '../kit/test-hub.ts';

const PHONE = '+12145550100';
/** More than a page of a conversation. */
const MESSAGES = 60;
/** Longer than from one word of a change to the next. */
const SLOW_MS = 1_500;

describeWithBrowser('a conversation, in the panel', (browser) => {
  let hub: TestHub;
  let admin: PanelUser;
  let workspace: string;
  beforeAll(async () => {
    hub = await TestHub.start();
    admin = await PanelUser.setUp(hub);
    const mac = await hub.pairMac();
    workspace = (await hub.join(mac.id)).id;
    for (let n = 0; n < MESSAGES; n += 1) await hub.send(workspace, `chat-${n}`, { phone: PHONE });
  });
  afterAll(() => hub[Symbol.asyncDispose]());

  async function open(phone = PHONE): Promise<View> {
    const view = await browser().open(hub.url, { cookies: admin.cookies });
    await view.goto(`/conversations/${workspace}/${encodeURIComponent(phone)}`);
    await view.settle();
    return view;
  }

  /** Others write to others, on and on. */
  async function makeTraffic(signal: AbortSignal): Promise<void> {
    for (let n = 0; !signal.aborted; n += 1) {
      await hub.send(workspace, `traffic-${n}`, { phone: '+12145550101' });
      await pause(200);
    }
  }

  test('older messages and new ones come on a busy hub by a slow line, too', async () => {
    const { page } = await open();
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await page.getByText('text of chat-0', { exact: true }).count()).toBe(0);
    await slowDown(page);
    const ended = new AbortController();
    const traffic = makeTraffic(ended.signal);
    try {
      await page.getByRole('button', { name: 'Load older messages' }).click();
      await page.getByText('text of chat-0', { exact: true }).waitFor();
      await hub.send(workspace, 'chat-new', { phone: PHONE });
      await page.getByText('text of chat-new', { exact: true }).waitFor();
    } finally {
      ended.abort();
      await traffic;
      await page.unrouteAll({ behavior: 'ignoreErrors' });
    }
  });

  test('what failed is not said to be unsent: it may have gone out', async () => {
    const { body } = await hub.send(workspace, 'failing', { phone: '+12145550102' });
    await hub.api('POST', `/api/messages/${body.id}/cancel`);
    const { page } = await open('+12145550102');
    await page.getByRole('listitem').getByText('Failed', { exact: true }).waitFor();
  });
});

async function slowDown(page: Page): Promise<void> {
  await page.route('**/api/messages?*', async (route) => {
    await pause(SLOW_MS);
    await route.continue();
  });
}
