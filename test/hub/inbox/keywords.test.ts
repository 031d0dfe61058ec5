import { describe, expect, test } from 'vitest';
import { readKeyword } from '../../../hub/inbox/keywords.ts';

describe('a keyword', () => {
  test('stands alone, in any case and dress', () => {
    const words = ['STOP', 'StopAll', 'unsubscribe', 'Cancel', 'end', 'QUIT', 'optout', 'Opt-Out', 'opt out'];
    for (const word of [...words, ' Stop \n', 'ＳＴＯＰ', 'STOP\u200b', '\u202astop\u202c', 'Stop.', 'stop!'])
      expect(readKeyword(word), word).toBe('opt_out');
    for (const word of ['START', 'yes', ' Unstop ']) expect(readKeyword(word), word).toBe('opt_in');
  });

  test('is none within other words', () => {
    const texts = [
      '',
      'STOP PLEASE',
      'please cancel',
      'stop it',
      'S T O P',
      'the end',
      'yes please',
      'nonstop',
      'help',
      'stop stop',
      'x'.repeat(10_000),
    ];
    for (const text of texts) expect(readKeyword(text), text).toBeUndefined();
  });
});
