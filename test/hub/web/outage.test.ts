import { expect, test } from 'vitest';
import { describeWithBrowser } from '../../kit/browser/describe-with-browser.ts';
import { PanelUser } from '../kit/panel-user.ts';
import { TestHub } from '../kit/test-hub.ts';
import { furnish } from './furnish.ts';

describeWithBrowser('the panel, when the hub is away', (browser) => {
  test('says so, loses nothing that was typed, and goes on by itself', async () => {
    const first = await TestHub.start();
    const admin = await PanelUser.setUp(first);
    const view = await browser().open(first.url, { cookies: admin.cookies });
    // The browser's own note of each try.
    view.expect(/ERR_CONNECTION_REFUSED|WebSocket connection to .* failed/);
    const { page } = view;
    await page.goto('/workspaces?new=1');
    await page.getByLabel('Name', { exact: false }).first().fill('Typed before');
    await first.stop();
    await page.getByRole('button', { name: 'Create workspace' }).click();
    await page.getByText('This page keeps trying and goes on by itself').waitFor();
    await page.getByRole('dialog').getByText('The hub cannot be reached at the moment.').waitFor();
    await page.getByLabel('Address').fill('Typed meanwhile');
    await view.shoot('outage');
    expect(await view.findBarriers()).toEqual([]);

    await using hub = await TestHub.start({ HUB_PORT: new URL(first.url).port }, {}, first.dataDir);
    await page.getByText('This page keeps trying and goes on by itself').waitFor({ state: 'hidden' });
    expect(await page.getByLabel('Name', { exact: false }).first().inputValue()).toBe('Typed before');
    await page.getByRole('button', { name: 'Create workspace' }).click();
    await page.getByText('Typed before was created').waitFor();
    const { body } = await hub.api('GET', '/api/workspaces');
    expect(body.items?.[0]).toMatchObject({ name: 'Typed before', address: 'Typed meanwhile' });
  });

  test('is not blank where it is opened meanwhile, and shows the page once the hub is back', async () => {
    await using hub = await TestHub.start();
    const admin = await PanelUser.setUp(hub);
    await using view = await browser().open(hub.url, { cookies: admin.cookies });
    view.expect(/ERR_FAILED/);
    await view.page.route('**/api/me', (route) => route.abort());
    await view.goto('/devices');
    await view.page.getByText('The hub cannot be reached').first().waitFor();
    await view.page.unroute('**/api/me');
    await view.page.getByRole('heading', { name: 'Devices' }).waitFor();
  });

  test('asks again what was never answered', async () => {
    await using hub = await TestHub.start();
    const admin = await PanelUser.setUp(hub);
    await hub.pairMac('Late to show');
    await using view = await browser().open(hub.url, { cookies: admin.cookies });
    view.expect(/ERR_ABORTED|ERR_FAILED/);
    let asked = 0;
    await view.page.route('**/api/devices?*', (route) => {
      asked += 1;
      // The first is left without any answer.
      return asked === 1 ? undefined : route.continue();
    });
    await view.goto('/devices');
    await view.page.getByRole('link', { name: 'Late to show' }).waitFor();
    expect(asked).toBeGreaterThan(1);
  });

  test('calls no device removed, and counts none, before it knows which there are', async () => {
    await using hub = await TestHub.start();
    await using furnished = await furnish(hub);
    await using view = await browser().open(hub.url, { cookies: furnished.admin.cookies });
    view.expect(/answered 500|status of 500/);
    const { page } = view;
    const fault = { code: 'internal_error', message: 'Out of order.' };
    await page.route('**/api/devices?*', (route) => route.fulfill({ status: 500, json: fault }));
    for (const [path, shown] of [
      ['/messages', 'Your table is ready'],
      ['/sims', 'Night shift'],
      ['/', 'Devices'],
    ] as const) {
      await view.goto(path);
      await page.getByText(shown).first().waitFor();
      await view.settle();
      await page.getByText('…', { exact: true }).first().waitFor();
      const text = await page.getByRole('main').innerText();
      for (const wrong of ['A removed device', '0 of 0 online']) expect(text, path).not.toContain(wrong);
    }
    await page.route('**/api/workspaces?*', (route) => route.fulfill({ status: 500, json: fault }));
    await view.goto(`/devices/${furnished.ids.mac}`);
    await page.getByRole('heading', { name: 'Serves' }).waitFor();
    expect(await page.getByText('No workspace yet').count()).toBe(0);
    await page.unrouteAll({ behavior: 'wait' });
    await view.goto('/sims');
    await page.getByRole('link', { name: 'Mac Studio' }).first().waitFor();
  });
});
