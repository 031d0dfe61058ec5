import { describe, expect, test } from 'vitest';
import { PanelUser } from '../kit/panel-user.ts';
import { TestHub } from '../kit/test-hub.ts';

const WRONG = 'quite another password';

/** What the audit log says of people, oldest first. */
async function listNotes(hub: TestHub): Promise<string[]> {
  const { body } = await hub.api('GET', '/api/audit?limit=200');
  const entries = body.items as unknown as { actor: string; action: string }[];
  return entries.map(({ actor, action }) => `${actor} ${action}`).toReversed();
}

describe('signing in', () => {
  test('by e-mail and password, in any letter case, and out again', async () => {
    await using hub = await TestHub.start();
    const first = await PanelUser.setUp(hub);
    const ann = new PanelUser(hub);
    expect((await ann.signIn('ann@example.com', WRONG)).status).toBe(401);
    expect((await ann.signIn('nobody@example.com')).status).toBe(401);
    expect((await ann.call('GET', '/api/me')).status).toBe(401);
    expect(await ann.signIn('Ann@EXAMPLE.com')).toMatchObject({ status: 200 });
    expect((await ann.call('GET', '/api/workspaces')).status).toBe(200);
    const sessions = (await ann.call('GET', '/api/auth/list-sessions')).body as unknown as object[];
    expect(sessions).toMatchObject([{ ipAddress: first.source }, { ipAddress: ann.source }]);
    expect((await ann.call('POST', '/api/auth/sign-out')).status).toBe(200);
    expect((await ann.call('GET', '/api/me')).status).toBe(401);
    expect((await first.call('GET', '/api/me')).status).toBe(200);
    expect(await listNotes(hub)).toEqual([
      'admin token setup_link.create',
      'ann@example.com user.join',
      'ann@example.com user.login_failed',
      'unknown user.login_failed',
      'ann@example.com user.login',
      'ann@example.com user.logout',
    ]);
  });

  test('nobody can sign up, and no other route of the library is there', async () => {
    await using hub = await TestHub.start();
    const ann = await PanelUser.setUp(hub);
    const eve = new PanelUser(hub);
    const body = { email: 'eve@example.com', password: eve.password, name: 'Eve' };
    expect((await eve.call('POST', '/api/auth/sign-up/email', body)).status).toBe(404);
    for (const path of ['update-user', 'delete-user', 'change-email', 'reset-password', 'sign-in/social'])
      expect((await ann.call('POST', `/api/auth/${path}`, {})).status).toBe(404);
  });

  test('a cookie that was altered, or is of another hub, is nobody', async () => {
    await using hub = await TestHub.start();
    const ann = await PanelUser.setUp(hub);
    const [[name, value] = ['', '']] = ann.cookies;
    ann.cookies.set(name, `x${value}`);
    expect((await ann.call('GET', '/api/me')).status).toBe(401);
    await using other = await TestHub.start({ HUB_SECRET: 'the secret of another hub' });
    const call = await other.call('GET', '/api/me', { headers: { cookie: `${name}=${value}` } });
    expect(call.status).toBe(401);
  });

  test('whoever guesses from one source is answered 429, and another source is not', async () => {
    await using hub = await TestHub.start();
    await PanelUser.setUp(hub);
    const eve = new PanelUser(hub);
    const statuses: number[] = [];
    for (let n = 0; n < 12; n += 1) statuses.push((await eve.signIn('ann@example.com', WRONG)).status);
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429]);
    const refused = await eve.signIn('ann@example.com');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await new PanelUser(hub).signIn('ann@example.com')).status).toBe(200);
    expect((await listNotes(hub)).filter((note) => note.endsWith('failed'))).toHaveLength(10);
  });

  test('a new password ends every other session where that is asked for', async () => {
    await using hub = await TestHub.start();
    const ann = await PanelUser.setUp(hub);
    const elsewhere = new PanelUser(hub);
    await elsewhere.signIn('ann@example.com');
    const change = (newPassword: string, currentPassword = ann.password) =>
      ann.call('POST', '/api/auth/change-password', {
        currentPassword,
        newPassword,
        revokeOtherSessions: true,
      });
    expect((await change('too short')).status).toBe(400);
    expect((await change('a new and longer one', WRONG)).status).toBe(400);
    expect((await change('a new and longer one')).status).toBe(200);
    expect((await ann.call('GET', '/api/me')).status).toBe(200);
    expect((await elsewhere.call('GET', '/api/me')).status).toBe(401);
    expect((await elsewhere.signIn('ann@example.com')).status).toBe(401);
    expect((await elsewhere.signIn('ann@example.com', 'a new and longer one')).status).toBe(200);
    expect(await listNotes(hub)).toContain('ann@example.com user.change_password');
  });
});

describe('what comes with a cookie', () => {
  test('changes nothing unless it comes from the panel', async () => {
    await using hub = await TestHub.start();
    const ann = await PanelUser.setUp(hub);
    const create = (headers: Record<string, string>) =>
      ann.call('POST', '/api/workspaces', { name: 'CRM' }, headers);
    expect((await create({})).status).toBe(201);
    expect(await create({ origin: 'https://evil.example' })).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    expect((await create({ origin: 'null' })).status).toBe(403);
    expect((await create({ origin: 'http://127.0.0.1:1' })).status).toBe(403);
    expect((await create({ origin: 'null', 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await create({ origin: 'null', 'sec-fetch-site': 'same-origin' })).status).toBe(201);
    const { origin: _, ...bare } = { origin: '' };
    const [[name, value] = ['', '']] = ann.cookies;
    const headers = { ...bare, cookie: `${name}=${value}`, 'content-type': 'application/json' };
    const refused = await hub.call('POST', '/api/workspaces', { headers, body: '{"name":"CRM"}' });
    expect(refused.status).toBe(403);
    expect(
      (await ann.call('GET', '/api/workspaces', undefined, { origin: 'https://evil.example' })).status,
    ).toBe(200);
    const signOut = await ann.call('POST', '/api/auth/sign-out', undefined, {
      origin: 'https://evil.example',
    });
    expect(signOut.status).toBe(403);
  });

  test('a name that the hub does not know itself by is no origin of its panel', async () => {
    await using hub = await TestHub.start({ HUB_PUBLIC_URL: 'https://hub.example' });
    const ann = await PanelUser.setUp(hub);
    const [cookie] = [...ann.cookies.keys()];
    expect(cookie).toBe('__Secure-bluewire.session_token');
    const call = (origin: string) => ann.call('POST', '/api/workspaces', { name: 'CRM' }, { origin });
    expect((await call('https://hub.example')).status).toBe(201);
    expect((await call(hub.url)).status).toBe(201);
    expect((await call('http://hub.example')).status).toBe(403);
    expect((await call('https://hub.example.evil')).status).toBe(403);
  });
});
