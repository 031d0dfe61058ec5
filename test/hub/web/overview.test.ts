import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithBrowser } from '../../kit/browser/describe-with-browser.ts';
import { waitFor } from '../../kit/wait.ts';
import { PanelUser } from '../kit/panel-user.ts';
import { messageEntry, statusEntry, TestDevice } from '../kit/test-device.ts';
import { TestHub } from '../kit/test-hub.ts';

const DAY_MS = 86_400_000;
const REFUSED = '+12145550109';
const ACCEPTED = ['+12145550101', '+12145550102', '+12145550103', '+12145550104', '+12145550105'];
/** What there is of each. */
const TILES = [
  ['Queued', 7],
  ['Sent', 4],
  ['Delivered', 3],
  ['Failed', 1],
  ['Received', 2],
] as const;

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

  test('each tile leads to as many messages as it counts', async () => {
    const mac = await hub.pairMac('Front desk');
    const { id } = await hub.join(mac.id, { name: 'Harbour', extra_events: ['echo'] });
    await sendOfEach(hub, id, mac.token);
    const view = await browser().open(hub.url, { cookies: admin.cookies });
    const { page } = view;
    await view.goto(`/?range=day&workspace=${id}`);
    const tiles = page.getByRole('list', { name: 'Totals' }).getByRole('link');
    await tiles.first().waitFor();
    for (const [index, [label, count]] of TILES.entries()) {
      expect((await tiles.nth(index).innerText()).split('\n').slice(0, 2)).toEqual([label, String(count)]);
      await tiles.nth(index).click();
      const rows = page.getByRole('table', { name: 'Messages' }).getByRole('row');
      await waitFor(`the messages of ${label}`, async () => (await rows.count()) === 1 + count);
      await page.goBack();
      await tiles.first().waitFor();
    }
    await tiles.nth(1).click();
    await page.waitForURL(/status=SENT/);
    expect(await page.getByRole('combobox', { name: 'Status' }).inputValue()).toBe('Sent or later');
    await page.goto('/messages?status=QUEUED,FAILED&from_me=false');
    expect(await page.getByRole('combobox', { name: 'Status' }).inputValue()).toBe('Queued, Failed');
    expect(await page.getByRole('combobox', { name: 'Typed on the device' }).inputValue()).toBe('Left out');
  });
});

/** Messages of every fate, each as often as its tile says. */
async function sendOfEach(hub: TestHub, workspace: string, token: string): Promise<void> {
  using device = await TestDevice.online(hub.url, token);
  device.answer = ({ id, to }) =>
    to === REFUSED
      ? { id, accepted: false, error: { code: 'rejected', message: 'No.' } }
      : { id, accepted: true };
  for (const [n, phone] of [REFUSED, ...ACCEPTED].entries())
    await hub.send(workspace, `each-${n}`, { phone });
  await waitFor('the sends', () => device.sends.length === 1 + ACCEPTED.length);
  for (const [index, status] of (['SENT', 'DELIVERED', 'DELIVERED', 'READ'] as const).entries()) {
    const sent = device.sends.find(({ to }) => to === ACCEPTED[index]);
    const delivered = statusEntry(sent?.id ?? '', 'DELIVERED');
    await device.report({ ...delivered, status } as typeof delivered);
  }
  const received = messageEntry('in-1', 'received', ACCEPTED[0]);
  await device.report(received, { ...received, guid: 'in-2' } as typeof received);
  await device.report({ ...received, guid: 'echo-1', from_me: true, to: ACCEPTED[0] } as typeof received);
  device[Symbol.dispose]();
  await waitFor('it to be offline', async () => {
    const { body } = await hub.api('GET', '/api/devices');
    return String(body.items?.[0]?.online) === 'false';
  });
  for (const n of [1, 2, 3, 4, 5, 6]) await hub.send(workspace, `waiting-${n}`, { phone: ACCEPTED[0] });
}
