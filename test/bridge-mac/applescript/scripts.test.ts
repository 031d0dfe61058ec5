import { describe, expect, test } from 'vitest';
import { judgeScriptError, readErrorNumber } from '../../../bridge-mac/applescript/errors.ts';
import { countRoutes, scriptFor } from '../../../bridge-mac/applescript/scripts.ts';

const INPUTS = { recipient: '/home/1.recipient', text: '/home/1.text' };

describe('the scripts', () => {
  test('are there for every channel that Messages serves', () => {
    expect([
      countRoutes('imessage'),
      countRoutes('sms'),
      countRoutes('rcs'),
      countRoutes('whatsapp'),
    ]).toEqual([2, 2, 2, 0]);
    expect(() => scriptFor('whatsapp', 0, INPUTS)).toThrow('whatsapp');
  });

  test('address the participant first and the buddy second, on the service asked for', () => {
    expect(scriptFor('imessage', 0, INPUTS)).toMatch(
      /service type = iMessage[\s\S]*participant theAddress of/,
    );
    expect(scriptFor('imessage', 1, INPUTS)).toMatch(/service type = iMessage[\s\S]*buddy theAddress of/);
    expect(scriptFor('sms', 0, INPUTS)).toContain('service type = SMS');
    expect(scriptFor('rcs', 0, INPUTS)).toContain('service type = SMS');
  });

  test('differ in the paths of their inputs only, and those are quoted', () => {
    const hostile = { recipient: '/tmp/a "b" \\c\nd/1.recipient', text: '/tmp/a "b" \\c\nd/1.text' };
    const script = scriptFor('imessage', 0, hostile);
    expect(script).toContain('POSIX file "/tmp/a \\"b\\" \\\\c\\nd/1.recipient"');
    expect(script.split('\n')).toHaveLength(scriptFor('imessage', 0, INPUTS).split('\n').length);
  });
});

describe('the number of an error', () => {
  test.each([
    ['0:10: execution error: Messages got an error: Can’t get chat id "X". (-1728)\n', -1728],
    ['execution error: Nicht autorisiert, Apple-Events an Messages zu senden. (-1743)', -1743],
    ['30:40: syntax error: Expected end of line. (-2741)\n\n', -2741],
    ['execution error: « +1 (214) » introuvable. (\u22121728)', -1728],
    ['execution error: (-600) is not at the end', undefined],
    ['', undefined],
    ['Trace/BPT trap: 5', undefined],
  ])('of %j is read whatever the words', (stderr, number) => {
    expect(readErrorNumber(stderr)).toBe(number);
  });

  test('that is in no table, or missing, proves nothing', () => {
    for (const number of [undefined, 0, 1002, -1, -9_999]) {
      expect(judgeScriptError(number)).toMatchObject({ handedOver: 'unknown', remedy: 'none' });
    }
  });

  test('of a timeout or a lost connection leaves open whether the message left', () => {
    for (const number of [-1712, -609]) expect(judgeScriptError(number).handedOver).toBe('unknown');
    for (const number of [-1728, -1743, -600, -1700, -1719, -2753, -2741, -10_004]) {
      expect(judgeScriptError(number).handedOver).toBe('no');
    }
  });
});
