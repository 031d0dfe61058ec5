import { describe, expect, test } from 'vitest';
import { PanelUser } from '../kit/panel-user.ts';
import { TestHub } from '../kit/test-hub.ts';

const BEN = { name: 'Ben', email: 'ben@example.com', role: 'user' };

/** Somebody who was invited and has joined. */
async function invite(admin: PanelUser, fields: Record<string, unknown> = {}) {
  const { status, body } = await admin.call('POST', '/api/users', { ...BEN, ...fields });
  expect(status).toBe(201);
  const user = new PanelUser(admin.hub);
  expect((await user.join(String(body.invite_url))).status).toBe(201);
  return { user, id: String(body.id) };
}

describe('users', () => {
  test('an invited person chooses a password by the link, once, and is signed in', async () => {
    await using hub = await TestHub.start();
    const ann = await PanelUser.setUp(hub);
    const workspace = await hub.createWorkspace();
    const created = await ann.call('POST', '/api/users', {
      ...BEN,
      email: 'Ben@Example.com',
      workspaces: [workspace.id],
    });
    expect(created).toMatchObject({
      status: 201,
      body: {
        name: 'Ben',
        email: 'ben@example.com',
        role: 'user',
        state: 'invited',
        workspaces: [workspace.id],
        devices: [],
        device_allowance: 0,
        devices_enrolled: 0,
        two_factor_enabled: false,
        last_login_at: null,
      },
    });
    const link = String(created.body.invite_url);
    const path = `/api${new URL(link).pathname}`;
    const ben = new PanelUser(hub);
    expect((await ben.call('GET', path)).body).toMatchObject({
      purpose: 'invite',
      name: 'Ben',
      email: 'ben@example.com',
    });
    expect(await ben.join(link, { password: 'short' })).toMatchObject({
      status: 400,
      body: { details: [{ field: 'password' }] },
    });
    expect(await ben.join(link)).toMatchObject({
      status: 201,
      body: { email: 'ben@example.com', role: 'user', workspaces: [workspace.id], device_allowance: 0 },
    });
    expect((await ben.join(link)).status).toBe(410);
    expect(await ben.call('GET', '/api/me')).toMatchObject({ status: 200, body: { hub_url: null } });
    const shown = await ann.call('GET', `/api/users/${created.body.id}`);
    expect(shown.body).toMatchObject({ state: 'active', last_login_at: expect.any(String) });
    const list = await ann.call('GET', '/api/users');
    expect((list.body.items as unknown as { email: string }[]).map(({ email }) => email)).toEqual([
      'ben@example.com',
      'ann@example.com',
    ]);
  });

  test('a new link takes the place of the old one, and using it ends the sessions', async () => {
    await using hub = await TestHub.start();
    const ann = await PanelUser.setUp(hub);
    const { user: ben, id } = await invite(ann);
    const links: string[] = [];
    for (let n = 0; n < 2; n += 1)
      links.push(String((await ann.call('POST', `/api/users/${id}/invite`)).body.invite_url));
    expect((await ben.call('GET', `/api${new URL(links[0]!).pathname}`)).status).toBe(404);
    const again = new PanelUser(hub);
    expect((await again.call('GET', `/api${new URL(links[1]!).pathname}`)).body).toMatchObject({
      purpose: 'reset',
    });
    expect((await ben.call('GET', '/api/me')).status).toBe(200);
    expect((await again.join(links[1]!, { password: 'another long password' })).status).toBe(201);
    expect((await ben.call('GET', '/api/me')).status).toBe(401);
    expect((await again.call('GET', '/api/me')).status).toBe(200);
    expect((await ben.signIn('ben@example.com')).status).toBe(401);
    expect((await ben.signIn('ben@example.com', 'another long password')).status).toBe(200);
  });

  test('who is switched off is signed out at once, and cannot sign in', async () => {
    await using hub = await TestHub.start();
    const ann = await PanelUser.setUp(hub);
    const { user: ben, id } = await invite(ann);
    const { body } = await ann.call('POST', `/api/users/${id}/invite`);
    expect((await ann.call('PATCH', `/api/users/${id}`, { disabled: true })).body).toMatchObject({
      state: 'disabled',
    });
    expect((await ben.call('GET', '/api/me')).status).toBe(401);
    expect(await ben.signIn('ben@example.com')).toMatchObject({
      status: 403,
      body: { code: 'USER_DISABLED' },
    });
    expect((await ben.join(String(body.invite_url))).status).toBe(404);
    expect((await ann.call('POST', `/api/users/${id}/invite`)).status).toBe(409);
    await ann.call('PATCH', `/api/users/${id}`, { disabled: false });
    expect((await ben.signIn('ben@example.com')).status).toBe(200);
    expect((await ann.call('DELETE', `/api/users/${id}`)).status).toBe(204);
    expect((await ben.call('GET', '/api/me')).status).toBe(401);
    expect((await ann.call('GET', `/api/users/${id}`)).status).toBe(404);
  });

  test('there is always an admin who can sign in', async () => {
    await using hub = await TestHub.start();
    const ann = await PanelUser.setUp(hub);
    const me = String((await ann.call('GET', '/api/me')).body.id);
    await ann.call('POST', '/api/users', { ...BEN, role: 'admin' });
    for (const changes of [{ role: 'user' }, { disabled: true }])
      expect(await ann.call('PATCH', `/api/users/${me}`, changes)).toMatchObject({
        status: 409,
        body: { code: 'conflict' },
      });
    expect((await ann.call('DELETE', `/api/users/${me}`)).status).toBe(409);
    await invite(ann, { email: 'eve@example.com', role: 'admin' });
    expect((await ann.call('PATCH', `/api/users/${me}`, { role: 'user' })).status).toBe(200);
    expect((await ann.call('GET', '/api/users')).status).toBe(403);
  });

  test('faults are named by their field, and nothing is changed then', async () => {
    await using hub = await TestHub.start();
    const ann = await PanelUser.setUp(hub);
    const fault = async (fields: Record<string, unknown>) => {
      const { status, body } = await ann.call('POST', '/api/users', { ...BEN, ...fields });
      return [status, (body.details as unknown as { field: string }[])[0]?.field];
    };
    expect(await fault({ email: 'nobody' })).toEqual([400, 'email']);
    expect(await fault({ email: 'ANN@example.com' })).toEqual([409, 'email']);
    expect(await fault({ role: 'owner' })).toEqual([400, 'role']);
    expect(await fault({ workspaces: ['nowhere'] })).toEqual([400, 'workspaces[0]']);
    expect(await fault({ devices: ['nothing'] })).toEqual([400, 'devices[0]']);
    expect(await fault({ device_allowance: -1 })).toEqual([400, 'device_allowance']);
    expect((await ann.call('GET', '/api/users')).body.items).toHaveLength(1);
    const { id } = await invite(ann);
    const conflict = await ann.call('PATCH', `/api/users/${id}`, { email: 'ann@example.com', name: 'Benny' });
    expect(conflict.status).toBe(409);
    expect((await ann.call('GET', `/api/users/${id}`)).body).toMatchObject({ name: 'Ben' });
    expect((await ann.call('PATCH', '/api/users/nobody', {})).status).toBe(404);
  });

  test('the audit log names who did it, and keeps no password and no link', async () => {
    await using hub = await TestHub.start();
    const ann = await PanelUser.setUp(hub);
    const { id } = await invite(ann);
    await ann.call('PATCH', `/api/users/${id}`, { role: 'admin', name: 'Benny' });
    await ann.call('POST', `/api/users/${id}/invite`);
    await ann.call('DELETE', `/api/users/${id}`);
    const { body } = await ann.call('GET', '/api/audit');
    const entries = body.items as unknown as { actor: string; action: string; changes: object }[];
    expect(
      entries
        .map(({ actor, action }) => `${actor} ${action}`)
        .toReversed()
        .slice(2),
    ).toEqual([
      'ann@example.com user.create',
      'ben@example.com user.join',
      'ann@example.com user.update',
      'ann@example.com user.invite',
      'ann@example.com user.delete',
    ]);
    expect(entries[2]?.changes).toEqual({
      email: 'ben@example.com',
      name: { from: 'Ben', to: 'Benny' },
      role: { from: 'user', to: 'admin' },
    });
    expect(JSON.stringify(body)).not.toMatch(/correct horse|\/setup\//);
  });
});
