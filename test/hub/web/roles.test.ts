import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithBrowser } from '../../kit/browser/describe-with-browser.ts';
import type { View } from '../../kit/browser/view.ts';
import { TestHub } from '../kit/test-hub.ts';
import { type Furnished, furnish } from './furnish.ts';

describeWithBrowser('a sub-account user', (browser) => {
  let hub: TestHub;
  let furnished: Furnished;
  beforeAll(async () => {
    hub = await TestHub.start();
    furnished = await furnish(hub);
  });
  afterAll(async () => {
    await furnished[Symbol.asyncDispose]();
    await hub[Symbol.asyncDispose]();
  });

  async function open(path: string): Promise<View> {
    const view = await browser().open(hub.url, { cookies: furnished.user.cookies });
    await view.goto(path);
    await view.settle();
    return view;
  }

  test('sees what was given to them, and nothing that leads further', async () => {
    const view = await open('/workspaces');
    await view.page.getByRole('link', { name: 'Harbour Dental', exact: true }).waitFor();
    expect(await view.page.getByText('Night shift').count()).toBe(0);
    expect(await view.page.getByRole('button', { name: 'Add New Workspace' }).count()).toBe(0);
    expect(await view.page.getByRole('link', { name: /^Delete / }).count()).toBe(0);
    const places = view.page.getByRole('navigation', { name: 'Main' });
    for (const name of ['Users', 'Audit log']) expect(await places.getByText(name).count()).toBe(0);
    await view.shoot('user-workspaces');
    await view.goto('/workspaces?new=1');
    await view.settle();
    expect(await view.page.getByRole('dialog').count()).toBe(0);
    await view.goto('/devices');
    await view.settle();
    await view.page.getByRole('link', { name: 'Mac mini, front desk' }).waitFor();
    expect(await view.page.getByText('Mac Studio').count()).toBe(0);
  });

  test('reaches nobody else’s things by a link: neither the page nor the hub says more than that there is none', async () => {
    const { ids, user } = furnished;
    const { body } = await hub.api('GET', `/api/messages?workspace=${ids.otherWorkspace}`);
    const message = String(body.items?.[0]?.id);
    const deliveries = await hub.api('GET', `/api/deliveries?workspace=${ids.otherWorkspace}`);
    const delivery = String(deliveries.body.items?.[0]?.id);
    const pages = [
      `/workspaces?edit=${ids.otherWorkspace}`,
      `/workspaces?instructions=${ids.otherWorkspace}`,
      `/workspaces?delete=${ids.workspace}`,
      `/sims?assign=${ids.otherWorkspace}`,
      `/devices/${ids.otherMac}`,
      `/messages?workspace=${ids.otherWorkspace}`,
      `/messages/${message}`,
      `/conversations/${ids.otherWorkspace}/%2B12145550100`,
      `/deliveries?workspace=${ids.otherWorkspace}`,
      `/deliveries/${delivery}`,
      '/users',
      '/audit',
      '/workspaces?new=1',
    ];
    const view = await open('/');
    for (const path of pages) {
      await view.goto(path);
      await view.settle();
      const shown = await view.page.locator('body').innerText();
      for (const secret of ['Night shift', 'Mac Studio', 'unheard-1', 'ann@example.com'])
        expect(shown, `${secret} in ${path}`).not.toContain(secret);
    }
    for (const [method, path, status] of [
      ['GET', `/api/workspaces/${ids.otherWorkspace}`, 404],
      ['PATCH', `/api/workspaces/${ids.otherWorkspace}`, 404],
      ['GET', `/api/devices/${ids.otherMac}`, 404],
      ['GET', `/api/messages/${message}`, 404],
      ['GET', `/api/deliveries/${delivery}`, 404],
      ['DELETE', `/api/workspaces/${ids.workspace}`, 403],
      ['POST', '/api/workspaces', 403],
      ['GET', '/api/users', 403],
      ['GET', '/api/audit', 403],
    ] as const) {
      const input = method === 'GET' || method === 'DELETE' ? undefined : { name: 'Mine now' };
      expect((await user.call(method, path, input)).status, `${method} ${path}`).toBe(status);
    }
  });

  test('enrolls as many devices as they may, and is told why no more', async () => {
    const view = await open('/devices');
    await view.page.getByText('You may enroll 1 more').waitFor();
    await view.page.getByRole('button', { name: 'Enroll a device' }).first().click();
    await view.page.getByRole('dialog').getByLabel('Name').fill('Own Mac');
    await view.page.getByRole('button', { name: 'Get a code' }).click();
    await view.page.getByText(/^bluewire-bridge pair/).waitFor();
    await view.goto('/devices');
    await view.page.getByText('You may enroll no more').waitFor();
    expect(await view.page.getByRole('button', { name: 'Enroll a device' }).first().isDisabled()).toBe(true);
    await view.goto('/devices?new=1');
    await view.settle();
    await view.page.getByText('You may enroll no more').waitFor();
    expect(await view.page.getByRole('dialog').count()).toBe(0);
    const refused = await furnished.user.call('POST', '/api/enrollments', { name: 'One more', kind: 'mac' });
    expect(refused.status).toBe(409);
  });

  test('names and pauses a device that serves them, and is offered no more of what is not theirs', async () => {
    const { page } = await open(`/devices/${furnished.ids.mac}`);
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    expect(await page.getByRole('button', { name: 'Revoke' }).count()).toBe(0);
    for (const name of ['Number or address', 'Per minute'])
      expect(await page.getByLabel(name).count(), name).toBe(0);
    await page.getByRole('textbox', { name: 'Name' }).fill('Front desk');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Front desk' }).waitFor();
    await page.getByText('The device is saved.').waitFor();
  });

  test('gets codes for devices that they enrolled, not for others that were given to them', async () => {
    const { body } = await hub.api('POST', '/api/enrollments', { name: 'Lent, unpaired', kind: 'mac' });
    const people = await hub.api('GET', '/api/users');
    const { id } = (people.body.items as unknown as { id: string; email: string }[]).find(
      ({ email }) => email === 'bea@example.com',
    ) ?? { id: '' };
    const devices = [furnished.ids.mac, String(body.device_id)];
    expect((await hub.api('PATCH', `/api/users/${id}`, { devices })).status).toBe(200);
    const { page } = await open(`/devices/${body.device_id}`);
    await page.getByText('An admin, or whoever enrolled it, has a code for it.').waitFor();
    expect(await page.getByRole('button', { name: 'Get a new code' }).count()).toBe(0);
  });
});
