import { describe, expect, test } from 'vitest';
import type { SettledDelivery } from '../../../hub/store/records.ts';
import { StoreUnavailableError } from '../../../hub/store/store.ts';
import { OutcomeBuffer } from '../../../hub/webhooks/outcome-buffer.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import { waitFor } from '../../kit/wait.ts';

const log = createLog('test', 'silent');

function outcome(id: number): SettledDelivery {
  const attempt = {
    attempt: 1,
    at: 0,
    latency_ms: 1,
    http_status: 200,
    error: null,
    error_message: null,
    response: '',
  };
  return { id: String(id), attempt, outcome: { kind: 'delivered' } };
}

/** A place for batches that refuses the first `failures` of them. */
function createLedger(failures = 0): {
  batches: string[][];
  tries: () => number;
  settle: (s: SettledDelivery[]) => Promise<void>;
} {
  const batches: string[][] = [];
  let tries = 0;
  const settle = async (settled: SettledDelivery[]): Promise<void> => {
    tries += 1;
    if (tries <= failures) throw new StoreUnavailableError('the disk is full');
    batches.push(settled.map(({ id }) => id));
  };
  return { batches, tries: () => tries, settle };
}

describe('outcomes of webhook events', () => {
  test('are recorded together while others are to come, and at once when none is', async () => {
    const ledger = createLedger();
    const buffer = new OutcomeBuffer({ settle: ledger.settle, log });
    for (let id = 0; id < 10; id += 1) buffer.add(outcome(id), id === 9);
    await waitFor('the batch', () => ledger.batches.length === 1);
    expect(ledger.batches[0]).toHaveLength(10);
    buffer.add(outcome(10), false);
    await waitFor('the one that waited for company', () => ledger.batches.length === 2);
  });

  test('are kept while the store fails, and recorded in order once it works', async () => {
    const ledger = createLedger(2);
    const buffer = new OutcomeBuffer({ settle: ledger.settle, log });
    buffer.add(outcome(1), true);
    buffer.add(outcome(2), true);
    await waitFor('both', () => ledger.batches.length === 2);
    expect(ledger.batches).toEqual([['1'], ['2']]);
  });

  test('one that the store will never take holds up no other', async () => {
    const taken: string[] = [];
    const settle = async (settled: SettledDelivery[]): Promise<void> => {
      if (settled.some(({ id }) => id === '2')) throw new Error('a text that no column takes');
      taken.push(...settled.map(({ id }) => id));
    };
    const buffer = new OutcomeBuffer({ settle, log });
    for (const id of [1, 2, 3]) buffer.add(outcome(id), id === 3);
    await waitFor('the others', () => taken.length === 2);
    expect(taken).toEqual(['1', '3']);
    await buffer.finish();
  });

  test('hold up the end of the hub no longer than one try', async () => {
    const ledger = createLedger(Number.POSITIVE_INFINITY);
    const buffer = new OutcomeBuffer({ settle: ledger.settle, log });
    buffer.add(outcome(1), false);
    await buffer.finish();
    expect(ledger.tries()).toBe(1);
  });
});
