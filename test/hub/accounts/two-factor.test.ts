import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
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
    const right = await again.call('POST', '/api/auth/two-factor/verify-totp', { code: codeOf(totpURI) });
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

  test('what it keeps in the database cannot be read there', async () => {
    await using hub = await TestHub.start();
    const ann = await PanelUser.setUp(hub);
    const { totpURI, backupCodes } = await enable(ann);
    const { openSqlite } = await import('../../../shared/runtime/sqlite.ts');
    const db = openSqlite(`${hub.dataDir}/hub.db`, { readonly: true });
    const rows = JSON.stringify(db.prepare('SELECT * FROM two_factors').all());
    db.close();
    expect(rows).not.toContain(new URL(totpURI).searchParams.get('secret'));
    for (const code of backupCodes) expect(rows).not.toContain(code);
  });
});
