import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readHubConfig } from '../../../hub/config.ts';
import { guardAddresses } from '../../../hub/guard/address-guard.ts';

const guard = guardAddresses([]);

describe('the address guard', () => {
  test.each([
    '127.0.0.1',
    '127.255.255.254',
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '100.127.255.255',
    '192.0.0.1',
    '192.0.2.1',
    '192.88.99.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '168.63.129.16',
    '::',
    '::1',
    '::127.0.0.1',
    '::7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '::ffff:a9fe:a9fe',
    '::ffff:168.63.129.16',
    '::ffff:0:127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::8.8.8.8',
    '64:ff9b:1::a00:1',
    '2002:7f00:1::',
    '2002:a00:1::1',
    '2001:0:7f00:1::',
    '2001:db8::1',
    '3fff::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '100::1',
    'localhost',
    '',
    'not an address',
    '999.1.1.1',
  ])('lets nothing connect to %s', (address) => {
    expect(guard(address)).toBe(false);
  });

  test.each([
    '8.8.8.8',
    '1.1.1.1',
    '172.15.255.255',
    '172.32.0.1',
    '100.63.255.255',
    '2606:4700::1',
    '::ffff:8.8.8.8',
  ])('lets the hub connect to %s', (address) => {
    expect(guard(address)).toBe(true);
  });

  test('makes exceptions for what HUB_ALLOWED_TARGETS names, and for nothing beside it', () => {
    const { HUB_ALLOWED_TARGETS } = readHubConfig({ HUB_ALLOWED_TARGETS: '10.1.0.0/16, fd00::/8 127.0.0.1' });
    const open = guardAddresses(HUB_ALLOWED_TARGETS);
    expect(['10.1.2.3', '::ffff:10.1.2.3', 'fd12::1', '127.0.0.1', '8.8.8.8'].map(open)).toEqual(
      Array(5).fill(true),
    );
    expect(['10.2.0.1', '127.0.0.2', '::1', 'fe80::1', '64:ff9b::a01:1'].map(open)).toEqual(
      Array(5).fill(false),
    );
  });

  test('agrees with the list of special addresses in ../shared/vectors', (context) => {
    const file = join(import.meta.dirname, '../../../../shared/vectors/http/ssrf_ips.tsv');
    if (!existsSync(file)) context.skip('the folder ../shared/vectors is not beside this checkout');
    const rows = readFileSync(file, 'utf8').trim().split('\n').slice(1);
    for (const [address = '', expected] of rows.map((row) => row.split('\t')))
      expect(guard(address), address).toBe(expected === 'allow');
    expect(rows.length).toBeGreaterThan(10);
  });
});
