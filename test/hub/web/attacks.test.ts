import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithBrowser } from '../../kit/browser/describe-with-browser.ts';
import type { View } from '../../kit/browser/view.ts';
import { waitFor } from '../../kit/wait.ts';
import { messageEntry, TestDevice } from '../kit/test-device.ts';
import { TestHub } from '../kit/test-hub.ts';
import { ALL_ATTACKS, ATTACKS } from './attacks.ts';
import { type Furnished, furnish, VIEWS } from './furnish.ts';

const NAME = ATTACKS.slice(0, 6).join(' ').slice(0, 200);
/** What the attacks would have made of themselves, had they been taken for more than text. */
const TRACES = [
  'script:not([src])',
  'iframe',
  'object',
  'embed',
  'base',
  'math',
  'details[ontoggle]',
  'style:not([nonce]):not([data-mantine-styles])',
  'img[src="x"], img[src*="evil"]',
  '[onerror], [onload], [onfocus], [onmouseover]',
  'a[href^="javascript:" i], a[href^="data:" i], a[href*="evil.example"]',
  'form[action*="evil"], link[href*="evil"], meta[http-equiv="refresh"]',
].join(', ');

const LINKS = [
  '/workspaces?q=ATTACK',
  '/workspaces?edit=ATTACK',
  '/workspaces?instructions=ATTACK',
  '/sims?assign=ATTACK',
  '/devices/ATTACK',
  '/messages?q=ATTACK&phone=ATTACK&workspace=ATTACK&status=ATTACK&channel=ATTACK',
  '/messages/ATTACK',
  '/conversations/ATTACK/ATTACK',
  '/deliveries?status=ATTACK&workspace=ATTACK',
  '/deliveries/ATTACK',
  '/audit?actor=ATTACK&action=ATTACK',
  '/setup/ATTACK',
  '/login?return=ATTACK',
  '/ATTACK',
];
/** Views are many, and a busy machine is slow. */
const PATIENCE_MS = 300_000;

describeWithBrowser('what somebody writes to have it run in the panel', (browser) => {
  let hub: TestHub;
  let furnished: Furnished;
  let hostile: Server;
  beforeAll(async () => {
    hub = await TestHub.start();
    furnished = await furnish(hub, {
      workspace: NAME,
      address: ALL_ATTACKS.slice(0, 500),
      device: NAME,
      user: NAME,
      headerValue: ATTACKS[1]!,
      text: ALL_ATTACKS,
    });
    hostile = createServer((_request, response) =>
      response.writeHead(500, { 'content-type': 'text/html' }).end(ALL_ATTACKS),
    );
    await once(hostile.listen(0, '127.0.0.1'), 'listening');
    await spread(hub, furnished, `http://127.0.0.1:${(hostile.address() as AddressInfo).port}/`);
  });
  afterAll(async () => {
    hostile.close();
    await furnished[Symbol.asyncDispose]();
    await hub[Symbol.asyncDispose]();
  });

  async function open(path: string): Promise<View> {
    const view = await browser().open(hub.url, { cookies: furnished.admin.cookies });
    await view.goto(path);
    await view.settle();
    return view;
  }

  // Anything that ran, asked the network or broke the policy fails the test by itself, too.
  test('is text in every view', { timeout: PATIENCE_MS }, async () => {
    const view = await browser().open(hub.url, { cookies: furnished.admin.cookies });
    for (const [name, path] of VIEWS) {
      await view.goto(path(furnished.ids));
      await view.settle();
      expect(await view.page.locator(TRACES).count(), name).toBe(0);
      expect(new URL(view.page.url()).origin).toBe(hub.url);
    }
  });

  test('is read as it was written', async () => {
    const view = await open('/workspaces');
    for (const attack of ['<script>pwned()</script>', '<base href=https://evil.example/>', '<%= pwned() %>'])
      await view.page.getByText(attack, { exact: true }).first().waitFor();
    await view.goto(`/messages/${furnished.ids.message}`);
    await view.page.getByText("' onmouseover='pwned()").first().waitFor();
  });

  test('does nothing in a link', { timeout: PATIENCE_MS }, async () => {
    const attack = '"><img src=x onerror=pwned()><script>pwned()</script>/../javascript:pwned()';
    const view = await browser().open(hub.url, { cookies: furnished.admin.cookies });
    for (const pattern of LINKS) {
      await view.goto(pattern.replaceAll('ATTACK', encodeURIComponent(attack)));
      await view.settle();
      expect(await view.page.locator(TRACES).count(), pattern).toBe(0);
      expect(new URL(view.page.url()).origin).toBe(hub.url);
    }
  });

  test.each(['javascript:pwned()', '//evil.example/', '/\\evil.example'])(
    'leads nobody away who signs in: %s',
    async (target) => {
      const view = await browser().open(hub.url);
      await view.goto(`/login?return=${encodeURIComponent(target)}`);
      await view.page.getByLabel('E-mail').fill('ann@example.com');
      await view.page.getByLabel('Password', { exact: true }).fill(furnished.admin.password);
      await view.page.getByRole('button', { name: 'Sign in' }).click();
      await view.page.getByRole('navigation', { name: 'Main' }).waitFor();
      expect(view.page.url()).toBe(`${hub.url}/`);
    },
  );

  test('is taken as text by every field that is typed into, and by the complaint beside it', async () => {
    const view = await open('/workspaces?new=1');
    for (const attack of ATTACKS.slice(0, 4)) {
      await typeEverywhere(view, attack);
      await view.page.getByRole('button', { name: 'Create workspace' }).click();
      await view.page.getByText('This is not an absolute URL').waitFor();
      expect(await view.page.locator(TRACES).count(), attack).toBe(0);
    }
    await view.goto('/devices?new=1');
    await typeEverywhere(view, NAME);
    await view.page.getByRole('button', { name: 'Get a code' }).click();
    await view.page.getByText(/^bluewire-bridge pair/).waitFor();
    expect(await view.page.locator(TRACES).count()).toBe(0);
    await view.goto('/users?new=1');
    await typeEverywhere(view, ATTACKS[0]!);
    await view.page.getByRole('dialog').locator('button[type=submit]').click();
    await view.page.getByText(/not an e-mail address/).waitFor();
    expect(await view.page.locator(TRACES).count()).toBe(0);
  });
});

async function typeEverywhere({ page }: View, text: string): Promise<void> {
  const fields = page
    .getByRole('dialog')
    .locator('input:visible:not([type=checkbox]):not([type=radio]):not([readonly])');
  await fields.first().waitFor();
  for (const field of await fields.all())
    if ((await field.isEditable()) && (await field.getAttribute('role')) === null)
      if ((await field.getAttribute('inputmode')) !== 'numeric') await field.fill(text);
}

/** Every attack alone, wherever people and machines put words. */
async function spread(hub: TestHub, { ids }: Furnished, hostile: string): Promise<void> {
  for (const [index, attack] of ATTACKS.entries()) {
    await hub.createWorkspace({ name: attack, address: attack });
    await hub.api('POST', '/api/enrollments', { name: attack, kind: 'mac', address: attack });
    await hub.send(ids.workspace, `m-${index} ${attack}`.slice(0, 128), { message: attack, user_id: attack });
  }
  const mac = await hub.api('POST', '/api/enrollments', { name: 'Told by a machine', kind: 'mac' });
  const versions = { hostname: NAME, os_version: ATTACKS[0], bridge_version: ATTACKS[2] };
  const { body } = await hub.pair(String(mac.body.code), versions);
  const { id } = await hub.join(String(body.device_id), { url: hostile });
  using device = await TestDevice.online(hub.url, String(body.token), {
    bridge_version: ATTACKS[2],
    os_version: ATTACKS[0],
  });
  const finding = { check: 'sleep', ok: false, message: ALL_ATTACKS.slice(0, 500), remedy: ATTACKS[5]! };
  device.socket.emit('health', { findings: [finding], open_sends: 0, unacked_entries: 0 });
  for (const [index, attack] of ATTACKS.entries())
    await device.report(
      messageEntry(`in-${index}`, attack, `+1214555${String(200 + index).padStart(4, '0')}`),
    );
  await waitFor('a hostile answer', async () => {
    const deliveries = await hub.api('GET', `/api/deliveries?workspace=${id}`);
    return Number(deliveries.body.items?.[0]?.attempts) > 0;
  });
}
