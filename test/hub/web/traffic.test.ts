import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithBrowser } from '../../kit/browser/describe-with-browser.ts';
import type { View } from '../../kit/browser/view.ts';
import { Receiver } from '../../kit/receiver.ts';
import { waitFor } from '../../kit/wait.ts';
import { PanelUser } from '../kit/panel-user.ts';
import { messageEntry, statusEntry, TestDevice } from '../kit/test-device.ts';
import { TestHub } from '../kit/test-hub.ts';

const RLO = '\u202e';
const SCRIPT = '<img src=x onerror="alert(1)"><script>alert(2)</script>';

describeWithBrowser('what flows, in the panel', (browser) => {
  let hub: TestHub;
  let admin: PanelUser;
  let receiver: Receiver;
  let mac: { id: string; token: string };
  let workspace: string;
  beforeAll(async () => {
    hub = await TestHub.start();
    admin = await PanelUser.setUp(hub);
    receiver = await Receiver.start();
    mac = await hub.pairMac('Front desk');
    workspace = (await hub.join(mac.id, { name: 'Harbour', url: receiver.url })).id;
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

  const rowsOf = (view: View) => view.page.getByRole('table').getByRole('row');

  async function statusOf(id: string): Promise<string> {
    return String((await hub.api('GET', `/api/messages/${id}`)).body.status);
  }

  test('a text is text wherever it is shown, and what hides in it is seen', async () => {
    using device = await TestDevice.online(hub.url, mac.token);
    const text = `${SCRIPT} invoice${RLO}fdp.exe`;
    await device.report(messageEntry('odd-1', text, '+12145550190'));
    await waitFor('the event', () => receiver.calls.some(({ raw }) => raw.includes('invoice')));
    const view = await open('/messages?phone=%2B12145550190');
    await view.page.getByRole('link', { name: /onerror/ }).click();
    await view.page.getByText(`${SCRIPT} invoice`).waitFor();
    await view.page.getByTitle('right-to-left override').first().waitFor();
    await view.page.getByText('Body of the request').first().click();
    await view.page.getByText('invoice\\u202efdp.exe').waitFor();
    await view.page.getByRole('link', { name: 'Conversation', exact: true }).click();
    await view.page.getByRole('heading', { name: '+12145550190' }).waitFor();
    await view.page.getByText(`${SCRIPT} invoice`).waitFor();
    expect(await view.page.locator('main img, main script').count()).toBe(0);
    expect(await view.page.locator('main').innerText()).not.toContain(RLO);
  });

  test('a list grows by itself, and holds still under the pointer', async () => {
    await hub.send(workspace, 'steady-0', { phone: '+12145550191' });
    const view = await open('/messages?phone=%2B12145550191');
    await view.page.getByText('Live', { exact: true }).waitFor();
    await hub.send(workspace, 'steady-1', { phone: '+12145550191' });
    await rowsOf(view).nth(1).getByText('steady-1', { exact: true }).waitFor();
    await rowsOf(view).nth(1).hover();
    const { body } = await hub.send(workspace, 'steady-2', { phone: '+12145550191' });
    const news = view.page.getByRole('button', { name: '1 new message' });
    await news.waitFor();
    expect(await rowsOf(view).nth(1).innerText()).toContain('steady-1');
    await hub.api('POST', `/api/messages/${body.id}/cancel`);
    await news.click();
    await rowsOf(view).nth(1).getByText('steady-2', { exact: true }).waitFor();
    await rowsOf(view).nth(1).getByText('Failed').waitFor();
  });

  test('a search is shown with the pointer among the rows, too', async () => {
    await hub.send(workspace, 'sought-1', { phone: '+12145550192' });
    const view = await open('/messages');
    await rowsOf(view).nth(1).hover();
    await view.page.getByLabel('Search').fill('sought-1');
    await waitFor('the one row', async () => (await rowsOf(view).count()) === 2);
    expect(new URL(view.page.url()).searchParams.get('q')).toBe('sought-1');
    await view.page.getByLabel('Search').fill('+1 (214) 555-0192');
    await rowsOf(view).nth(1).getByText('sought-1', { exact: true }).waitFor();
    await view.page.getByLabel('Search').fill('sought-nowhere');
    await view.page.getByRole('heading', { name: 'No message is like that' }).waitFor();
    await view.page.getByRole('button', { name: 'Show all messages' }).click();
    await rowsOf(view).nth(1).waitFor();
  });

  test('a queued message says why it waits, is canceled, sent again, and seen all the way', async () => {
    const { body } = await hub.send(workspace, 'way-1', { phone: '+12145550193' });
    const view = await open(`/messages/${body.id}`);
    await view.page.getByText('Front desk is not connected.').waitFor();
    await view.page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await view.page.getByRole('button', { name: 'Cancel the message' }).click();
    await view.page.getByText('Why it failed').waitFor();
    expect(await statusOf(String(body.id))).toBe('FAILED');
    await view.page.getByRole('button', { name: 'Send again' }).click();
    await view.page.getByText('way-1~2').first().waitFor();
    using device = await TestDevice.online(hub.url, mac.token);
    const again = await waitFor('the send', () => device.sends.find(({ to }) => to === '+12145550193'));
    await view.page.getByText('Offered to Front desk').waitFor();
    await view.page.getByText('Taken by the device').waitFor();
    await device.report(statusEntry(again.id, 'SENT', Date.now()));
    await view.page.getByText('Status update: SENT').waitFor();
    await device.report(statusEntry(again.id, 'DELIVERED', Date.now()));
    await view.page.getByText('Status update: DELIVERED').waitFor();
  });

  test('what may have gone out is sent again only after the hub’s own warning', async () => {
    using device = await TestDevice.online(hub.url, mac.token);
    device.answer = ({ id }) => ({ id, accepted: false, error: { code: 'rejected', message: 'No.' } });
    const { body } = await hub.send(workspace, 'twice-1', { phone: '+12145550194' });
    await waitFor('the refusal', async () => (await statusOf(String(body.id))) === 'FAILED');
    await device.report(statusEntry(String(body.id), 'SENT', Date.now()));
    const view = await open(`/messages/${body.id}`);
    await view.page.getByRole('button', { name: 'Send again' }).click();
    const warning = view.page.getByRole('dialog');
    await warning.getByText('may have reached the recipient').waitFor();
    await warning.getByRole('button', { name: 'Leave it' }).click();
    await warning.waitFor({ state: 'detached' });
    await view.page.getByRole('button', { name: 'Send again' }).click();
    await warning.getByRole('button', { name: 'Send it again' }).click();
    await view.page.getByText('twice-1~2').first().waitFor();
  });

  test('failing webhooks come first, and what failed is counted before it is sent again', async () => {
    receiver.answer = () => 410;
    using device = await TestDevice.online(hub.url, mac.token);
    await device.report(messageEntry('gone-1', 'one', '+12145550195'));
    await waitFor('the end of it', async () => {
      const { body } = await hub.api('GET', `/api/workspaces/${workspace}`);
      return String(body.webhook_enabled) === 'false';
    });
    await device.report(messageEntry('gone-2', 'two', '+12145550195'));
    receiver.answer = () => 200;
    const view = await open('/deliveries');
    await view.page.getByRole('heading', { name: '1 webhook fails' }).waitFor();
    await view.page.getByText('Recorded only: 2').waitFor();
    await view.page.getByText('Live', { exact: true }).waitFor();
    const counts: string[] = [];
    view.page.on('request', (request) => request.url().endsWith('/replay') && counts.push(request.url()));
    const isList = (response: { url(): string }) => response.url().includes('/api/deliveries?');
    const refreshed = view.page.waitForResponse(isList);
    await hub.api('PATCH', `/api/workspaces/${workspace}`, { email: 'ops@example.com' });
    await refreshed;
    expect(counts).toEqual([]);
    await view.page.getByRole('button', { name: 'Switch on again' }).click();
    await view.page.getByRole('heading', { name: '1 webhook fails' }).waitFor({ state: 'detached' });
    await view.page.getByRole('button', { name: 'Replay failed since…' }).click();
    const dialog = view.page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'Workspace' }).click();
    await view.page.getByRole('option', { name: 'Harbour' }).click();
    await dialog.getByText('2 events go out again').waitFor();
    await dialog.getByRole('button', { name: 'Replay 2' }).click();
    await view.page.getByText('2 events are in line again.').waitFor();
    await waitFor('both', () => receiver.calls.filter(({ raw }) => raw.includes('+12145550195')).length >= 3);
  });

  test('a delivered event shows its attempts, and goes out once more only after a warning', async () => {
    using device = await TestDevice.online(hub.url, mac.token);
    await device.report(messageEntry('once-1', 'once', '+12145550196'));
    const about = () => receiver.calls.filter(({ raw }) => raw.includes('+12145550196'));
    await waitFor('the event', () => about().length === 1);
    const view = await open('/deliveries?status=delivered');
    await rowsOf(view).nth(1).getByRole('link').click();
    await view.page.getByText('Answer of the receiver').click();
    await view.page.getByText('noted', { exact: true }).waitFor();
    await view.page.getByText('webhook-signature').waitFor();
    await view.page.getByRole('button', { name: 'Send again' }).click();
    await view.page.getByRole('button', { name: 'Send it once more' }).click();
    await waitFor('the repetition', () => about().length === 2);
    await waitFor(
      'its attempt',
      async () => (await view.page.getByRole('list', { name: 'Attempts' }).locator('li').count()) === 2,
    );
  });

  test('a message whose workspace is deleted says that its events are not kept, and is not offered again', async () => {
    const mac = await hub.pairMac('Leaving Mac');
    const { id } = await hub.join(mac.id, { name: 'Leaving', url: 'http://127.0.0.1:9/' });
    await hub.send(id, 'left-behind');
    await hub.api('DELETE', `/api/workspaces/${id}`);
    const { body } = await hub.api('GET', '/api/messages?q=left-behind');
    const view = await open(`/messages/${body.items?.[0]?.id}`);
    await view.page.getByText('No event about it is kept').waitFor();
    expect(await view.page.getByRole('button', { name: 'Send again' }).count()).toBe(0);
  });

  test('an export is what the filters find', async () => {
    await hub.send(workspace, 'file-1', { phone: '+12145550197', message: '=1+1' });
    const view = await open('/messages?phone=%2B12145550197');
    const [file] = await Promise.all([
      view.page.waitForEvent('download'),
      view.page.getByRole('link', { name: 'Export as CSV' }).click(),
    ]);
    expect(file.suggestedFilename()).toMatch(/^messages-.*\.csv$/);
    const lines = (await readFile(await file.path(), 'utf8')).trimEnd().split('\r\n');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain(",'+12145550197,'=1+1,");
  });

  test('the overview counts, and leads to what it counts', async () => {
    const view = await open('/');
    const tile = view.page.getByRole('list', { name: 'Totals' }).getByRole('link', { name: /^Failed/ });
    expect(Number((await tile.innerText()).split('\n')[1])).toBeGreaterThan(0);
    await tile.click();
    await view.page.waitForURL(/status=FAILED/);
    await rowsOf(view).nth(1).getByText('Failed').waitFor();
  });
});
