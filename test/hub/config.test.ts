import { describe, expect, test } from 'vitest';
import { findShortSecrets, HUB_SETTINGS, readHubConfig } from '../../hub/config.ts';
import manifest from '../../package.json' with { type: 'json' };
import { VERSION } from '../../shared/version.ts';

describe('the configuration of the hub', () => {
  test('has the defaults of the contract', () => {
    expect(readHubConfig({})).toEqual({
      HUB_HOST: '127.0.0.1',
      HUB_PORT: 8080,
      HUB_DATA_DIR: './data/hub',
      HUB_REQUIRE_API_KEY: false,
      HUB_ALLOWED_TARGETS: [],
      HUB_MESSAGE_TTL: 86_400_000,
      HUB_RATE_LIMIT: undefined,
      HUB_MESSAGE_RETENTION: 400 * 86_400_000,
      HUB_DELIVERY_RETENTION: 90 * 86_400_000,
      HUB_MEDIA_LINK_TTL: 30 * 86_400_000,
      HUB_MEDIA_RETENTION: 90 * 86_400_000,
      LOG_LEVEL: 'info',
    });
  });

  test.each([
    ['HUB_HOST', 'a b'],
    ['HUB_PORT', '65536'],
    ['HUB_PORT', '-1'],
    ['HUB_PORT', '80a'],
    ['HUB_PUBLIC_URL', 'hub.example'],
    ['HUB_PUBLIC_URL', 'ftp://hub.example'],
    ['HUB_PUBLIC_URL', 'https://user:pw@hub.example'],
    ['HUB_PUBLIC_URL', 'https://hub.example/?x=1'],
    ['HUB_ADMIN_TOKEN', 'with space'],
    ['HUB_ADMIN_TOKEN', 'ümlaut'],
    ['HUB_REQUIRE_API_KEY', 'maybe'],
    ['HUB_ALLOWED_TARGETS', 'localhost'],
    ['HUB_ALLOWED_TARGETS', '10.0.0.0/33'],
    ['HUB_ALLOWED_TARGETS', '10.0.0.0/8/8'],
    ['HUB_ALLOWED_TARGETS', '10.0.0.0/'],
    ['HUB_ALLOWED_TARGETS', '127.1'],
    ['HUB_ALLOWED_TARGETS', 'fd00::/129'],
    ['HUB_MESSAGE_TTL', '24'],
    ['HUB_MESSAGE_TTL', '0s'],
    ['HUB_MESSAGE_TTL', '-1h'],
    ['HUB_MESSAGE_TTL', '36501d'],
    ['HUB_MEDIA_LINK_TTL', '99999999999999d'],
    ['HUB_MEDIA_RETENTION', `${'9'.repeat(400)}d`],
    ['HUB_RATE_LIMIT', '0'],
    ['HUB_RATE_LIMIT', '10/s'],
    ['HUB_MESSAGE_RETENTION', '23h'],
    ['HUB_MESSAGE_RETENTION', '0'],
    ['HUB_DELIVERY_RETENTION', 'always'],
    ['LOG_LEVEL', 'loud'],
    ['DATABASE_URL', 'mysql://host/database'],
  ])('is refused for %s=%s by a sentence that names the variable', (name, value) => {
    expect(() => readHubConfig({ [name]: value })).toThrow(name);
  });

  test('takes a limit as a number, and never as a time without end', () => {
    const env = { HUB_RATE_LIMIT: '600', HUB_MESSAGE_RETENTION: 'never', HUB_DELIVERY_RETENTION: '24h' };
    expect(readHubConfig(env)).toMatchObject({
      HUB_RATE_LIMIT: 600,
      HUB_MESSAGE_RETENTION: undefined,
      HUB_DELIVERY_RETENTION: 86_400_000,
    });
  });

  test('says in one line what each variable is for', () => {
    for (const setting of Object.values(HUB_SETTINGS)) expect(setting.help).toMatch(/^[A-Z][^\n]+\.$/);
  });

  test('tells which secrets are short, unless they are generated', () => {
    expect(findShortSecrets(readHubConfig({}))).toEqual([]);
    const [short, long] = ['x'.repeat(15), 'x'.repeat(16)];
    expect(findShortSecrets(readHubConfig({ HUB_SECRET: short, HUB_ADMIN_TOKEN: long }))).toEqual([
      'HUB_SECRET',
    ]);
    expect(findShortSecrets(readHubConfig({ HUB_SECRET: long, HUB_ADMIN_TOKEN: short }))).toEqual([
      'HUB_ADMIN_TOKEN',
    ]);
  });

  test('takes a public URL without its trailing slash', () => {
    expect(readHubConfig({ HUB_PUBLIC_URL: 'https://hub.example/base/' }).HUB_PUBLIC_URL).toBe(
      'https://hub.example/base',
    );
  });
});

test('the version is the one of package.json', () => {
  expect(VERSION).toBe(manifest.version);
});
