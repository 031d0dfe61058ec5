import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { describeKept, mergeSettings, settingsOf } from '../../../bridge-mac/launchd/settings.ts';

const NAMES = ['BRIDGE_HOME', 'BRIDGE_SEND_DEADLINE', 'LOG_LEVEL', 'NODE_EXTRA_CA_CERTS'];

test('an install keeps what was set before, the environment goes first, an empty value takes out', () => {
  const installed = {
    BRIDGE_HOME: '/home/of it',
    BRIDGE_SEND_DEADLINE: '5m',
    LOG_LEVEL: 'debug',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
  };
  const merged = mergeSettings({
    names: NAMES,
    installed,
    given: { BRIDGE_SEND_DEADLINE: '1m', LOG_LEVEL: '' },
    values: { BRIDGE_HOME: '/home/of it', BRIDGE_SEND_DEADLINE: 60_000, LOG_LEVEL: 'info' },
  });
  expect(merged.environment).toEqual({
    BRIDGE_HOME: '/home/of it',
    BRIDGE_SEND_DEADLINE: '1m',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
  });
  expect(merged.kept).toEqual({ BRIDGE_HOME: '/home/of it', NODE_EXTRA_CA_CERTS: '/ca.pem' });
  expect(describeKept(merged.kept)).toContain('BRIDGE_HOME=/home/of it');
  expect(describeKept({})).toBeUndefined();
});

test('paths are made absolute', () => {
  const { environment } = mergeSettings({
    names: NAMES,
    installed: {},
    given: { BRIDGE_HOME: 'here', NODE_EXTRA_CA_CERTS: 'ca.pem' },
    values: { BRIDGE_HOME: '/now/here' },
  });
  expect(environment).toEqual({ BRIDGE_HOME: '/now/here', NODE_EXTRA_CA_CERTS: resolve('ca.pem') });
});

test('of a LaunchAgent only the settings are taken, of a damaged one none', () => {
  const environment = { PATH: '/bin', LOG_LEVEL: 'debug' };
  expect(settingsOf({ node: '/node', program: '/main.ts', environment }, NAMES)).toEqual({
    LOG_LEVEL: 'debug',
  });
  expect(settingsOf('damaged', NAMES)).toEqual({});
  expect(settingsOf(undefined, NAMES)).toEqual({});
});
