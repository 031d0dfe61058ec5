import { describe, expect, test } from 'vitest';
import { Ledger, type ReceiptNote, type SendNote } from '../../scripts/soak/bridge/ledger.ts';
import { type Evidence, judge } from '../../scripts/soak/bridge/verdict.ts';
import { Random } from '../../scripts/soak/random.ts';
import { type FailureCode, failure } from '../../shared/failure-codes.ts';
import type { JournalEntry, StatusEntry } from '../../shared/wire/journal.ts';
import type { SentRecord } from '../simulated-mac/client.ts';

const ANNA = '+12145550100';

function sendNote(id: string, refusal?: string): SendNote {
  return { id, to: ANNA, text: `text ${id}`, files: [], behaviour: 'normal', offer: { id }, refusal };
}

function receiptNote(text: string, more: Partial<ReceiptNote> = {}): ReceiptNote {
  const fixed = { conversation: ANNA, group: undefined, behaviour: 'normal', files: [] };
  return { text, guid: `guid ${text}`, expected: 'once', ordered: true, ...fixed, ...more };
}

function status(id: string, name: StatusEntry['status'], code?: FailureCode): StatusEntry {
  const error = code === undefined ? {} : { error: failure(code) };
  return { kind: 'status', id, status: name, channel: 'imessage', at: 1, ...error };
}

function told(text: string, guid = `guid ${text}`): JournalEntry {
  const origin = { guid, from: ANNA, from_me: false, channel: 'imessage', at: 1 } as const;
  return { kind: 'message', ...origin, text, attachments: [] };
}

function left(id: string): SentRecord {
  const record = { recipient: ANNA, service: 'iMessage', rowid: 1, file: null, sha256: null, at: 1 };
  return { ...record, text: `text ${id}`, guid: `own ${id}` };
}

function verdict(given: {
  sends?: SendNote[];
  receipts?: ReceiptNote[];
  entries: JournalEntry[];
  sent?: SentRecord[];
}): string {
  const ledger = new Ledger();
  ledger.sends.push(...(given.sends ?? []));
  ledger.receipts.push(...(given.receipts ?? []));
  const sent = given.sent ?? [];
  const ownGuids = new Set(sent.map(({ guid }) => guid));
  const evidence: Evidence = { ledger, entries: given.entries, sent, ownGuids };
  return judge(evidence).join('\n');
}

describe('the verdict of a soak', () => {
  test.each([
    ['sent once and said so', [status('a', 'SENT'), status('a', 'DELIVERED')], 1, ''],
    ['not sent and said so', [status('a', 'FAILED', 'rejected')], 0, ''],
    ['nobody can tell, it left', [status('a', 'FAILED', 'send_timeout_unknown')], 1, ''],
    ['nobody can tell, it did not', [status('a', 'FAILED', 'send_timeout_unknown')], 0, ''],
    ['unknown, then corrected', [status('a', 'FAILED', 'send_timeout_unknown'), status('a', 'SENT')], 1, ''],
    ['sent twice', [status('a', 'SENT')], 2, 'sent 2 times instead of 1'],
    ['said to be sent', [status('a', 'SENT')], 0, 'said to have left, 0 did'],
    ['said to have failed', [status('a', 'FAILED', 'rejected')], 1, 'left, yet said not to have'],
    ['no status', [], 1, 'no status'],
    ['SENT twice', [status('a', 'SENT'), status('a', 'SENT')], 1, 'SENT again'],
    ['going back', [status('a', 'DELIVERED'), status('a', 'SENT')], 1, 'SENT again, or too late'],
    [
      'risen from the dead',
      [status('a', 'FAILED', 'rejected'), status('a', 'SENT')],
      1,
      'SENT after FAILED rejected',
    ],
  ])('%s', (_name, entries, times, fault) => {
    const sent = Array.from({ length: times }, () => left('a'));
    const found = verdict({ sends: [sendNote('a')], entries, sent });
    if (fault === '') expect(found).toBe('');
    else expect(found).toContain(fault);
  });

  test('a send that was refused must not leave', () => {
    expect(verdict({ sends: [sendNote('a', 'no')], entries: [] })).toBe('');
    expect(verdict({ sends: [sendNote('a', 'no')], entries: [], sent: [left('a')] })).toContain(
      'said not to have',
    );
  });

  test('a message is told once, as it was written, in its place, and nothing else is told', () => {
    const receipts = [receiptNote('one'), receiptNote('two')];
    expect(verdict({ receipts, entries: [told('one'), told('two')] })).toBe('');
    expect(verdict({ receipts, entries: [told('two'), told('one')] })).toContain('out of order');
    expect(verdict({ receipts, entries: [told('one')] })).toContain('never told: two');
    expect(verdict({ receipts, entries: [told('one'), told('one'), told('two')] })).toContain(
      'told 2 times: one',
    );
    expect(verdict({ receipts, entries: [told('one'), told('x', 'guid two')] })).toContain('other words');
    expect(verdict({ receipts, entries: [told('one'), told('two'), told('x')] })).toContain('invented');
    const own = { receipts: [], sends: [sendNote('a')], sent: [left('a')] };
    expect(verdict({ ...own, entries: [status('a', 'SENT'), told('text a', 'own a')] })).toContain(
      'own send told',
    );
    const lost = receiptNote('lost', { expected: 'never' });
    expect(verdict({ receipts: [lost], entries: [told('lost')] })).toContain('in no chat');
    const withFile = receiptNote('f', { files: [{ name: 'f', sha256: 'f' }] });
    expect(verdict({ receipts: [withFile], entries: [told('f')] })).toContain('0 files instead of 1');
    const group = receiptNote('g', { group: 'chat1' });
    expect(verdict({ receipts: [group], entries: [told('g')] })).toContain('no group instead of chat1');
  });

  test('echoes, tapbacks and edits are told once, unless a database was lost on the way', () => {
    const ledger = new Ledger();
    ledger.echoes.push('e');
    ledger.reactions.push('t');
    ledger.receipts.push(receiptNote('one'));
    ledger.edits.set('guid one', { text: 'other', expected: 'once' });
    const origin = { from: ANNA, from_me: false, channel: 'imessage', at: 1 } as const;
    const about = { target: 'x', part: 0, reaction: 'love', removed: false } as const;
    const whole: JournalEntry[] = [
      told('one'),
      told('typed 1', 'e'),
      { kind: 'reaction', ...origin, ...about, guid: 't' },
      { kind: 'edit', ...origin, guid: 'guid one', text: 'other' },
    ];
    const found = (entries: JournalEntry[]) =>
      judge({ ledger, entries, sent: [], ownGuids: new Set() }).join('\n');
    expect(found(whole)).toBe('');
    expect(found(whole.slice(0, 1))).toMatch(
      /an echo told 0 times.*a tapback told 0 times.*an edit to "other" not told/s,
    );
    expect(found([...whole, ...whole.slice(1)])).toMatch(
      /an echo told 2.*a tapback told 2.*an edit told twice/s,
    );
    ledger.did('rebuild-database');
    expect(found([...whole.slice(0, 1), ...whole.slice(3)])).toBe('');
  });

  test('a seed makes the same choices again, and each loop its own', () => {
    const numbers = (stream: string) => {
      const random = new Random(7, stream);
      return Array.from({ length: 5 }, () => random.next());
    };
    expect(numbers('a')).toEqual(numbers('a'));
    expect(numbers('a')).not.toEqual(numbers('b'));
  });
});
