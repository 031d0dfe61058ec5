import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { describeWithBrowser } from '../kit/browser/describe-with-browser.ts';
import type { View } from '../kit/browser/view.ts';
import { Hub } from '../kit/hub.ts';
import { Program } from '../kit/program.ts';
import { Receiver } from '../kit/receiver.ts';
import { waitFor } from '../kit/wait.ts';
import { startSimulatedMac } from '../simulated-mac/client.ts';

const ANNA = '+12145550100';
const PASSWORD = 'correct horse battery';

describeWithBrowser('the guide, walked in the panel from the first start', (browser) => {
  test('ends with a message delivered and one received', async () => {
    await using stack = new AsyncDisposableStack();
    const hub = stack.use(await Hub.start());
    const receiver = stack.use(await Receiver.start());
    const mac = stack.use(await startSimulatedMac());
    const home = await mkdtemp(join(tmpdir(), 'bluewire-guide-'));
    stack.defer(() => rm(home, { recursive: true, force: true, maxRetries: 20 }));
    const env = { ...mac.bridgeEnv(), BRIDGE_HOME: home };

    const link = new URL(String((await hub.api('POST', '/api/setup-links')).body.url));
    const view = stack.use(await browser().open(link.origin));
    await becomeAdmin(view, link.pathname);
    const secret = await addWorkspace(view, receiver.url);
    const pair = await enrollMac(view);
    const pairing = stack.use(new Program('pair', 'bridge-mac/main.ts', pair, env));
    expect(await pairing.waitForExit(), pairing.lines.join('\n')).toBe(0);
    await view.page.getByText('has paired').waitFor();
    await view.page.getByRole('button', { name: 'Done' }).click();
    const bridge = stack.use(new Program('bridge', 'bridge-mac/main.ts', ['run'], env));
    await bridge.waitForLog('connected to the hub');
    await view.page
      .getByRole('row', { name: /Mac mini/ })
      .getByText('Online')
      .waitFor();

    await connectLocation(view);
    await assignMac(view);
    const { url, body } = await readCurl(view);
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(answer.status, await answer.text()).toBe(200);
    const { message_id } = JSON.parse(body) as { message_id: string };
    await waitFor('DELIVERED', () => receiver.statusesOf(message_id).includes('DELIVERED'));
    expect(receiver.statusesOf(message_id)).toEqual(['SENT', 'DELIVERED']);
    receiver.verifyAll(secret);
    for (const call of receiver.calls) expect(call.headers['x-crm']).toBe('tenant-7');
    await seeDelivered(view);

    await mac.receive({ from: ANNA, text: 'Thank you 👋' });
    await waitFor('the answer', () => receiver.events.some((event) => event.type === 'MESSAGE'));
    await placeOf(view.page, 'Messages').click();
    await view.page.getByText('Thank you 👋').first().waitFor();
    await view.shoot('guide-messages');
  });
});

/** A link of the main navigation. */
function placeOf(page: Page, name: string): Locator {
  return page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true });
}

async function becomeAdmin({ page }: View, path: string): Promise<void> {
  await page.goto(path);
  await page.getByLabel('Name').fill('Ann Admin');
  await page.getByLabel('E-mail').fill('ann@example.com');
  await page.getByLabel('Password').first().fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await placeOf(page, 'Overview').waitFor();
}

/** Answers the signing secret, which is shown once. */
async function addWorkspace({ page }: View, url: string): Promise<string> {
  await placeOf(page, 'Workspaces / Webhooks').click();
  await page.getByRole('button', { name: 'Add New Workspace' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: false }).first().fill('My CRM');
  await dialog.getByLabel('Address').fill('Main Street 1');
  await dialog.getByLabel('Email').fill('ops@example.com');
  await dialog.getByLabel('Phone Number').fill('+12145550199');
  await dialog.getByLabel('URL').fill(url);
  await dialog.getByRole('button', { name: 'Add Header' }).click();
  await dialog.getByLabel('Name of header 1').fill('X-CRM');
  await dialog.getByLabel('Value of header 1', { exact: true }).fill('tenant-7');
  await dialog.getByRole('button', { name: 'Create workspace' }).click();
  await page.getByText('My CRM was created').waitFor();
  const secret = (await page.getByText(/^whsec_/).textContent()) ?? '';
  await page.getByRole('button', { name: 'I have copied the secret' }).click();
  return secret;
}

/** Answers the arguments of the printed command. */
async function enrollMac({ page }: View): Promise<string[]> {
  await placeOf(page, 'Devices').click();
  await page.getByRole('button', { name: 'Enroll a device' }).first().click();
  await page.getByRole('dialog').getByLabel('Name').fill('Mac mini');
  await page.getByRole('button', { name: 'Get a code' }).click();
  const command = (await page.getByText(/^bluewire-bridge pair /).textContent()) ?? '';
  await page.getByText('Waiting for the device').waitFor();
  return command.split(' ').slice(1);
}

async function connectLocation({ page }: View): Promise<void> {
  await placeOf(page, 'Subaccount SIMs').click();
  await page.getByRole('button', { name: 'Connect Location' }).first().click();
  await page.getByRole('switch', { name: 'My CRM' }).click();
  await page.getByText('My CRM is connected.').waitFor();
  await page.getByRole('button', { name: 'Done' }).click();
}

async function assignMac({ page }: View): Promise<void> {
  await page.getByText('No device: messages on it are refused').first().waitFor();
  await page.getByRole('link', { name: 'Assign devices to My CRM' }).click();
  await page.getByRole('checkbox', { name: 'Mac mini' }).check();
  await page.getByRole('button', { name: 'Save devices' }).click();
  await page.getByText('The devices of My CRM are saved.').waitFor();
}

/** The command that the workspace's instructions show, read as curl reads it. */
async function readCurl({ page }: View): Promise<{ url: string; body: string }> {
  await placeOf(page, 'Workspaces / Webhooks').click();
  await page.getByRole('link', { name: 'Instructions My CRM' }).click();
  const command = (await page.locator('pre', { hasText: 'curl' }).first().textContent()) ?? '';
  const [, url = '', body = ''] = /^curl -sS (\S+) .* -d '(.*)'$/s.exec(command) ?? [];
  await page.keyboard.press('Escape');
  return { url, body };
}

async function seeDelivered({ page }: View): Promise<void> {
  await placeOf(page, 'Messages').click();
  await page.getByRole('row', { name: /Hello/ }).getByText('Delivered').waitFor();
}
