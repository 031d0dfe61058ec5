import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { StoreUnavailableError } from '../../../hub/store/store.ts';
import { openSqlite } from '../../../shared/runtime/sqlite.ts';
import {
  addLine,
  claim,
  claimDue,
  Journal,
  messageEntry,
  messageOf,
  NOW,
  newMessage,
  route,
  settled,
  statusEntry,
} from './contract/fixtures.ts';
import { makeFolder, openFile, openOnFullDisk, openTemporary, SECRET } from './sqlite-fixtures.ts';

const CHILD = fileURLToPath(new URL('./accept-forever.ts', import.meta.url));

describe('an SQLite file', () => {
  test('every message acknowledged before kill -9 is there, the lock is free, and nothing is half-written', async () => {
    await using folder = await makeFolder();
    const file = join(folder.path, 'data', 'hub.db');
    const acknowledged: string[] = [];
    for (let round = 1; round <= 3; round += 1) {
      const child = spawn(process.execPath, [CHILD, file, SECRET], { stdio: ['ignore', 'pipe', 'inherit'] });
      const exited = once(child, 'exit');
      const lines = createInterface({ input: child.stdout });
      for await (const line of lines) {
        if (line.length === 36) acknowledged.push(line);
        if (acknowledged.length >= round * 200) child.kill('SIGKILL');
      }
      await exited;
    }
    const store = await openFile(file);
    await using _ = store;
    expect(acknowledged.length).toBeGreaterThanOrEqual(600);
    for (const id of acknowledged) expect(await store.findMessage(id)).toMatchObject({ status: 'QUEUED' });
    const raw = openSqlite(file, { readonly: true });
    expect(raw.pragma('integrity_check', { simple: true })).toBe('ok');
    raw.close();
  });

  test('what a hub that died had claimed is free at once when the next one starts, and stays with its device', async () => {
    await using folder = await makeFolder();
    const file = join(folder.path, 'hub.db');
    const before = await openFile(file);
    const line = await addLine(before);
    const message = newMessage(line.location_id);
    await before.acceptMessages([message], NOW);
    await route(before, [line.device_id]);
    await claim(before, line.device_id);
    await before.recordJournal(line.device_id, new Journal().batch(messageEntry()), NOW);
    const [delivery] = await claimDue(before);
    await before[Symbol.asyncDispose]();

    const after = await openFile(file);
    await using _ = after;
    expect(await route(after, [line.device_id])).toEqual([]);
    expect(await claim(after, line.device_id)).toMatchObject([{ id: message.id }]);
    expect(await claimDue(after)).toMatchObject([{ id: delivery!.id, body: delivery!.body, attempt: 2 }]);
  });

  test('a second hub on the same file is refused with a sentence, in another process and in this one', async () => {
    await using opened = await openTemporary();
    const expected = /Another hub is running on .*hub\.db: stop it/;
    await expect(openFile(opened.file)).rejects.toThrow(expected);
    const child = spawn(process.execPath, [CHILD, opened.file, SECRET], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const [code] = await once(child, 'close');
    expect(code).not.toBe(0);
    expect(said).toMatch(expected);
    await opened.store.ping();
  });

  test('a database of a newer version is refused and left as it is', async () => {
    await using folder = await makeFolder();
    const file = join(folder.path, 'hub.db');
    await (await openFile(file))[Symbol.asyncDispose]();
    const raw = openSqlite(file);
    raw.pragma('user_version = 999');
    raw.close();
    await expect(openFile(file)).rejects.toThrow(/written by a newer Bluewire \(schema 999/);
    await expect(openFile(file)).rejects.toThrow(/newer Bluewire/);
  });

  test('another HUB_SECRET is refused with its name', async () => {
    await using folder = await makeFolder();
    const file = join(folder.path, 'hub.db');
    await (await openFile(file))[Symbol.asyncDispose]();
    await expect(openFile(file, 'another')).rejects.toThrow(/HUB_SECRET is not the one/);
    await (await openFile(file))[Symbol.asyncDispose]();
  });

  test('a file that is no database is refused as unavailable', async () => {
    await using folder = await makeFolder();
    await expect(openFile(folder.path)).rejects.toThrow(StoreUnavailableError);
  });

  test('header values and signing secrets lie encrypted on disk', async () => {
    await using opened = await openTemporary();
    const headers = [{ key: 'authorization', value: 'Bearer very-secret-header-value' }];
    const signing_secret = 'whsec_dmVyeS1zZWNyZXQtc2lnbmluZy1rZXk=';
    const line = await addLine(opened.store, { headers, signing_secret });
    await opened.store.updateWorkspace(line.location_id, { headers: [...headers, ...headers] }, NOW);
    const onDisk = `${await readFile(opened.file, 'latin1')}${await readFile(`${opened.file}-wal`, 'latin1')}`;
    expect(onDisk).toContain(line.location_id);
    expect(onDisk).not.toContain('very-secret-header-value');
    expect(onDisk).not.toContain(signing_secret.slice(6, 30));
  });

  test('after it is closed every call says that it cannot be used', async () => {
    await using folder = await makeFolder();
    const store = await openFile(join(folder.path, 'hub.db'));
    await store[Symbol.asyncDispose]();
    await expect(store.ping()).rejects.toThrow(StoreUnavailableError);
    await expect(store.listMessages({}, { limit: 1 })).rejects.toThrow(StoreUnavailableError);
  });
});

describe('a full disk', () => {
  test('refuses with StoreUnavailableError, keeps nothing by halves, and works again once there is room', async () => {
    await using full = await openOnFullDisk();
    const { store, line, dispatched, unfinished } = full;
    const state = async () => ({
      message: await messageOf(store, dispatched.id),
      timeline: await store.listTimeline(dispatched.id),
      messages: (await store.listMessages({}, { limit: 200 })).items.length,
      queues: await store.countQueues(NOW),
      workspaces: await store.listWorkspaces({ limit: 10 }),
    });
    const before = await state();
    const long = 'x'.repeat(200_000);
    const messages = [newMessage(line.location_id), newMessage(line.location_id, { text: long })];
    const inbound = messageEntry({ text: long });
    const journal = new Journal().batch(statusEntry(dispatched.id, 'DELIVERED'), inbound);
    const header = { key: 'x', value: long };
    const attempts = [
      () => store.acceptMessages(messages, NOW),
      () => store.recordJournal(line.device_id, journal, NOW),
      () => store.updateWorkspace(line.location_id, { headers: [header] }, NOW),
      () => store.settleDeliveries('hub-1', [longAnswer(unfinished, long)], NOW),
    ];
    for (const attempt of [...attempts, ...attempts]) {
      await expect(attempt()).rejects.toThrow(StoreUnavailableError);
      expect(await state()).toEqual(before);
    }
    full.makeRoom();
    expect(await store.acceptMessages(messages, NOW)).toMatchObject([
      { kind: 'accepted' },
      { kind: 'accepted' },
    ]);
    expect(await store.recordJournal(line.device_id, journal, NOW)).toMatchObject({ acked_seq: 2 });
    await store.settleDeliveries('hub-1', [longAnswer(unfinished, long)], NOW);
    expect(await store.findDelivery(unfinished.id)).toMatchObject({ status: 'delivered' });
    expect(await messageOf(store, dispatched.id)).toMatchObject({ status: 'DELIVERED' });
  });
});

describe('a file that may not grow', () => {
  test('the messages acknowledged before the write failed are there, and no other', async () => {
    await using folder = await makeFolder();
    const file = join(folder.path, 'hub.db');
    await (await openFile(file))[Symbol.asyncDispose]();
    const limited = 'ulimit -f 2048; exec "$0" "$@"';
    const child = spawn('sh', ['-c', limited, process.execPath, CHILD, file, SECRET], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const acknowledged: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) acknowledged.push(line);
    expect(said).toContain('StoreUnavailableError');
    const store = await openFile(file);
    await using _ = store;
    expect(acknowledged.length).toBeGreaterThan(100);
    for (const id of acknowledged) expect(await store.findMessage(id)).toMatchObject({ status: 'QUEUED' });
    let kept = 0;
    let cursor: string | undefined;
    do {
      const page = await store.listMessages({}, { limit: 200, cursor });
      kept += page.items.length;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    expect(kept).toBe(acknowledged.length);
  });
});

function longAnswer(delivery: { id: string }, response: string) {
  const one = settled(delivery);
  return { ...one, attempt: { ...one.attempt, response } };
}

describe('an entry that the database will not take, whatever its schema says,', () => {
  test('is set aside as it came, and the journal goes on around it', async () => {
    await using opened = await openTemporary();
    const { store, file } = opened;
    const { device_id } = await addLine(store);
    const other = openSqlite(file);
    other.exec(`CREATE TRIGGER poison BEFORE INSERT ON deliveries WHEN NEW.body LIKE '%poison%'
      BEGIN SELECT RAISE(ABORT, 'no'); END`);
    const batch = new Journal().batch(
      messageEntry({ guid: 'one', text: 'before' }),
      messageEntry({ guid: 'two', text: 'poison' }),
      messageEntry({ guid: 'three', text: 'after' }),
    );
    expect(await store.recordJournal(device_id, batch, NOW)).toEqual({ acked_seq: 3, deliveries: 2 });
    const { items } = await store.listMessages({ direction: 'in' }, { limit: 9 });
    expect(items.map(({ text }) => text)).toEqual(['after', 'before']);
    const [aside, ...more] = other.prepare('SELECT seq, entry FROM set_aside').all() as {
      seq: number;
      entry: string;
    }[];
    other.close();
    expect(more).toEqual([]);
    expect([aside?.seq, JSON.parse(aside?.entry ?? '')]).toEqual([2, batch.entries[1]?.entry]);
  });
});
