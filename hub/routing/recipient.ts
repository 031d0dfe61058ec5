import { ParseError, parseDigits, parsePhoneNumberWithError } from 'libphonenumber-js/max';
import type { Channel } from '../../shared/channels.ts';

/** E.164 in `phone`, or a lower-case e-mail address; else a sentence saying what is wrong. */
export type Recipient = { phone: string } | { fault: string };

/** Bidi marks, zero-width characters, soft hyphens, byte order marks: nobody sees them, copying brings them along. */
const INVISIBLE = /\p{Cf}/gu;
const SEPARATORS = /[\s\p{Pd}\u2212.\uff0e·()（）]/gu;
const PLUS = /^\uff0b/u;
const DIGIT = /\p{Nd}/gu;
const E164_SHAPE = /^\+\d+$/;
const EMAIL =
  /^[^\s@"(),:;<>[\\\]]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,63}$/u;
const MAX_EMAIL = 254;
/** Longer than any number with every separator between its digits; spares the regular expressions a flood. */
const MAX_INPUT = 320;

/**
 * A recipient as clients write it → as the hub keeps it. Spaces, dashes, dots, parentheses and invisible marks fall
 * away, digits of any script become ASCII. A number needs its `+` and country code: without them the country would be
 * a guess. What libphonenumber calls impossible is refused. Idempotent. E-mail addresses are for iMessage alone.
 */
export function normalizeRecipient(input: string, channel: Channel): Recipient {
  if (input.length > MAX_INPUT) return { fault: `is longer than ${MAX_INPUT} characters` };
  if (input.includes('@') || input.includes('\uff20')) return normalizeEmail(input, channel);
  const number = input
    .replace(INVISIBLE, '')
    .replace(SEPARATORS, '')
    .replace(PLUS, '+')
    .replace(DIGIT, (digit) => parseDigits(digit) || digit);
  if (number === '') return { fault: 'is empty' };
  if (!number.startsWith('+'))
    return { fault: 'must start with + and the country code, such as +12145550100' };
  if (!E164_SHAPE.test(number)) return { fault: 'holds characters that do not belong in a phone number' };
  return parseE164(number);
}

/** A sender as a device reports it: normalised like a recipient; kept as it is when it is neither number nor e-mail. */
export function normalizeSender(input: string): string {
  const recipient = normalizeRecipient(input, 'imessage');
  return 'phone' in recipient ? recipient.phone : input;
}

function parseE164(number: string): Recipient {
  try {
    const parsed = parsePhoneNumberWithError(number, { extract: false });
    if (parsed.isPossible()) return { phone: parsed.number };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    if (error.message === 'INVALID_COUNTRY') return { fault: 'has a country code that does not exist' };
  }
  return { fault: 'is not a possible phone number: check its length and country code' };
}

function normalizeEmail(input: string, channel: Channel): Recipient {
  if (channel !== 'imessage')
    return { fault: `must be a phone number: only imessage reaches e-mail addresses, not ${channel}` };
  const email = input.replace(INVISIBLE, '').trim().toLowerCase();
  if (email.length > MAX_EMAIL || !EMAIL.test(email)) return { fault: 'is not a usable e-mail address' };
  return { phone: email };
}
