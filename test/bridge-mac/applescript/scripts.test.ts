import { describe, expect, test } from 'vitest';
import { judgeScriptError, readErrorNumber } from '../../../bridge-mac/applescript/errors.ts';
import {
  needsChat,
  PROBE_SCRIPT,
  QUIT_SCRIPT,
  scriptFor,
  serves,
} from '../../../bridge-mac/applescript/scripts.ts';

const INPUTS = { recipient: '/home/1.recipient', text: '/home/1.text' };

describe('the scripts', () => {
  test('are there for every channel that Messages serves, and for RCS by chat alone', () => {
    for (const channel of ['imessage', 'sms', 'rcs'] as const) expect(serves(channel)).toBe(true);
    expect(serves('whatsapp')).toBe(false);
    expect([needsChat('imessage'), needsChat('sms'), needsChat('rcs')]).toEqual([false, false, true]);
    const byRcs = { route: 'participant', channel: 'rcs', content: 'text' } as const;
    expect(() => scriptFor(byRcs, INPUTS)).toThrow('rcs');
    expect(scriptFor({ ...byRcs, route: 'chat' }, INPUTS)).toContain('chat id theAddress');
  });

  test('address the participant, the buddy or the chat, on the service asked for', () => {
    const script = (route: 'participant' | 'buddy' | 'chat', channel: 'imessage' | 'sms') =>
      scriptFor({ route, channel, content: 'text' }, INPUTS);
    expect(script('participant', 'imessage')).toMatch(
      /service type = iMessage[\s\S]*participant theAddress of/,
    );
    expect(script('buddy', 'imessage')).toMatch(/service type = iMessage[\s\S]*buddy theAddress of/);
    expect(script('participant', 'sms')).toContain('service type = SMS');
    expect(script('chat', 'sms')).not.toContain('service');
  });

  test('differ in the paths of their inputs only, and those are quoted', () => {
    const way = { route: 'participant', channel: 'imessage', content: 'file' } as const;
    const hostile = {
      recipient: '/Users/ann/a "b" \\c\nd/1.recipient',
      text: '/Users/ann/a "b" \\c\nd/1.text',
    };
    const script = scriptFor(way, hostile);
    expect(script).toContain('POSIX file "/Users/ann/a \\"b\\" \\\\c\\nd/1.recipient"');
    expect(script.split('\n')).toHaveLength(scriptFor(way, INPUTS).split('\n').length);
    expect(script).toContain('(POSIX file theText) as alias');
  });

  test('that ask and quit send nothing', () => {
    for (const script of [PROBE_SCRIPT, QUIT_SCRIPT]) expect(script).not.toContain('send');
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
