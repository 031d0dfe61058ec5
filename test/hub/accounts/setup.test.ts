import { describe, expect, test } from 'vitest';
import { PanelUser } from '../kit/panel-user.ts';
import { TestHub } from '../kit/test-hub.ts';

describe('setting up', () => {
  test('a set-up link makes the first admin, who is then signed in', async () => {
    await using hub = await TestHub.start();
    const ann = new PanelUser(hub);
    expect((await ann.call('GET', '/api/setup')).body).toEqual({ needs_setup: true });
    expect((await ann.call('GET', '/api/me')).status).toBe(401);
    const { body: link } = await hub.api('POST', '/api/setup-links');
    const path = `/api${new URL(String(link.url)).pathname}`;
    expect((await ann.call('GET', path)).body).toEqual({
      purpose: 'first_admin',
      email: null,
      name: null,
      expires_at: link.expires_at,
    });
    const made = await ann.join(String(link.url), { name: ' Ann ', email: 'Ann@Example.com' });
    expect(made).toMatchObject({
      status: 201,
      body: { kind: 'user', name: 'Ann', email: 'ann@example.com', role: 'admin', workspaces: null },
    });
    const [cookie] = made.headers.getSetCookie();
    expect(cookie).toMatch(/^bluewire\.session_token=.+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(await ann.call('GET', '/api/me')).toMatchObject({ status: 200, body: { id: made.body.id } });
    expect((await ann.call('GET', '/api/setup')).body).toEqual({ needs_setup: false });
    expect((await ann.call('GET', path)).body).toMatchObject({ code: 'gone' });
    const again = await new PanelUser(hub).join(String(link.url), { name: 'Eve', email: 'eve@example.com' });
    expect(again).toMatchObject({ status: 410, body: { code: 'gone' } });
  });
});
