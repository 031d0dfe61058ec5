import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithBrowser } from '../../kit/browser/describe-with-browser.ts';
import type { View } from '../../kit/browser/view.ts';
import { PanelUser } from '../kit/panel-user.ts';
import { TestHub } from '../kit/test-hub.ts';

const FOCUSED = 'document.activeElement.textContent';

describeWithBrowser('a dialog of the panel', (browser) => {
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

  test('gives the focus back to what opened it, or to the heading of a page that has it no more', async () => {
    await hub.createWorkspace({ name: 'Focused' });
    const { page } = await open('/workspaces');
    await page.getByRole('button', { name: 'Add New Workspace' }).click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await page.evaluate(FOCUSED)).toBe('Add New Workspace');
    await page.getByRole('link', { name: 'Delete Focused' }).click();
    await page.getByLabel('Type Focused to confirm').fill('Focused');
    await page.getByRole('button', { name: 'Delete workspace' }).click();
    await page.getByText('Focused is deleted.').waitFor();
    await page.getByRole('link', { name: 'Delete Focused' }).waitFor({ state: 'hidden' });
    expect(await page.evaluate(FOCUSED)).toBe('Workspaces / Webhooks');
  });

  test('begins with what is stored now, and never with what was before the last change', async () => {
    const { id } = await hub.createWorkspace({ name: 'Moved' });
    const { page } = await open('/workspaces');
    const edit = page.getByRole('link', { name: 'Edit Moved' });
    await edit.click();
    await page.getByLabel('Address').fill('Pier 9');
    const answered = Promise.withResolvers<void>();
    await page.route(`**/api/workspaces/${id}`, async (route) => {
      if (route.request().method() === 'GET') await answered.promise;
      await route.continue();
    });
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('The workspace is saved.').waitFor();
    await edit.click();
    await page.getByRole('dialog', { name: 'Edit workspace' }).getByRole('status').waitFor();
    expect(await page.getByLabel('Address').count()).toBe(0);
    answered.resolve();
    await page.getByLabel('Address').waitFor();
    expect(await page.getByLabel('Address').inputValue()).toBe('Pier 9');
  });

  test('leaves the page where it was', async () => {
    for (let index = 0; index < 6; index += 1) await hub.createWorkspace({ name: `Long list ${index}` });
    const { page } = await open('/workspaces');
    await page.setViewportSize({ width: 1280, height: 400 });
    await page.getByRole('link', { name: 'Long list 0', exact: true }).scrollIntoViewIfNeeded();
    const before = await page.evaluate<number>('scrollY');
    expect(before).toBeGreaterThan(0);
    await page.getByRole('link', { name: 'Long list 0', exact: true }).click();
    await page.getByLabel('Address').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await page.evaluate<number>('scrollY')).toBe(before);
    await page.goto('/deliveries?cursor=7');
    await page.getByRole('button', { name: 'Replay failed since' }).click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(new URL(page.url()).search).toBe('?cursor=7');
  });

  test('keeps the value of a header that gets another name, and takes a look at it for no change', async () => {
    const headers = [{ key: 'x-old', value: 'the value' }];
    const { id } = await hub.createWorkspace({ name: 'Renamer', headers });
    const { page } = await open(`/workspaces?edit=${id}`);
    await page.getByRole('button', { name: 'Show the value of header 1' }).click();
    await page.getByRole('button', { name: 'Hide the value of header 1' }).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.getByRole('link', { name: 'Edit Renamer' }).click();
    await page.getByLabel('Name of header 1').fill('x-new');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('The workspace is saved.').waitFor();
    const { body } = await hub.api('POST', `/api/workspaces/${id}/reveal-headers`);
    expect(body.headers).toEqual([{ key: 'x-new', value: 'the value' }]);
  });

  test('does not go by mistake while it shows what is shown only once', async () => {
    const { id } = await hub.createWorkspace({ name: 'Rotated' });
    const { page } = await open(`/workspaces?edit=${id}`);
    await page.getByRole('tab', { name: 'Secret and keys' }).click();
    await page.getByRole('button', { name: 'Rotate secret' }).click();
    await page.getByRole('button', { name: 'Rotate now' }).click();
    await page.getByText(/^whsec_/).waitFor();
    await page.keyboard.press('Escape');
    expect(await page.getByText(/^whsec_/).isVisible()).toBe(true);
  });

  test('takes a name with two spaces as it is shown, and says when it was led to nothing', async () => {
    const { id } = await hub.createWorkspace({ name: 'Two  spaces' });
    const { page } = await open(`/workspaces?delete=${id}`);
    await page.getByLabel('Type Two spaces to confirm').fill('Two spaces');
    await page.getByRole('button', { name: 'Delete workspace' }).click();
    await page.getByText(/spaces is deleted/).waitFor();
    await page.goto('/workspaces?delete=nobody');
    await page.getByRole('dialog').getByText('There is no workspace').waitFor();
    await page.goto('/sims?assign=nobody');
    await page.getByRole('dialog').getByText('The workspace that this link led to is not here').waitFor();
  });

  test('with the code of a device is closed by its button, and warns of an address that leads nowhere else', async () => {
    const { body } = await hub.api('POST', '/api/enrollments', { name: 'Waiting', kind: 'mac' });
    const { page } = await open(`/devices/${body.device_id}`);
    await page.getByRole('button', { name: 'Get a new code' }).click();
    const dialog = page.getByRole('dialog', { name: 'Pair Waiting' });
    await dialog.getByText('for another one set HUB_PUBLIC_URL').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Get a new code' }).waitFor();
  });

  test('of devices connects the workspace, too', async () => {
    const { id } = await hub.createWorkspace({ name: 'Loose end' });
    const { page } = await open(`/sims?assign=${id}`);
    await page.getByRole('button', { name: 'Connect it now' }).click();
    await page.getByText('Loose end is connected.').waitFor();
    await page.getByText('Not connected yet').waitFor({ state: 'hidden' });
    expect((await hub.api('GET', `/api/workspaces/${id}`)).body.connected).toBe(true);
  });

  test('tells of a choice that is gone beside the field it was made in', async () => {
    const { id } = await hub.createWorkspace({ name: 'Passing' });
    const user = await hub.api('POST', '/api/users', { name: 'Dee', email: 'dee@example.com', role: 'user' });
    const { page } = await open(`/users?edit=${user.body.id}`);
    await page.getByRole('combobox', { name: 'Workspaces' }).click();
    await page.getByRole('option', { name: 'Passing' }).click();
    await hub.api('DELETE', `/api/workspaces/${id}`);
    await page.getByRole('button', { name: 'Save changes' }).click();
    const invalid = page.getByRole('dialog').locator('[aria-invalid=true]');
    await invalid.waitFor();
  });

  test('shows nothing that was open to somebody else who signs in above it', async () => {
    const { id } = await hub.createWorkspace({ name: 'Not for Eve' });
    const invited = await hub.api('POST', '/api/users', {
      name: 'Eve',
      email: 'eve@example.com',
      role: 'user',
    });
    const eve = new PanelUser(hub);
    await eve.join(String(invited.body.invite_url));
    const second = await hub.api('POST', '/api/users', {
      name: 'Fay',
      email: 'fay@example.com',
      role: 'admin',
    });
    const fay = new PanelUser(hub);
    await fay.join(String(second.body.invite_url));
    const { page } = await browser().open(hub.url, { cookies: fay.cookies });
    await page.goto(`/workspaces?edit=${id}`);
    await page.getByRole('dialog', { name: 'Edit Not for Eve' }).waitFor();
    await hub.api('PATCH', `/api/users/${second.body.id}`, { disabled: true });
    const again = page.getByRole('dialog', { name: 'Your session has ended' });
    await again.getByLabel('E-mail').fill('eve@example.com');
    await again.getByLabel('Password').first().fill(eve.password);
    await again.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    expect(await page.getByText('Not for Eve').count()).toBe(0);
    expect(page.url()).toBe(`${hub.url}/`);
  });
});

describeWithBrowser('a page of the panel', (browser) => {
  test('begins anew when somebody else signs in beside it', async () => {
    await using hub = await TestHub.start();
    const ann = await PanelUser.setUp(hub);
    await hub.createWorkspace({ name: 'Of Ann alone' });
    const invited = await ann.call('POST', '/api/users', {
      name: 'Gus',
      email: 'gus@example.com',
      role: 'user',
    });
    const gus = new PanelUser(hub);
    await gus.join(String(invited.body.invite_url));
    await using view = await browser().open(hub.url, { cookies: ann.cookies });
    const { page } = view;
    await view.goto('/workspaces');
    await page.getByRole('link', { name: 'Of Ann alone', exact: true }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.context().clearCookies();
    await page.context().addCookies([...gus.cookies].map(([name, value]) => ({ name, value, url: hub.url })));
    // Ann's page hears that something changed, and asks who it is.
    await hub.api('PATCH', `/api/users/${invited.body.id}`, { name: 'Gus the second' });
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.getByText('Gus the second').first().waitFor();
    expect(await page.getByText('Of Ann alone').count()).toBe(0);
  });
});

describeWithBrowser('a filter of the panel', (browser) => {
  let hub: TestHub;
  let admin: PanelUser;
  beforeAll(async () => {
    hub = await TestHub.start();
    admin = await PanelUser.setUp(hub);
  });
  afterAll(() => hub[Symbol.asyncDispose]());

  test('keeps the space before the next word', async () => {
    await hub.createWorkspace({ name: 'Night shift' });
    const { page } = await browser().open(hub.url, { cookies: admin.cookies });
    await page.goto('/workspaces');
    await page.getByLabel('Find a workspace').pressSequentially('Night ');
    await page.waitForURL('**/workspaces?q=Night');
    await page.getByLabel('Find a workspace').pressSequentially('shift');
    await page.waitForURL('**/workspaces?q=Night+shift');
    await page.getByRole('link', { name: 'Night shift', exact: true }).waitFor();
  });

  test('finds a number as people write it, and says where it does not look', async () => {
    const mac = await hub.pairMac('Searched Mac');
    const { id } = await hub.join(mac.id, { name: 'Searched' });
    await hub.send(id, 'to-be-found', { phone: '+12145550130', message: 'spoken words' });
    const { page } = await browser().open(hub.url, { cookies: admin.cookies });
    await page.goto('/messages?q=(214) 555-0130');
    await page.getByRole('link', { name: 'spoken words' }).waitFor();
    await page.goto('/messages?q=spoken');
    await page.getByText('not at what was said').waitFor();
  });

  test('takes a year that is typed over another', async () => {
    const { page } = await browser().open(hub.url, { cookies: admin.cookies });
    await page.goto('/messages?since=2025-11-20T09:00:00.000Z');
    const from = page.getByLabel('From', { exact: true });
    expect(await from.inputValue()).toBe('2025-11-20T10:00');
    await from.focus();
    // The year is the third part, in whatever order the browser has day and month.
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.type('2024');
    await from.blur();
    await page.waitForURL('**/messages?since=2024-11-20T09*');
    expect(await from.inputValue()).toBe('2024-11-20T10:00');
  });
});
