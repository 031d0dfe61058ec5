import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  booleanSetting,
  ConfigError,
  describeConfig,
  durationSetting,
  portSetting,
  readConfig,
} from '../../../shared/runtime/config-table.ts';

const TABLE = {
  PORT: { parse: portSetting, default: '8080', help: 'where it listens' },
  TTL: { parse: durationSetting, default: '24h', help: 'how long it waits' },
  STRICT: { parse: booleanSetting, default: 'false', help: 'whether it is strict' },
  TOKEN: { parse: z.string().min(8, 'use at least 8 characters'), help: 'a secret' },
};

test('defaults apply to what is unset or empty', () => {
  const config = readConfig(TABLE, { PORT: '' });
  expect(config).toEqual({ PORT: 8080, TTL: 86_400_000, STRICT: false });
});

test('every wrong variable is named in one error', () => {
  const read = (): unknown => readConfig(TABLE, { PORT: '99999', TTL: 'soon', TOKEN: 'x' });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(/PORT is not usable[\s\S]*TTL is not usable[\s\S]*TOKEN is not usable/);
});

test('one of several words is asked for in a sentence that lists them, unless the setting has its own', () => {
  const table = {
    LEVEL: { parse: z.enum(['low', 'high']), default: 'low', help: 'how much' },
    STRICT: TABLE.STRICT,
  };
  const read = (): unknown => readConfig(table, { LEVEL: 'middle', STRICT: 'maybe' });
  expect(read).toThrow(
    'LEVEL is not usable: write one of low, high.\nSTRICT is not usable: write true or false.',
  );
});

test('the description lists every variable with its default', () => {
  expect(describeConfig(TABLE).split('\n')).toHaveLength(4);
  expect(describeConfig(TABLE)).toContain('[8080]');
  expect(describeConfig(TABLE)).toContain('[unset]');
});
