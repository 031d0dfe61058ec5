import { createHmac } from 'node:crypto';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithBrowser } from '../../kit/browser/describe-with-browser.ts';
import type { View } from '../../kit/browser/view.ts';
import { waitFor } from '../../kit/wait.ts';
import { PanelUser } from '../kit/panel-user.ts';
import { TestHub } from '../kit/test-hub.ts';

const PASSWORD = 'correct horse battery';
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** What an authenticator app shows for this key (RFC 6238). */
function codeOf(key: string): string {
  const bits = [...key].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const bytes = (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac('sha1', Buffer.from(bytes)).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}

async function signIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').first().fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

describeWithBrowser('people, in the panel', (browser) => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await TestHub.start();
    await PanelUser.setUp(hub);
  });
  afterAll(() => hub[Symbol.asyncDispose]());

  /** Somebody who is signed in: each test has its own, for it may end sessions. */
  async function open(path: string): Promise<View> {
    const admin = new PanelUser(hub);
    await admin.signIn('ann@example.com');
    const view = await browser().open(hub.url, { cookies: admin.cookies });
    await view.goto(path);
    await view.settle();
    return view;
  }

  test('whoever is not signed in is led to log in, and back to where they wanted to go', async () => {
    const { page } = await browser().open(hub.url);
    await page.goto('/audit?action=user.join');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await signIn(page, 'ann@example.com', 'not this one');
    await page.getByText('This e-mail address and password do not belong together.').waitFor();
    expect(await page.getByLabel('E-mail').inputValue()).toBe('ann@example.com');
    await signIn(page, 'ann@example.com');
    await page.getByRole('heading', { name: 'Audit log' }).waitFor();
    await page.getByRole('cell', { name: 'User joined' }).waitFor();
    expect(new URL(page.url()).search).toBe('?action=user.join');
  });

  test('the way back leads nowhere else', async () => {
    const { page } = await browser().open(hub.url);
    await page.goto('/login?return=https%3A%2F%2Felsewhere.example%2Fpanel');
    await signIn(page, 'ann@example.com');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    expect(page.url()).toBe(`${hub.url}/`);
  });

  test('an invitation is a link that is shown once, and lets in to what was given', async () => {
    const { id } = await hub.createWorkspace({ name: 'Harbour' });
    await hub.createWorkspace({ name: 'Not theirs' });
    const { page } = await open('/users?new=1');
    await page.getByLabel('Name', { exact: false }).first().fill('Bea');
    await page.getByLabel('E-mail').fill('not-a-mail');
    await page.getByRole('combobox', { name: 'Workspaces' }).click();
    await page.getByRole('option', { name: 'Harbour' }).click();
    await page.getByLabel('Device allowance').fill('2');
    const add = page.getByRole('dialog').getByRole('button', { name: 'Add user' });
    await add.click();
    await page.getByText('This is not an e-mail address.').waitFor();
    await page.getByLabel('E-mail').fill('bea@example.com');
    await add.click();
    const link = await page.getByText(/\/setup\//).textContent();
    await page.getByRole('button', { name: 'I have copied the link' }).click();
    await page.getByRole('row', { name: /Bea/ }).getByText('Invited').waitFor();

    const { page: theirs } = await browser().open(hub.url);
    await theirs.goto(new URL(String(link)).pathname);
    expect(await theirs.getByLabel('E-mail').inputValue()).toBe('bea@example.com');
    await theirs.getByLabel('Password').first().fill('too short');
    await theirs.getByRole('button', { name: 'Begin' }).click();
    await theirs.getByText('A password has at least 12 characters.').waitFor();
    await theirs.getByLabel('Password').first().fill(PASSWORD);
    await theirs.getByRole('button', { name: 'Begin' }).click();
    await theirs.getByRole('link', { name: 'Workspaces / Webhooks' }).first().click();
    await theirs.getByRole('link', { name: 'Harbour', exact: true }).waitFor();
    expect(await theirs.getByText('Not theirs').count()).toBe(0);
    expect(await theirs.getByRole('link', { name: 'Users' }).count()).toBe(0);
    expect(await theirs.getByRole('link', { name: /Delete/ }).count()).toBe(0);
    await theirs.goto('/users');
    await theirs.getByText('For administrators').waitFor();
    await theirs.goto('/devices');
    await theirs.getByText('You may enroll 2 more (0 of 2 used).').waitFor();
    await page.getByRole('row', { name: /Bea/ }).getByText('Active').waitFor();
    const users = (await hub.api('GET', '/api/users')).body.items;
    expect(users).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'Bea', workspaces: [id] })]),
    );
  });

  test('an invitation that is opened while somebody else is signed in says who, and what going on does', async () => {
    const { body } = await hub.api('POST', '/api/users', {
      name: 'Eli',
      email: 'eli@example.com',
      role: 'user',
    });
    const path = new URL(String(body.invite_url)).pathname;
    const { page: stranger } = await browser().open(hub.url);
    await stranger.goto(path);
    await stranger.getByRole('button', { name: 'Begin' }).waitFor();
    expect(await stranger.getByText('is signed in here').count()).toBe(0);
    const view = await open(path);
    const { page } = view;
    await page.getByText('Ann is signed in here').waitFor();
    expect(await view.findBarriers()).toEqual([]);
    await view.shoot('setup-signed-in');
    await page.getByText('Going on signs ann@example.com out of this browser').waitFor();
    await page.getByLabel('Password').first().fill(PASSWORD);
    await page.getByRole('button', { name: 'Begin' }).click();
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    await page.getByText('Eli', { exact: true }).first().waitFor();
    expect(await page.getByText('Ann', { exact: true }).count()).toBe(0);
    await hub.api('DELETE', `/api/users/${body.id}`);
  });

  test('an address in the audit log goes on in the next line at a joint, not amid a word', async () => {
    const email = 'somebody.of.the.front.desk@subsidiary.harbour-dental.example.com';
    const { body } = await hub.api('POST', '/api/users', { name: 'Flo', email, role: 'user' });
    const flo = new PanelUser(hub);
    await flo.join(String(body.invite_url));
    const { page } = await open(`/audit?action=user.join&actor=${email}`);
    await page.getByRole('cell').getByText(email).first().waitFor();
    const lines = await page.evaluate<number[]>(`
      [...document.querySelector('td[data-label="By"] p').childNodes].map((part) => {
        const range = document.createRange();
        range.selectNode(part);
        return range.getClientRects().length;
      })`);
    expect(Math.max(...lines)).toBe(1);
    await hub.api('DELETE', `/api/users/${body.id}`);
  });

  test('somebody is switched off and on, given a new password, and deleted by name', async () => {
    const { body } = await hub.api('POST', '/api/users', {
      name: 'Cy',
      email: 'cy@example.com',
      role: 'user',
    });
    const cy = new PanelUser(hub);
    await cy.join(String(body.invite_url));
    const { page } = await open(`/users?edit=${body.id}`);
    await page.getByRole('textbox', { name: 'Name' }).fill('Half typed');
    await page.getByRole('tab', { name: 'Access' }).click();
    await page.getByRole('switch', { name: 'May sign in' }).click();
    await page.getByText('Cy is signed out and kept out.').waitFor();
    expect((await cy.call('GET', '/api/me')).status).toBe(401);
    await page.getByRole('switch', { name: 'May sign in' }).click();
    await page.getByText('Cy may sign in again.').waitFor();
    await page.getByRole('button', { name: 'Link to a new password' }).click();
    const link = await page.getByText(/\/setup\//).textContent();
    await page.getByRole('button', { name: 'I have copied the link' }).click();
    const { page: theirs } = await browser().open(hub.url);
    await theirs.goto(new URL(String(link)).pathname);
    await theirs.getByRole('heading', { name: 'Choose a new password' }).waitFor();
    await theirs.getByLabel('Password').first().fill('another good password');
    await theirs.getByRole('button', { name: 'Save password' }).click();
    await theirs.getByRole('navigation', { name: 'Main' }).waitFor();

    await page.getByRole('tab', { name: 'Details' }).click();
    expect(await page.getByRole('textbox', { name: 'Name' }).inputValue()).toBe('Half typed');
    await page.getByRole('tab', { name: 'Access' }).click();
    await page.getByRole('button', { name: 'Delete user' }).click();
    await page.getByLabel('Type Cy to confirm').fill('Cy');
    await page.getByRole('button', { name: 'Delete user' }).last().click();
    await page.getByText('Cy is deleted.').waitFor();
    expect((await hub.api('GET', `/api/users/${body.id}`)).status).toBe(404);
  });

  test('saving somebody changes what was typed, and takes nothing back that others gave', async () => {
    const { id: workspace } = await hub.createWorkspace({ name: 'Given meanwhile' });
    const { body } = await hub.api('POST', '/api/users', {
      name: 'Di',
      email: 'di@example.com',
      role: 'user',
    });
    const path = `/api/users/${body.id}`;
    const { page } = await open(`/users?edit=${body.id}`);
    const name = page.getByRole('dialog').getByLabel('Name', { exact: false }).first();
    await hub.api('PATCH', path, { name: 'Diana' });
    await waitFor('the new name', async () => (await name.inputValue()) === 'Diana');
    await page.getByLabel('Device allowance').fill('3');
    await hub.api('PATCH', path, { name: 'Dido', workspaces: [workspace] });
    await page.getByRole('dialog', { name: 'Dido' }).waitFor();
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect((await hub.api('GET', path)).body).toMatchObject({
      name: 'Dido',
      workspaces: [workspace],
      device_allowance: 3,
    });
    await hub.api('DELETE', path);
  });

  test('the last admin stays, and the dialog says why', async () => {
    const { body } = await hub.api('GET', '/api/users');
    const ann = JSON.parse(JSON.stringify(body.items)).find(({ role }: { role: string }) => role === 'admin');
    const { page } = await open(`/users?edit=${ann.id}`);
    await page.getByRole('dialog').getByText('Sub-account user', { exact: true }).click();
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByRole('dialog').getByRole('alert').waitFor();
    expect((await hub.api('GET', `/api/users/${ann.id}`)).body.role).toBe('admin');
  });
});

describeWithBrowser('an account, in the panel', (browser) => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await TestHub.start();
    await PanelUser.setUp(hub);
  });
  afterAll(() => hub[Symbol.asyncDispose]());

  test('a second factor is set up, asked for, and given up', async () => {
    const { page } = await browser().open(hub.url);
    await page.goto('/login?return=%2Faccount');
    await signIn(page, 'ann@example.com');
    await page.getByRole('button', { name: 'Set it up' }).click();
    await page.getByLabel('Your password').first().fill('not this one');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('This is not your password.').waitFor();
    await page.getByLabel('Your password').first().fill(PASSWORD);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('10 backup codes').waitFor();
    // Shown in groups, so that it can be typed.
    const shown = await page.getByText(/^([A-Z2-7]{1,4} ?){8,}$/).textContent();
    const key = String(shown).replaceAll(' ', '');
    const backup = String(
      await page
        .getByRole('listitem')
        .filter({ hasText: /^\S{5}-\S{5}$/ })
        .first()
        .textContent(),
    );
    await page.getByLabel('The code that the app shows now').fill(codeOf(key));
    await page.getByRole('button', { name: 'Switch on' }).click();
    await page.getByText('The second factor is on.').waitFor();

    const { page: other } = await browser().open(hub.url);
    await other.goto('/login');
    await signIn(other, 'ann@example.com');
    await other.getByLabel('Code of your authenticator').fill('000000');
    await other.getByRole('button', { name: 'Verify' }).click();
    await other.getByText('This code is not right.').waitFor();
    await other.getByRole('button', { name: 'Use a backup code instead' }).click();
    await other.getByLabel('Backup code').fill(backup);
    await other.getByRole('button', { name: 'Verify' }).click();
    await other.getByRole('navigation', { name: 'Main' }).waitFor();

    await page.getByRole('button', { name: 'Switch off' }).click();
    await page.getByLabel('Your password').first().fill(PASSWORD);
    await page.getByRole('button', { name: 'Switch off' }).click();
    await page.getByText('The second factor is off.').waitFor();
  });

  test('whose session ends signs in above the page, and what was typed there is still there', async () => {
    const admin = new PanelUser(hub);
    await admin.signIn('ann@example.com');
    const { page } = await browser().open(hub.url, { cookies: admin.cookies });
    await page.goto('/workspaces?new=1');
    await page.getByLabel('Name', { exact: false }).first().fill('Half typed');
    const elsewhere = new PanelUser(hub);
    await elsewhere.signIn('ann@example.com');
    await elsewhere.call('POST', '/api/auth/revoke-other-sessions', {});
    await page.getByText('Your session has ended').waitFor();
    const again = page.getByRole('dialog', { name: 'Your session has ended' });
    expect(await again.getByLabel('E-mail').inputValue()).toBe('ann@example.com');
    await again.getByLabel('Password').first().fill(PASSWORD);
    await again.getByRole('button', { name: 'Sign in' }).click();
    await again.waitFor({ state: 'hidden' });
    expect(await page.getByLabel('Name', { exact: false }).first().inputValue()).toBe('Half typed');
    await page.getByRole('button', { name: 'Create workspace' }).click();
    await page.getByText('Half typed was created').waitFor();
  });

  test('a password is changed, which ends the other sessions', async () => {
    const { body } = await hub.api('POST', '/api/users', {
      name: 'Dee',
      email: 'dee@example.com',
      role: 'user',
    });
    const elsewhere = new PanelUser(hub);
    await elsewhere.join(String(body.invite_url));
    const { page } = await browser().open(hub.url);
    await page.goto('/login?return=%2Faccount');
    await signIn(page, 'dee@example.com');
    await page.getByRole('table', { name: 'Sessions' }).getByText('This one').waitFor();
    await page.getByLabel('Current password').first().fill('not this one');
    await page.getByLabel('New password').first().fill('another good password');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('This is not your password.').waitFor();
    await page.getByLabel('Current password').first().fill(PASSWORD);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('The password is changed.').waitFor();
    expect((await elsewhere.call('GET', '/api/me')).status).toBe(401);
    await page.getByRole('button', { name: /Dee/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
});
