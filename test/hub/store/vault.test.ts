import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openVault, VaultError } from '../../../hub/store/vault.ts';

describe('the vault', () => {
  const vault = openVault('secret');

  test('opens what it sealed, and two seals of one text differ', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, place) => {
        const sealed = vault.seal(text, place);
        expect(openVault(Buffer.from('secret')).open(sealed, place)).toBe(text);
        expect(vault.seal(text, place)).not.toBe(sealed);
      }),
    );
  });

  test('refuses another secret, another place, and every altered byte', () => {
    const sealed = vault.seal('Bearer abc', 'workspaces/1/headers');
    expect(() => openVault('other').open(sealed, 'workspaces/1/headers')).toThrow(VaultError);
    expect(() => vault.open(sealed, 'workspaces/2/headers')).toThrow(VaultError);
    const bytes = Buffer.from(sealed, 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const altered = Buffer.from(bytes);
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(() => vault.open(altered.toString('base64url'), 'workspaces/1/headers')).toThrow(VaultError);
    }
    for (const junk of ['', 'AQ', 'plain text', sealed.slice(0, 20)])
      expect(() => vault.open(junk, 'workspaces/1/headers')).toThrow(VaultError);
  });
});
