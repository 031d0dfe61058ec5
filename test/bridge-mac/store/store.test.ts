import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { Journal } from '../../../bridge-mac/journal/journal.ts';
import { openBridgeStore } from '../../../bridge-mac/store/open-store.ts';
import { MAX_BATCH, type MessageEntry } from '../../../shared/wire/journal.ts';
import { temporaryFolder } from '../kit/inbox-rig.ts';

function setUp() {
  const home = temporaryFolder();
  const path = join(home.path, 'bridge.db');
  const store = openBridgeStore(path, 'device at hub');
  return {
    path,
    store,
    [Symbol.dispose]() {
      store[Symbol.dispose]();
      home[Symbol.dispose]();
    },
  };
}

const entry = (text: string): MessageEntry => ({
  kind: 'message',
  guid: `guid ${text.slice(0, 20)}`,
  from: '+12145550101',
  from_me: false,
  channel: 'imessage',
  text,
  attachments: [],
  at: 1,
});

describe("the bridge's database", () => {
  test('is refused with a sentence when a newer Bluewire wrote it', () => {
    using it = setUp();
    const db = new Database(it.path);
    db.pragma('user_version = 7');
    db.close();
    expect(() => openBridgeStore(it.path, 'device at hub')).toThrow(/schema 7.*newer Bluewire/);
  });

  test('keeps what it has for the same device, and is emptied for another', () => {
    using it = setUp();
    it.store.journal.append([entry('a')]);
    const { id } = it.store.journal;
    {
      using same = openBridgeStore(it.path, 'device at hub');
      expect([same.journal.id, same.journal.lastSeq]).toEqual([id, 1]);
    }
    using other = openBridgeStore(it.path, 'another at hub');
    expect(other.journal.id).not.toBe(id);
    expect([other.journal.lastSeq, other.journal.unacked, other.inbox.cursor]).toEqual([0, 0, undefined]);
  });

  test('undoes the whole step when part of it fails', () => {
    using it = setUp();
    expect(() =>
      it.store.transaction(() => {
        it.store.journal.append([entry('a')]);
        it.store.inbox.setCursor({ rowId: 5, guid: 'g', dated: 1 });
        throw new Error('power cut');
      }),
    ).toThrow('power cut');
    expect([it.store.journal.lastSeq, it.store.inbox.cursor]).toEqual([0, undefined]);
    it.store.journal.append([entry('b')]);
    expect(it.store.journal.lastSeq).toBe(1);
  });
});

describe('the journal', () => {
  test('gives batches in order, within the limits of count and size', () => {
    using it = setUp();
    it.store.journal.append(Array.from({ length: MAX_BATCH + 10 }, (_, index) => entry(`${index}`)));
    expect(it.store.journal.nextBatch()?.entries.map(({ seq }) => seq)).toEqual(
      Array.from({ length: MAX_BATCH }, (_, index) => index + 1),
    );
    it.store.journal.acknowledge(MAX_BATCH + 10);
    it.store.journal.append(Array.from({ length: 20 }, () => entry('x'.repeat(100_000))));
    const batch = it.store.journal.nextBatch();
    expect(batch?.entries.length).toBeLessThan(4);
    it.store.journal.acknowledge(it.store.journal.lastSeq);
    it.store.journal.append([entry('x'.repeat(2_000_000))]);
    expect(it.store.journal.nextBatch()?.entries).toHaveLength(1);
  });

  test('goes on counting after everything was acknowledged and the bridge restarted', () => {
    using it = setUp();
    it.store.journal.append([entry('a'), entry('b')]);
    it.store.journal.acknowledge(2);
    using again = openBridgeStore(it.path, 'device at hub');
    again.journal.append([entry('c')]);
    expect(again.journal.nextBatch()?.entries.map(({ seq }) => seq)).toEqual([3]);
  });

  test('continues under a new name, nothing lost, when the hub knows more or less than it can', () => {
    for (const said of [9, 0]) {
      using it = setUp();
      const journal = new Journal(it.store, () => undefined);
      journal.append([entry('a'), entry('b'), entry('c')]);
      expect(journal.acknowledge(1)).toBe('ok');
      const before = journal.id;
      expect(journal.acknowledge(said)).toBe('renewed');
      const batch = journal.nextBatch();
      expect(batch?.journal_id).toBe(journal.id);
      expect(journal.id).not.toBe(before);
      expect(batch?.entries.map(({ seq, entry: { guid } }) => [seq, guid])).toEqual([
        [1, 'guid b'],
        [2, 'guid c'],
      ]);
    }
  });

  test('wakes its listener after the commit', async () => {
    using it = setUp();
    const seen: number[] = [];
    const journal = new Journal(it.store, () => seen.push(it.store.journal.unacked));
    it.store.transaction(() => {
      journal.append([entry('a')]);
      expect(seen).toEqual([]);
    });
    await Promise.resolve();
    expect(seen).toEqual([1]);
  });
});

describe('sends', () => {
  const send = (id: string) => ({
    id,
    to: '+12145550101',
    channel: 'imessage' as const,
    text: 'Hello',
    to_group: false,
    fallbacks: [],
    attachments: [],
    expires_at: 100,
  });

  test('go one at a time within a conversation, and side by side across', () => {
    using it = setUp();
    it.store.sends.insert(send('a1'), 'a', 1);
    it.store.sends.insert(send('a2'), 'a', 1);
    it.store.sends.insert(send('b1'), 'b', 1);
    const first = it.store.sends.nextToAttempt(1);
    expect(first?.id).toBe('a1');
    it.store.sends.move(first!, 'attempting', 1);
    expect(it.store.sends.nextToAttempt(1)?.id).toBe('b1');
    it.store.sends.move({ ...first!, state: 'attempting' }, 'unknown', 1);
    expect(it.store.sends.nextToAttempt(1)?.id).toBe('b1');
    it.store.sends.move({ ...first!, state: 'unknown' }, 'overdue', 1);
    expect(it.store.sends.nextToAttempt(1)?.id).toBe('a2');
  });

  test('step on only from the state they were read in', () => {
    using it = setUp();
    it.store.sends.insert(send('a1'), 'a', 1);
    const read = it.store.sends.nextToAttempt(1)!;
    expect(it.store.sends.move(read, 'attempting', 1)).toBe(true);
    expect(it.store.sends.move(read, 'attempting', 1)).toBe(false);
  });

  test('are remembered for repetitions a month after they were finished', () => {
    using it = setUp();
    it.store.sends.insert(send('a1'), 'a', 1);
    it.store.sends.move(it.store.sends.nextToAttempt(1)!, 'failed', 50);
    it.store.sends.insert(send('a1'), 'a', 60);
    expect(it.store.sends.nextToAttempt(60)).toBeUndefined();
    it.store.sends.purgeBefore(50);
    expect(it.store.sends.inState(['failed'])).toHaveLength(1);
    it.store.sends.purgeBefore(51);
    expect(it.store.sends.inState(['failed'])).toHaveLength(0);
  });

  test('are known by their id, whatever else a repetition says', () => {
    using it = setUp();
    it.store.sends.insert(send('a1'), 'a', 1);
    const file = { sha256: '0'.repeat(64), name: 'a.jpg', mime_type: 'image/jpeg', size: 1 };
    it.store.sends.insert({ ...send('a1'), text: 'another', attachments: [file, file] }, 'b', 2);
    expect(it.store.sends.partsOf('a1')).toMatchObject([{ text: 'Hello', parts: 1, conversation: 'a' }]);
  });

  test('wait no longer because the clock was set back', () => {
    using it = setUp();
    it.store.sends.insert(send('a1'), 'a', 9_000_000);
    expect(it.store.sends.nextToAttempt(1)?.id).toBe('a1');
    const read = it.store.sends.nextToAttempt(1)!;
    it.store.sends.move(read, 'attempting', 9_000_000);
    it.store.sends.move({ ...read, state: 'attempting' }, 'accepted', 9_000_000, { not_before: 9_060_000 });
    it.store.sends.insert(send('b1'), 'b', 1);
    it.store.sends.move(it.store.sends.nextToAttempt(1)!, 'attempting', 9_000_000);
    it.store.sends.endFuture(50, 60_000);
    expect(it.store.sends.nextToAttempt(50)?.id).toBe('a1');
    expect(it.store.sends.inState(['attempting'])).toMatchObject([{ id: 'b1', since: 50 }]);
  });

  test('that wait for their time are known by it', () => {
    using it = setUp();
    it.store.sends.insert(send('a1'), 'a', 1);
    const read = it.store.sends.nextToAttempt(1)!;
    it.store.sends.move(read, 'attempting', 1);
    it.store.sends.move({ ...read, state: 'attempting' }, 'accepted', 1, { not_before: 500 });
    expect([it.store.sends.nextToAttempt(499), it.store.sends.nextDue(10)]).toEqual([undefined, 500]);
    expect(it.store.sends.nextToAttempt(500)?.id).toBe('a1');
  });
});
