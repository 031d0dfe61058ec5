import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithBrowser } from '../../kit/browser/describe-with-browser.ts';
import type { View } from '../../kit/browser/view.ts';
import { Receiver } from '../../kit/receiver.ts';
import { waitFor } from '../../kit/wait.ts';
import { PanelUser } from '../kit/panel-user.ts';
import { TestHub } from '../kit/test-hub.ts';

const SCRIPT = '<img src=x onerror="alert(1)">';

describeWithBrowser('workspaces, in the panel', (browser) => {
  let hub: TestHub;
  let admin: PanelUser;
  let receiver: Receiver;
  beforeAll(async () => {
    hub = await TestHub.start();
    admin = await PanelUser.setUp(hub);
    receiver = await Receiver.start();
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

  const read = async (id: string) => (await hub.api('GET', `/api/workspaces/${id}`)).body;

  test('a fault stands beside its field, and nothing that was typed is lost', async () => {
    const { page } = await open('/workspaces?new=1');
    await page.getByRole('button', { name: 'Create workspace' }).click();
    await page.getByText('Give the workspace a name.').waitFor();
    await page.getByLabel('Name', { exact: false }).first().fill(SCRIPT);
    await page.getByLabel('Email').fill('nobody');
    await page.getByLabel('URL').fill('ftp://crm.example');
    await page.getByRole('button', { name: 'Create workspace' }).click();
    await page.getByText('This must begin with http:// or https://').waitFor();
    await page.getByText('This is not an e-mail address.').waitFor();
    expect(await page.getByLabel('URL').getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('Email').fill('');
    await page.getByLabel('URL').fill('https://crm.example/hook');
    await addHeader(page, 1, 'Host', 'x');
    await page.getByRole('button', { name: 'Create workspace' }).click();
    await page.getByText('"Host" is set by the hub itself.').waitFor();
    expect(await page.getByLabel('URL').inputValue()).toBe('https://crm.example/hook');
    await page.getByLabel('Name of header 1').fill('X-Tenant');
    await page.getByRole('button', { name: 'Create workspace' }).click();
    await page.getByText(`${SCRIPT} was created`).waitFor();
    await page.getByRole('button', { name: 'I have copied the secret' }).click();
    await page.getByRole('link', { name: SCRIPT, exact: true }).waitFor();
  });

  test('what was typed goes only when somebody says so', async () => {
    const { page } = await open('/workspaces?new=1');
    await page.getByLabel('Name', { exact: false }).first().fill('Half');
    await page.keyboard.press('Escape');
    await page.getByText('Throw away what you have typed?').waitFor();
    await page.getByRole('button', { name: 'Keep editing' }).click();
    expect(await page.getByLabel('Name', { exact: false }).first().inputValue()).toBe('Half');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Throw away' }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(new URL(page.url()).search).toBe('');
  });

  test('a clone begins with the URL, headers and settings of its model, and with a secret of its own', async () => {
    const model = await hub.createWorkspace({
      name: 'Model',
      url: receiver.url,
      headers: [{ key: 'x-key', value: 'of the model' }],
      extra_events: ['echo'],
      channels: ['imessage', 'sms'],
    });
    const { page } = await open('/workspaces?new=1');
    await page.getByRole('combobox', { name: 'Select Existing Workspace' }).click();
    await page.getByRole('option', { name: 'Model' }).click();
    expect(await page.getByLabel('URL').inputValue()).toBe(receiver.url);
    const value = page.getByLabel('Value of header 1', { exact: true });
    expect(await value.inputValue()).toBe('');
    await page.getByRole('button', { name: 'Show the value of header 1' }).click();
    await waitFor('the value', async () => (await value.inputValue()) === 'of the model');
    await page.getByLabel('Name', { exact: false }).first().fill('Clone');
    await page.getByRole('button', { name: 'Create workspace' }).click();
    await page.getByText('Clone was created').waitFor();
    const secret = await page.getByText(/^whsec_/).textContent();
    expect(secret).not.toBe(model.secret);
    await page.getByRole('button', { name: 'Send test event' }).click();
    await page.getByText('The receiver answered 200').waitFor();
    await page.getByText('noted').waitFor();
    const { headers } = receiver.calls.at(-1) ?? {};
    expect(headers?.['x-key']).toBe('of the model');
  });

  test('headers keep the values that nobody typed over', async () => {
    const { id } = await hub.createWorkspace({
      name: 'Keeper',
      url: receiver.url,
      headers: [
        { key: 'x-kept', value: 'stays' },
        { key: 'x-changed', value: 'old' },
        { key: 'x-removed', value: 'gone' },
      ],
    });
    const { page } = await open(`/workspaces?edit=${id}`);
    await page.getByLabel('Value of header 2', { exact: true }).fill('new');
    await page.getByRole('button', { name: 'Remove header 3' }).click();
    await page.getByRole('button', { name: 'Add Header' }).click();
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('The workspace is saved.').waitFor();
    const { body } = await hub.api('POST', `/api/workspaces/${id}/reveal-headers`);
    expect(body.headers).toEqual([
      { key: 'x-kept', value: 'stays' },
      { key: 'x-changed', value: 'new' },
    ]);
  });

  test('channels, extra events, keys and routes are set in the advanced part', async () => {
    const { id } = await hub.createWorkspace({ name: 'Advanced' });
    const { page } = await open(`/workspaces?edit=${id}`);
    await page.getByRole('button', { name: 'Advanced' }).click();
    await page.getByRole('checkbox', { name: 'WhatsApp' }).uncheck();
    await page.getByRole('checkbox', { name: 'Reactions' }).check();
    await choose(
      page,
      page.getByRole('combobox', { name: 'Who may send in its name' }),
      'An API key is required',
    );
    await choose(page, page.getByRole('combobox', { name: 'After iMessage' }), 'SMS');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('The workspace is saved.').waitFor();
    const { channels, extra_events, require_api_key } = await read(id);
    expect({ channels, extra_events, require_api_key }).toEqual({
      channels: ['imessage', 'sms', 'rcs'],
      extra_events: ['reaction'],
      require_api_key: true,
    });
    const { body } = await hub.api('GET', `/api/workspaces/${id}/routing`);
    expect(body.routes?.imessage).toEqual(['imessage', 'sms']);
  });

  test('a webhook that is switched off says why, and is switched on again', async () => {
    const { id } = await hub.createWorkspace({ name: 'Silent', url: receiver.url });
    await hub.api('PATCH', `/api/workspaces/${id}`, { webhook_enabled: false });
    const { page } = await open(`/workspaces?edit=${id}`);
    await page.getByRole('tab', { name: 'Webhook' }).click();
    await page.getByText('An admin switched it off.').waitFor();
    await page.getByRole('button', { name: 'Switch on again' }).click();
    await page.getByText('The webhook is switched on.').waitFor();
    expect((await read(id)).webhook_enabled).toBe(true);
  });

  test('keys and secrets are shown once; a rotation tells how long the old secret still signs', async () => {
    const { id, secret } = await hub.createWorkspace({ name: 'Locked', require_api_key: true });
    const { page } = await open(`/workspaces?edit=${id}`);
    await page.getByRole('tab', { name: 'Secret and keys' }).click();
    await page.getByLabel('What the key is for').fill('Production');
    await page.getByRole('button', { name: 'Create key' }).click();
    const key = await page.getByText(/^bwk_/).textContent();
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const refused = await hub.call('POST', '/webhook', {
      headers,
      body: JSON.stringify({ location_id: id }),
    });
    expect(refused.body.code).toBe('missing_field');
    await page.getByRole('button', { name: 'Rotate secret' }).click();
    await page.getByRole('button', { name: 'Rotate now' }).click();
    await page.getByText(/The old secret still signs as well, for another 23 h 59 min|24 h 0 min/).waitFor();
    expect(await page.getByText(/^whsec_/).textContent()).not.toBe(secret);
    await page.getByRole('button', { name: 'Revoke', exact: true }).click();
    await page.getByRole('button', { name: 'Revoke for good' }).click();
    await page.getByText('There is no key yet.').waitFor();
    await page.reload();
    await page.getByRole('tab', { name: 'Secret and keys' }).click();
    await page.getByText('The old secret still signs').waitFor();
    expect(await page.getByText(/^(whsec|bwk)_/).count()).toBe(0);
  });

  test('instructions have its own values and the code that the guide has', async () => {
    const { id } = await hub.createWorkspace({ name: 'Client', url: receiver.url, require_api_key: true });
    const { page } = await open(`/workspaces?instructions=${id}`);
    const command = (await page.locator('pre').first().textContent()) ?? '';
    expect(command).toContain(`${hub.url}/webhook`);
    expect(command).toContain(`"location_id": "${id}"`);
    expect(command).toContain('authorization: Bearer YOUR_API_KEY');
    await page.getByRole('tab', { name: '2. Receive events' }).click();
    await page.getByRole('tabpanel').getByText(receiver.url).waitFor();
    await page.getByRole('tab', { name: '3. Verify them' }).click();
    for (const [language, line] of [
      ['Node, with the library', "import { Webhook } from 'standardwebhooks';"],
      ['Node, by hand', 'timingSafeEqual(given, expected)'],
      ['Python', 'hmac.compare_digest'],
      ['PHP', '<?php'],
    ] as const) {
      await page.getByRole('tab', { name: language }).click();
      await page.locator('pre', { hasText: line }).waitFor();
    }
  });

  test('instructions name the address that the hub was given, wherever the panel is looked at', async () => {
    await using given = await TestHub.start({ HUB_PUBLIC_URL: 'http://hub.example' });
    const other = await PanelUser.setUp(given);
    const { id } = await given.createWorkspace({ name: 'Client' });
    await using view = await browser().open(given.url, { cookies: other.cookies });
    await view.goto(`/workspaces?instructions=${id}`);
    await view.page.locator('pre', { hasText: 'curl -sS http://hub.example/webhook' }).waitFor();
  });

  test('goes only when its name was typed, after what breaks was told', async () => {
    const mac = await hub.pairMac('Old Mac');
    const { id } = await hub.join(mac.id, { name: 'Leaving', url: receiver.url });
    await hub.send(id, 'never-sent');
    const { page } = await open('/workspaces?q=leav');
    await page.getByRole('link', { name: 'Delete Leaving' }).click();
    await page.getByText('One device stops serving it: Old Mac.').waitFor();
    await page.getByText('Queued messages that will not be sent: 1.').waitFor();
    const button = page.getByRole('button', { name: 'Delete workspace' });
    expect(await button.isDisabled()).toBe(true);
    await page.getByLabel('Type Leaving to confirm').fill('Leaving');
    await button.click();
    await page.getByText('Leaving is deleted.').waitFor();
    expect((await hub.api('GET', `/api/workspaces/${id}`)).status).toBe(404);
    expect(new URL(page.url()).searchParams.get('q')).toBe('leav');
  });
});

async function addHeader(page: Page, number: number, name: string, value: string): Promise<void> {
  await page.getByRole('button', { name: 'Add Header' }).click();
  await page.getByLabel(`Name of header ${number}`).fill(name);
  await page.getByLabel(`Value of header ${number}`, { exact: true }).fill(value);
}

async function choose(page: Page, field: Locator, option: string): Promise<void> {
  await field.click();
  await page.getByRole('option', { name: option }).click();
  await page.keyboard.press('Tab');
}
