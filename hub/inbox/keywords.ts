const OPT_OUT = new Set([
  'STOP',
  'STOPALL',
  'UNSUBSCRIBE',
  'CANCEL',
  'END',
  'QUIT',
  'OPTOUT',
  'OPT OUT',
  'OPT-OUT',
]);
const OPT_IN = new Set(['START', 'YES', 'UNSTOP']);

/**
 * Whether a message is, as a whole, one of the words by which people stop and restart being written to. Case,
 * surrounding space, invisible marks, full-width letters and a closing mark do not change what was meant.
 */
export function readKeyword(text: string): 'opt_out' | 'opt_in' | undefined {
  if (text.length > 64) return undefined;
  const word = text
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .trim()
    .replace(/[.!]$/, '')
    .toUpperCase();
  if (OPT_OUT.has(word)) return 'opt_out';
  return OPT_IN.has(word) ? 'opt_in' : undefined;
}
