/**
 * Everything the simulated Mac can be told to do differently: the whole list.
 *
 * A behaviour belongs to a recipient (a phone number, an e-mail address, a group's chat identifier, or `*` for all) and
 * holds until it is cleared or its count is used up. One with a `parameter` may have a number after its name:
 * `late-row-2000`, `sent-error-4`. Milliseconds in a name are real ones; everything else follows `--pace`.
 */

interface BehaviourFacts {
  readonly acts: 'send' | 'receive' | 'both';
  readonly parameter?: 'milliseconds' | 'error code' | 'transfer state';
  readonly fallback?: number;
  readonly help: string;
}

const BEHAVIOURS = {
  normal: { acts: 'both', help: 'sent, then delivered (SMS: sent only); clears what was set before' },
  'not-on-imessage': { acts: 'send', help: 'iMessage: the row gets error 22 two seconds later; SMS works' },
  'downgraded-to-sms': { acts: 'send', help: 'starts as iMessage, leaves as SMS with was_downgraded=1' },
  'never-delivered': { acts: 'send', help: 'sent, but no delivery receipt ever' },
  'delivered-quietly': { acts: 'send', help: 'delivered with was_delivered_quietly=1 (Focus)' },
  'read-receipt': { acts: 'send', help: 'delivered, then read (date_read)' },
  'sent-error': {
    acts: 'send',
    parameter: 'error code',
    fallback: 4,
    help: 'the row gets this error two seconds later',
  },
  'late-row': {
    acts: 'send',
    parameter: 'milliseconds',
    fallback: 1500,
    help: 'the row appears this long after osascript is done',
  },
  'late-join': {
    acts: 'both',
    parameter: 'milliseconds',
    fallback: 1000,
    help: 'the chat join is committed this late',
  },
  'late-delivery': {
    acts: 'send',
    parameter: 'milliseconds',
    fallback: 5000,
    help: 'the delivery receipt comes this late',
  },
  'reads-file-late': {
    acts: 'send',
    parameter: 'milliseconds',
    fallback: 1500,
    help: 'the file is read this long after its row appeared; one that is gone by then gets error 41',
  },
  'slow-answer': {
    acts: 'send',
    parameter: 'milliseconds',
    fallback: 3000,
    help: 'sends at once, but osascript returns this late',
  },
  'ghost-row': { acts: 'send', help: 'osascript succeeds; an empty unjoined SMS row; nothing is sent' },
  'no-row': { acts: 'send', help: 'osascript succeeds; no row, nothing is sent' },
  hangs: { acts: 'send', help: 'osascript never returns; nothing is sent' },
  'hangs-although-sent': { acts: 'send', help: 'osascript never returns; the message is sent' },
  'times-out': { acts: 'send', help: '−1712 after the script’s time-out; nothing is sent' },
  'times-out-although-sent': { acts: 'send', help: '−1712 after the script’s time-out; the message is sent' },
  'no-such-object': { acts: 'send', help: '−1728; nothing is sent' },
  'automation-denied': { acts: 'send', help: '−1743; nothing is sent (for `*`: every Apple event)' },
  'not-running': { acts: 'send', help: '−600; nothing is sent (for `*`: every Apple event)' },
  'connection-lost': { acts: 'send', help: '−609 before anything is sent' },
  'connection-lost-although-sent': { acts: 'send', help: '−609, yet the message is sent' },
  'null-text': { acts: 'receive', help: 'text is NULL, the words only in attributedBody' },
  'undecodable-body': { acts: 'receive', help: 'text is NULL and attributedBody is damaged' },
  'transfer-ends': {
    acts: 'receive',
    parameter: 'transfer state',
    fallback: 6,
    help: 'the file never arrives; its transfer_state stays at this (0 waiting, 6 error …)',
  },
  'half-body': { acts: 'receive', help: 'text is NULL and attributedBody is cut in half' },
  'no-handle': { acts: 'receive', help: 'the sender’s handle row is missing' },
  'no-chat': { acts: 'receive', help: 'the message is never joined to a chat' },
} as const satisfies Record<string, BehaviourFacts>;

type BehaviourName = keyof typeof BEHAVIOURS;

export interface Behaviour {
  readonly name: BehaviourName;
  /** Milliseconds or error code, where the behaviour has a parameter. */
  readonly amount: number;
}

/** Reads `late-row-2000`. Throws with a sentence that lists what there is. */
export function parseBehaviour(text: string): Behaviour {
  for (const [name, facts] of Object.entries(BEHAVIOURS) as [BehaviourName, BehaviourFacts][]) {
    if (text === name) return { name, amount: facts.fallback ?? 0 };
    if (facts.parameter === undefined || !text.startsWith(`${name}-`)) continue;
    const amount = Number(text.slice(name.length + 1));
    if (Number.isSafeInteger(amount) && amount >= 0) return { name, amount };
  }
  throw new Error(
    `There is no behaviour "${text}". Known: ${listBehaviours()
      .map(([name]) => name)
      .join(', ')}.`,
  );
}

/** Whether a behaviour has to do with sends, or with messages that arrive. */
export function actsOn(occasion: 'send' | 'receive'): (behaviour: string) => boolean {
  return (behaviour) => {
    const { acts } = BEHAVIOURS[parseBehaviour(behaviour).name];
    return acts === 'both' || acts === occasion;
  };
}

/** Name (with its parameter) and help line of every behaviour. */
export function listBehaviours(): [spelling: string, help: string][] {
  return Object.entries(BEHAVIOURS).map(([name, facts]: [string, BehaviourFacts]) => {
    const spelling = facts.parameter === undefined ? name : `${name}-<${facts.parameter}>`;
    return [spelling, `${facts.help}`];
  });
}
