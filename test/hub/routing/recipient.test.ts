import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalizeRecipient, normalizeSender } from '../../../hub/routing/recipient.ts';
import { CHANNELS } from '../../../shared/channels.ts';

const NUMBERS = [
  '+12145550100',
  '+4930123456',
  '+442079460000',
  '+390612345678',
  '+5511987654321',
  '+8613800138000',
];
const SEPARATORS = [
  ' ',
  '\u00a0',
  '\u3000',
  '\t',
  '-',
  '\u2010',
  '\u2011',
  '\u2013',
  '\u2212',
  '.',
  '(',
  ')',
  '（',
  '）',
];
const INVISIBLE = [
  '\u200b',
  '\u200e',
  '\u200f',
  '\u202a',
  '\u202c',
  '\u2066',
  '\u2069',
  '\ufeff',
  '\u00ad',
  '\u2060',
];

const number = fc.constantFrom(...NUMBERS);
const noise = fc
  .array(fc.constantFrom(...SEPARATORS, ...INVISIBLE), { maxLength: 3 })
  .map((marks) => marks.join(''));

describe('a recipient', () => {
  test('separators and invisible marks anywhere make no difference', () => {
    fc.assert(
      fc.property(number, fc.array(noise, { minLength: 20, maxLength: 20 }), (phone, marks) => {
        const dressed = [...phone].map((character, n) => `${marks[n] ?? ''}${character}`).join('');
        expect(normalizeRecipient(`${dressed}${marks[19]}`, 'sms')).toEqual({ phone });
      }),
    );
  });

  test('full-width and other digits are digits', () => {
    const widen = (phone: string) =>
      [...phone].map((c) => (c === '+' ? '\uff0b' : String.fromCodePoint(0xff10 + Number(c)))).join('');
    for (const phone of NUMBERS) expect(normalizeRecipient(widen(phone), 'imessage')).toEqual({ phone });
    expect(normalizeRecipient('+٤٩٣٠١٢٣٤٥٦', 'sms')).toEqual({ phone: '+4930123456' });
  });

  test('normalising twice is normalising once, whatever the input', () => {
    const alphabet = fc.constantFrom(...'0123456789+ -.()@aé\u200e\uff0b\uff11');
    const inputs = fc.oneof(
      number,
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.string({ unit: alphabet, maxLength: 20 }),
    );
    fc.assert(
      fc.property(inputs, fc.constantFrom(...CHANNELS), (input, channel) => {
        const once = normalizeRecipient(input, channel);
        if ('fault' in once) return;
        expect(normalizeRecipient(once.phone, channel)).toEqual(once);
        expect(once.phone).toMatch(
          channel === 'imessage' ? /^\+[1-9]\d{5,14}$|^[^\s@]+@[^\s@]+$/ : /^\+[1-9]\d{5,14}$/,
        );
      }),
      { numRuns: 2_000 },
    );
  });

  test('a trunk zero in parentheses is no part of the number', () => {
    expect(normalizeRecipient('+44 (0)20 7946 0000', 'sms')).toEqual({ phone: '+442079460000' });
  });

  test('impossible numbers are refused with a reason', () => {
    const refused = [
      ['', 'is empty'],
      ['\u200b \u202a', 'is empty'],
      ['2145550100', 'must start with +'],
      ['0012145550100', 'must start with +'],
      ['+', 'do not belong'],
      ['++12145550100', 'do not belong'],
      ['+1214555O100', 'do not belong'],
      ['+12145550100x5', 'do not belong'],
      ['+12145550100;ext=5', 'do not belong'],
      ['tel:+12145550100', 'must start with +'],
      ['+999123456789', 'country code'],
      ['+012345678', 'country code'],
      ['+1214555010', 'possible'],
      ['+121455501000', 'possible'],
      ['+1', 'possible'],
      [`+${'1'.repeat(300)}`, 'possible'],
      ['1'.repeat(100_000), 'longer'],
    ] as const;
    for (const [input, reason] of refused) {
      const recipient = normalizeRecipient(input, 'imessage');
      expect('fault' in recipient && recipient.fault, input.slice(0, 40)).toContain(reason);
    }
  });

  test('an e-mail address reaches iMessage, in lower case, and no other channel', () => {
    const good = {
      ' Ann.Smith+x@Example.CO.UK ': 'ann.smith+x@example.co.uk',
      '\u202aann@bücher.example\u202c': 'ann@bücher.example',
    };
    for (const [input, phone] of Object.entries(good))
      expect(normalizeRecipient(input, 'imessage')).toEqual({ phone });
    for (const input of [
      '@',
      'a@',
      '@b.c',
      'a@b',
      'a b@c.de',
      'a@b..de',
      'a@-b.de',
      'a@b@c.de',
      `${'a'.repeat(65)}@b.de`,
      `a@${'b.'.repeat(150)}de`,
      '"a"@b.de',
    ])
      expect(normalizeRecipient(input, 'imessage')).toHaveProperty('fault');
    for (const channel of ['sms', 'rcs', 'whatsapp'] as const)
      expect(normalizeRecipient('ann@example.com', channel)).toHaveProperty('fault');
  });

  test('a sender that is neither number nor address stays as it was reported', () => {
    expect(normalizeSender('+1 (214) 555-0100')).toBe('+12145550100');
    expect(normalizeSender('Ann@Example.com')).toBe('ann@example.com');
    for (const odd of ['72975', 'MyBank', '', ' 611 ', 'urn:biz:a-b']) expect(normalizeSender(odd)).toBe(odd);
  });
});
