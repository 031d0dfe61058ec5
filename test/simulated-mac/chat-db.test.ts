import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { appleNanoseconds, ChatDatabase, type ChatSpec } from './chat-db/chat-database.ts';
import { MACOS_VERSIONS, type MacosVersion, tablesOf } from './chat-db/columns.ts';

const FACTS = fileURLToPath(new URL('../../../shared/chatdb-columns.tsv', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'chat-db-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Column {
  name: string;
  type: string;
  notnull: number;
  dflt_value: string | null;
  pk: number;
}

let made = 0;
function make(version: MacosVersion): ChatDatabase {
  made += 1;
  return new ChatDatabase(join(folder, `${made}.db`), version);
}

/** Version and table → its columns in order, as the collected listing has them. */
function listing(): Map<string, string[]> {
  const tables = new Map<string, string[]>();
  const lines = readFileSync(FACTS, 'utf8').trimEnd().split('\n').slice(1);
  for (const line of lines) {
    const [version, table, , ...column] = line.split('\t');
    const key = `${version} ${table}`;
    tables.set(key, [...(tables.get(key) ?? []), column.join(' ')]);
  }
  return tables;
}

const CHAT: ChatSpec = {
  guid: 'iMessage;+;chat1',
  style: 43,
  identifier: 'chat1',
  service: 'iMessage',
  accountGuid: 'A',
  accountLogin: 'E:me@example.com',
  members: ['+12145550100', '+12145550101'],
};

describe('chat.db', () => {
  test.runIf(existsSync(FACTS))(
    'has every known column of every version, in order (needs ../shared/chatdb-columns.tsv)',
    () => {
      const known = listing();
      for (const version of MACOS_VERSIONS) {
        const db = make(version);
        for (const [key, columns] of known) {
          const [of, table = ''] = key.split(' ');
          if (of !== version) continue;
          const own = db.all('SELECT * FROM pragma_table_info(?)', table) as unknown as Column[];
          const spelled = own.map((column) =>
            [column.name, column.type, column.notnull, column.dflt_value ?? '', column.pk].join(' '),
          );
          expect(spelled, key).toEqual(columns);
        }
        db.close();
      }
    },
  );

  test('every version has the tables without which Messages cannot be', () => {
    for (const version of MACOS_VERSIONS) {
      expect(Object.keys(tablesOf(version))).toEqual(
        expect.arrayContaining([
          'message',
          'chat',
          'handle',
          'attachment',
          'chat_message_join',
          'message_attachment_join',
        ]),
      );
    }
  });

  test('the triggers of Messages work: room names, attachments, the last failure', () => {
    const db = make('ventura-13');
    const date = appleNanoseconds(Date.now());
    const id = db.insertMessage(
      { guid: 'G', service: 'iMessage', date, is_from_me: 1 },
      { address: 'a@b.c', service: 'iMessage' },
    );
    expect(db.insertMessage({ guid: 'G', date }, undefined)).toBe(id);
    db.joinMessage('G', CHAT);
    db.joinMessage('G', CHAT);
    expect(db.all('SELECT cache_roomnames, cache_has_attachments FROM message')).toEqual([
      { cache_roomnames: 'chat1', cache_has_attachments: 0n },
    ]);
    db.attach('G', { guid: 'F', original_guid: 'F', transfer_name: 'f.png' });
    db.update('message', 'G', { error: 22, is_kt_verified: 1 });
    expect(db.all('SELECT cache_has_attachments AS files, error FROM message')).toEqual([
      { files: 1n, error: 22n },
    ]);
    expect(db.all("SELECT value FROM kvtable WHERE key = 'lastFailedMessageRowID'")).toEqual([
      { value: BigInt(id) },
    ]);
    expect(db.all('SELECT h.id FROM chat_handle_join j JOIN handle h ON h.ROWID = j.handle_id')).toHaveLength(
      2,
    );
    db.close();
  });

  test('nobody else can delete: the triggers call functions that only Messages has', () => {
    const db = make('tahoe-26');
    db.insertMessage({ guid: 'G', date: 1n }, undefined);
    db.attach('G', { guid: 'F', original_guid: 'F' });
    const other = new Database(db.path);
    expect(() => other.exec('DELETE FROM attachment')).toThrow(/delete_attachment_path/);
    expect(() => other.exec("INSERT INTO attachment (guid) VALUES ('x')")).toThrow(/NOT NULL/);
    other.close();
    db.close();
  });

  test('dates are nanoseconds that no double can hold', () => {
    const date = appleNanoseconds(Date.UTC(2026, 0, 1));
    expect(date / 1_000_000_000n).toBe(788_918_400n);
    const dates = Array.from({ length: 50 }, () => appleNanoseconds(Date.UTC(2026, 0, 1)));
    expect(dates.some((one) => BigInt(Number(one)) !== one)).toBe(true);
  });
});
