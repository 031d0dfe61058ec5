import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithBrowser } from '../../kit/browser/describe-with-browser.ts';
import type { View } from '../../kit/browser/view.ts';
import { Receiver } from '../../kit/receiver.ts';
import { waitFor } from '../../kit/wait.ts';
import { PanelUser } from '../kit/panel-user.ts';
import { messageEntry, TestDevice } from '../kit/test-device.ts';
import { TestHub } from '../kit/test-hub.ts';

describeWithBrowser('sending events again from the panel', (browser) => {
  let hub: TestHub;
  let admin: PanelUser;
  let receiver: Receiver;
  let workspace: string;
  let other: string;
  beforeAll(async () => {
    hub = await TestHub.start();
    admin = await PanelUser.setUp(hub);
    receiver = await Receiver.start();
    const mac = await hub.pairMac();
    workspace = (await hub.join(mac.id, { name: 'Harbour' })).id;
    other = (await hub.createWorkspace({ name: 'Night shift', url: receiver.url })).id;
    using device = await TestDevice.online(hub.url, mac.token);
    // Without a URL they are recorded only.
    for (const guid of ['one', 'two', 'three', 'four']) await device.report(messageEntry(guid, guid));
    await hub.api('PATCH', `/api/workspaces/${workspace}`, { url: receiver.url });
  });
  afterAll(async () => {
    await receiver[Symbol.asyncDispose]();
    await hub[Symbol.asyncDispose]();
  });

  async function open(path: string): Promise<View> {
    const view = await browser().open(hub.url, { cookies: admin.cookies });
    await view.goto(path);
    await view.settle();
    return view;
  }

  test('a count that failed is no count: it says so, and is made again', async () => {
    const view = await browser().open(hub.url, { cookies: admin.cookies });
    view.expect(/status of 503|replay was answered 503/);
    const { page } = view;
    const counting = `**/api/workspaces/${workspace}/replay*`;
    const body = JSON.stringify({ status: 'error', code: 'unavailable', error: 'Busy.', message: 'Busy.' });
    await page.route(counting, (route) =>
      route.fulfill({ status: 503, body, contentType: 'application/json' }),
    );
    await page.goto(`/deliveries?replay=${workspace}`);
    const dialog = page.getByRole('dialog');
    const again = dialog.getByRole('button', { name: 'Try again' });
    await again.waitFor();
    expect(await dialog.getByText('Nothing of that kind is kept').count()).toBe(0);
    await page.unroute(counting);
    await again.click();
    await dialog.getByRole('button', { name: 'Replay 4' }).waitFor();
  });

  test('the count of one workspace does not stand for another', async () => {
    const { page } = await open(`/deliveries?replay=${workspace}`);
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Replay 4' }).waitFor();
    const held = Promise.withResolvers<void>();
    await page.route(`**/api/workspaces/${other}/replay*`, async (route) => {
      await held.promise;
      await route.continue();
    });
    await dialog.getByRole('combobox', { name: 'Workspace' }).click();
    await page.getByRole('option', { name: 'Night shift' }).click();
    await dialog.getByText('Counting …').waitFor();
    const button = dialog.getByRole('button', { name: /^Replay/ });
    expect([await button.innerText(), await button.isDisabled()]).toEqual(['Replay', true]);
    held.resolve();
    await dialog.getByText('Nothing of that kind is kept').waitFor();
  });

  async function retryNewest(): Promise<void> {
    const { body } = await hub.api('GET', '/api/deliveries?status=recorded');
    await hub.api('POST', `/api/deliveries/${body.items?.[0]?.id}/retry`);
  }

  const rowsOf = ({ page }: View) => page.getByRole('table').getByRole('row');

  test('a row that leaves the list by what was done to it is gone', async () => {
    const view = await open('/deliveries?status=recorded');
    await view.page.getByText('Live', { exact: true }).waitFor();
    expect(await rowsOf(view).count()).toBe(1 + 4);
    await rowsOf(view).nth(1).getByRole('button').click();
    await waitFor('the row to go', async () => (await rowsOf(view).count()) === 1 + 3);
    await waitFor('the event', () => receiver.calls.length === 1);
    // The focus went with it, and holds the others no longer.
    await view.page.mouse.move(0, 0);
    await retryNewest();
    await waitFor('another to go', async () => (await rowsOf(view).count()) === 1 + 2);
  });

  test('a row that leaves the list by itself holds its place, and offers nothing', async () => {
    const view = await open('/deliveries?status=recorded');
    await view.page.getByText('Live', { exact: true }).waitFor();
    await rowsOf(view).nth(2).hover();
    await retryNewest();
    await rowsOf(view).nth(1).getByText('Changed', { exact: true }).waitFor();
    expect(await rowsOf(view).nth(1).getByRole('button').count()).toBe(0);
    expect(await rowsOf(view).nth(2).getByRole('button').count()).toBe(1);
    await view.page.mouse.move(0, 0);
    await waitFor('the row to go', async () => (await rowsOf(view).count()) === 1 + 1);
  });

  test('what waits while a webhook fails is tried at once when somebody says so', async () => {
    const mac = await hub.pairMac('Late Mac');
    const { id } = await hub.join(mac.id, { name: 'Comes back', url: receiver.url });
    receiver.answer = () => 500;
    using device = await TestDevice.online(hub.url, mac.token);
    await device.report(messageEntry('late', 'told late', '+12145550177'));
    const view = await open('/deliveries');
    await view.page.getByRole('heading', { name: '1 webhook fails' }).waitFor();
    receiver.answer = () => 200;
    await view.page.getByRole('button', { name: 'Try all now' }).click();
    await view.page.getByText('Tried now: 1').waitFor();
    await waitFor('it to be told', async () => {
      const { body } = await hub.api('GET', `/api/deliveries?workspace=${id}&status=delivered`);
      return body.items?.[0] !== undefined;
    });
  });
});
