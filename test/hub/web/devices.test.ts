import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithBrowser } from '../../kit/browser/describe-with-browser.ts';
import type { View } from '../../kit/browser/view.ts';
import { waitFor } from '../../kit/wait.ts';
import { PanelUser } from '../kit/panel-user.ts';
import { TestDevice } from '../kit/test-device.ts';
import { TestHub } from '../kit/test-hub.ts';

const FAULT = { code: 'internal_error', message: 'Something went wrong inside the hub.' };

describeWithBrowser('devices, in the panel', (browser) => {
  let hub: TestHub;
  let admin: PanelUser;
  beforeAll(async () => {
    hub = await TestHub.start();
    admin = await PanelUser.setUp(hub);
  });
  afterAll(() => hub[Symbol.asyncDispose]());

  async function open(path: string): Promise<View> {
    const view = await browser().open(hub.url, { cookies: admin.cookies });
    await view.goto(path);
    await view.settle();
    return view;
  }

  const read = async (id: string) => (await hub.api('GET', `/api/devices/${id}`)).body;

  test('one is enrolled with a code, and seen to pair', async () => {
    const { page } = await open('/devices');
    await page.getByRole('button', { name: 'Enroll a device' }).first().click();
    await page.getByLabel('Name', { exact: false }).first().fill('Mac mini');
    await page.getByRole('checkbox', { name: 'RCS' }).uncheck();
    await page.getByRole('button', { name: 'Get a code' }).click();
    const command = await page.getByText(/^bluewire-bridge pair /).textContent();
    const [, , url, code] = command?.split(' ') ?? [];
    expect(new URL(url ?? '').port).toBe(new URL(hub.url).port);
    await page.getByText('Waiting for the device').waitFor();
    await page.getByText('The command as a QR code').waitFor({ state: 'attached' });
    const { status } = await hub.pair(code, { hostname: 'front-desk.local' });
    expect(status).toBe(201);
    await page.getByText('Mac mini has paired (front-desk.local').waitFor();
    await page.getByRole('link', { name: 'Show the device' }).click();
    await page.getByRole('heading', { name: 'Mac mini', level: 1 }).waitFor();
    await page.getByText('iMessage, SMS', { exact: true }).waitFor();
  });

  test('whoever closed the page with the code gets another, and the device stays the same', async () => {
    const { body } = await hub.api('POST', '/api/enrollments', { name: 'Lost code', kind: 'mac' });
    const workspace = await hub.join(String(body.device_id), { name: 'Waits for it' });
    const { page } = await open(`/devices/${body.device_id}`);
    await page.getByText('It has not paired yet').waitFor();
    await page.getByRole('button', { name: 'Get a new code' }).click();
    const command = await page.getByText(/^bluewire-bridge pair /).textContent();
    const code = command?.split(' ').at(-1);
    expect(code).not.toBe(body.code);
    expect((await hub.pair(body.code)).status).not.toBe(201);
    expect((await hub.pair(code)).body.device_id).toBe(body.device_id);
    await page.getByText('Lost code has paired').waitFor();
    const { devices } = (await hub.api('GET', `/api/workspaces/${workspace.id}`)).body;
    expect(devices).toMatchObject([{ device_id: body.device_id }]);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByText('It has not paired yet').waitFor({ state: 'detached' });
  });

  test('a new code that was refused costs nothing: the next try brings one', async () => {
    const { body } = await hub.api('POST', '/api/enrollments', { name: 'Twice', kind: 'mac' });
    const view = await open(`/devices/${body.device_id}`);
    const { page } = view;
    view.expect(/answered 500|status of 500/);
    let tries = 0;
    await page.route('**/renew-code', (route) => {
      tries += 1;
      return tries === 1 ? route.fulfill({ status: 500, json: FAULT }) : route.continue();
    });
    await page.getByRole('button', { name: 'Get a new code' }).click();
    await page.getByText(FAULT.message).waitFor();
    await page.getByRole('button', { name: 'Get a new code' }).click();
    const command = await page.getByText(/^bluewire-bridge pair /).textContent();
    expect((await hub.pair(command?.split(' ').at(-1))).body.device_id).toBe(body.device_id);
    await page.getByText('Twice has paired').waitFor();
  });

  test('what is wrong with one is told with its remedy', async () => {
    const mac = await hub.pairMac('Sleeper');
    using device = await TestDevice.online(hub.url, mac.token);
    const { page } = await open(`/devices/${mac.id}`);
    await page.getByText('Online').waitFor();
    const findings = [
      {
        check: 'sleep',
        ok: false,
        message: 'The Mac sleeps.',
        remedy: 'Turn sleep off.',
        blocks_sending: true,
      },
      { check: 'disk', ok: true, message: 'There is room on the disk.' },
    ];
    device.socket.emit('health', { findings, open_sends: 0, unacked_entries: 0 });
    await page.getByText('Turn sleep off.').waitFor();
    await page.getByText('While this is so it cannot send.').waitFor();
    await page.getByText('Blocked').waitFor();
    expect(await page.getByText('There is room on the disk.').count()).toBe(0);
    await page.getByRole('button', { name: 'Show all 2 checks' }).click();
    await page.getByText('There is room on the disk.').waitFor();
  });

  test('one is renamed, paced, paused and resumed', async () => {
    const { id } = await hub.pairMac('Old name');
    const { page } = await open(`/devices/${id}`);
    await page.getByLabel('Name', { exact: true }).fill('New name');
    await page.getByRole('button', { name: 'Save' }).first().click();
    await page.getByText('The device is saved.').waitFor();
    await page.getByLabel('Per minute').fill('20');
    await page.getByLabel('Least gap').fill('1.5');
    await page.getByRole('button', { name: 'Save' }).last().click();
    await page.getByText('The pace is saved.').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    expect(await read(id)).toMatchObject({
      name: 'New name',
      paused: true,
      pace: { per_minute: 20, gap_ms: 1500, jitter_ms: 0 },
    });
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    expect((await read(id)).paused).toBe(false);
  });

  test('saving changes what was typed and nothing else, whatever others changed meanwhile', async () => {
    const { id } = await hub.pairMac('First name');
    const { page } = await open(`/devices/${id}`);
    const name = page.getByLabel('Name', { exact: true });
    await hub.api('PATCH', `/api/devices/${id}`, { name: 'Second name' });
    await waitFor('the new name', async () => (await name.inputValue()) === 'Second name');
    await page.getByLabel('Number or address').fill('+12145550100');
    await page.getByLabel('Least gap').fill('2');
    const pace = { per_minute: 30, gap_ms: 0, jitter_ms: 0 };
    await hub.api('PATCH', `/api/devices/${id}`, { name: 'Third name', pace });
    await page.getByRole('heading', { name: 'Third name' }).waitFor();
    expect(await name.inputValue()).toBe('Second name');
    await page.getByRole('button', { name: 'Save' }).first().click();
    await page.getByText('The device is saved.').waitFor();
    expect(await name.inputValue()).toBe('Third name');
    expect(await page.getByLabel('Number or address').inputValue()).toBe('+12145550100');
    await page.getByRole('button', { name: 'Save' }).last().click();
    await page.getByText('The pace is saved.').waitFor();
    expect(await page.getByLabel('Per minute').inputValue()).toBe('30');
    expect(await read(id)).toMatchObject({
      name: 'Third name',
      address: '+12145550100',
      pace: { per_minute: 30, gap_ms: 2_000 },
    });
  });

  test('one is revoked only when its name was typed', async () => {
    const { id } = await hub.pairMac('Leaving');
    const { page } = await open(`/devices/${id}`);
    await page.getByRole('button', { name: 'Revoke' }).click();
    const button = page.getByRole('button', { name: 'Revoke device' });
    await page.getByLabel('Type Leaving to confirm').fill('Leavin');
    expect(await button.isDisabled()).toBe(true);
    await page.getByLabel('Type Leaving to confirm').fill('Leaving');
    await button.click();
    await page.getByText('Leaving is revoked.').waitFor();
    expect((await hub.api('GET', `/api/devices/${id}`)).status).toBe(404);
  });
});

describeWithBrowser('subaccount SIMs, in the panel', (browser) => {
  let hub: TestHub;
  let admin: PanelUser;
  beforeAll(async () => {
    hub = await TestHub.start();
    admin = await PanelUser.setUp(hub);
  });
  afterAll(() => hub[Symbol.asyncDispose]());

  test('a workspace is connected, given devices by channel, and disconnected', async () => {
    const { id } = await hub.createWorkspace({ name: 'Harbour' });
    const mac = await hub.pairMac('Front desk');
    const sim = await hub.api('POST', '/api/enrollments', {
      name: 'SIM 1',
      kind: 'android',
      address: '+12145550100',
    });
    const { page } = await browser().open(hub.url, { cookies: admin.cookies });
    await page.goto('/sims');
    await page.getByText('No workspace is connected').waitFor();
    await page.getByRole('button', { name: 'Connect Location' }).first().click();
    await page.getByRole('switch', { name: 'Harbour' }).click();
    await page.getByText('Harbour is connected.').waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    await waitForUnserved(page, 4);

    await page.getByRole('link', { name: 'Assign devices to Harbour' }).click();
    await page
      .getByRole('group', { name: 'iMessage devices' })
      .getByRole('checkbox', { name: 'Front desk' })
      .check();
    await page.getByRole('group', { name: 'Channels of Front desk' }).getByText('SMS').click();
    await page.getByRole('group', { name: 'SIM numbers' }).getByRole('checkbox', { name: 'SIM 1' }).check();
    await page.getByText('Without a device: WhatsApp.').waitFor();
    await page.getByRole('button', { name: 'Save devices' }).click();
    await page.getByText('The devices of Harbour are saved.').waitFor();
    const { body } = await hub.api('GET', `/api/workspaces/${id}`);
    expect(body.devices).toEqual(
      expect.arrayContaining([
        { device_id: mac.id, channels: ['imessage', 'rcs'] },
        { device_id: sim.body.device_id, channels: ['sms'] },
      ]),
    );
    await waitForUnserved(page, 1);

    await page.getByRole('button', { name: 'Connect Location' }).click();
    await page.getByRole('switch', { name: 'Harbour' }).click();
    await page.getByText('Disconnect Harbour?').waitFor();
    expect((await hub.api('GET', `/api/workspaces/${id}`)).body.connected).toBe(true);
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await page.getByText('Harbour is disconnected.').waitFor();
    expect((await hub.api('GET', `/api/workspaces/${id}`)).body.connected).toBe(false);
  });
});

async function waitForUnserved(page: Page, channels: number): Promise<void> {
  const rows = page.getByText('No device: messages on it are refused');
  await waitFor(`${channels} channels without a device`, async () => (await rows.count()) === channels);
}
