import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openSqlite } from '../../../shared/runtime/sqlite.ts';
import { PanelUser } from '../kit/panel-user.ts';
import { TestHub } from '../kit/test-hub.ts';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** What an authenticator app shows for this URI (RFC 6238). */
function codeOf(totpURI: string, at = Date.now()): string {
  const secret = new URL(totpURI).searchParams.get('secret') ?? '';
  const bits = [...secret].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const bytes = (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac('sha1', Buffer.from(bytes)).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}

/** The app's next code, which a clock that is a little behind takes already. */
function nextCodeOf(totpURI: string): string {
  return codeOf(totpURI, Date.now() + 30_000);
}

async function enable(user: PanelUser): Promise<{ totpURI: string; backupCodes: string[] }> {
  const { status, body } = await user.call('POST', '/api/auth/two-factor/enable', {
    password: user.password,
  });
  expect(status).toBe(200);
  const { totpURI, backupCodes } = body as unknown as { totpURI: string; backupCodes: string[] };
  const verified = await user.call('POST', '/api/auth/two-factor/verify-totp', { code: codeOf(totpURI) });
  expect(verified.status).toBe(200);
  return { totpURI, backupCodes };
}

describe('a second factor', () => {
  test('is asked for once it is set up, by app or by backup code', async () => {
    await using hub = await TestHub.start();
    const ann = await PanelUser.setUp(hub);
    const { totpURI, backupCodes } = await enable(ann);
    expect((await ann.call('GET', '/api/me')).body).toMatchObject({ two_factor_enabled: true });

    const again = new PanelUser(hub);
    expect((await again.signIn('ann@example.com')).body).toMatchObject({ twoFactorRedirect: true });
    expect((await again.call('GET', '/api/me')).status).toBe(401);
    const wrong = await again.call('POST', '/api/auth/two-factor/verify-totp', { code: '000000' });
    expect(wrong.status).toBe(401);
    const right = await again.call('POST', '/api/auth/two-factor/verify-totp', { code: nextCodeOf(totpURI) });
    expect(right.status).toBe(200);
    expect((await again.call('GET', '/api/me')).status).toBe(200);

    const lost = new PanelUser(hub);
    await lost.signIn('ann@example.com');
    const code = backupCodes[0];
    expect((await lost.call('POST', '/api/auth/two-factor/verify-backup-code', { code })).status).toBe(200);
    expect((await lost.call('GET', '/api/me')).status).toBe(200);
    const twice = new PanelUser(hub);
    await twice.signIn('ann@example.com');
    expect((await twice.call('POST', '/api/auth/two-factor/verify-backup-code', { code })).status).toBe(401);
    expect((await twice.call('GET', '/api/me')).status).toBe(401);
  });

  test('a code that was taken once is not taken again, also of several who come with it at once', async () => {
    await using hub = await TestHub.start();
    const ann = await PanelUser.setUp(hub);
    const { totpURI } = await enable(ann);
    const watchers = Array.from({ length: 4 }, () => new PanelUser(hub));
    for (const one of watchers) await one.signIn('ann@example.com');
    const code = nextCodeOf(totpURI);
    const answers = await Promise.all(
      watchers.map((one) => one.call('POST', '/api/auth/two-factor/verify-totp', { code })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401, 401, 401]);
    expect(answers.find(({ status }) => status === 401)?.body).toMatchObject({
      code: 'CODE_USED',
      details: [{ field: 'code' }],
    });
    const seen = await Promise.all(watchers.map((one) => one.call('GET', '/api/me')));
    expect(seen.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('outlives a new password, and an admin takes it from who lost it', async () => {
    await using hub = await TestHub.start();
    const ann = await PanelUser.setUp(hub);
    const { body } = await ann.call('POST', '/api/users', {
      name: 'Ben',
      email: 'ben@example.com',
      role: 'admin',
    });
    const ben = new PanelUser(hub);
    await ben.join(String(body.invite_url));
    await enable(ben);
    const reset = await ann.call('POST', `/api/users/${body.id}/invite`);
    const again = new PanelUser(hub);
    expect((await again.join(String(reset.body.invite_url))).status).toBe(201);
    expect((await again.call('GET', '/api/me')).status).toBe(401);
    expect((await again.signIn('ben@example.com')).body).toMatchObject({ twoFactorRedirect: true });
    const freed = await ann.call('PATCH', `/api/users/${body.id}`, { two_factor_enabled: false });
    expect(freed.body).toMatchObject({ two_factor_enabled: false });
    expect((await again.signIn('ben@example.com')).body).not.toHaveProperty('twoFactorRedirect');
    expect((await again.call('GET', '/api/me')).status).toBe(200);
    const { body: log } = await ann.call('GET', '/api/audit?limit=200');
    const actions = (log.items as unknown as { actor: string; action: string }[])
      .filter(({ actor }) => actor === 'ben@example.com')
      .map(({ action }) => action);
    expect(actions.toReversed()).toEqual([
      'user.join',
      'user.enable_two_factor',
      'user.reset_password',
      'user.login',
    ]);
  });

  test('what it keeps in the database cannot be read there', async () => {
    await using hub = await TestHub.start();
    const ann = await PanelUser.setUp(hub);
    const { totpURI, backupCodes } = await enable(ann);
    const db = openSqlite(`${hub.dataDir}/hub.db`, { readonly: true });
    const rows = JSON.stringify(db.prepare('SELECT * FROM two_factors').all());
    db.close();
    expect(rows).not.toContain(new URL(totpURI).searchParams.get('secret'));
    for (const code of backupCodes) expect(rows).not.toContain(code);
  });
});
