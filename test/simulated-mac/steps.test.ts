import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { ChatDatabase } from './chat-db/chat-database.ts';
import { accountsOf, directChat } from './messages/accounts.ts';
import { planIncoming } from './messages/incoming.ts';
import { Memory } from './messages/memory.ts';
import { planOutgoing } from './messages/outgoing.ts';
import { type Step, Steps } from './messages/steps.ts';

const ANNA = '+12145550100';
const NORMAL = { name: 'normal', amount: 0 } as const;
const folder = mkdtempSync(join(tmpdir(), 'steps-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A chat.db whose every change is looked at from outside, by a reader with a connection of its own. */
class Scene implements Disposable {
  readonly memory: Memory;
  readonly db: ChatDatabase;
  readonly steps: Steps;
  readonly seen: string[] = [];
  readonly #reader: Database.Database;

  constructor(name: string) {
    this.memory = new Memory(join(folder, `${name}-memory.db`));
    this.db = new ChatDatabase(join(folder, `${name}.db`), 'tahoe-26');
    this.#reader = new Database(this.db.path, { readonly: true });
    for (const method of ['insertMessage', 'joinMessage', 'update', 'attach'] as const) this.#watch(method);
    this.steps = new Steps(this.memory, this.db, () => undefined);
  }

  #watch(method: 'insertMessage' | 'joinMessage' | 'update' | 'attach'): void {
    const original = Reflect.get(this.db, method) as (...args: unknown[]) => unknown;
    Reflect.set(this.db, method, (...args: unknown[]) => {
      const answer = original.apply(this.db, args);
      this.seen.push(this.look());
      return answer;
    });
  }

  look(): string {
    const row = this.#reader
      .prepare(
        `SELECT (SELECT count(*) FROM message) AS rows, (SELECT count(*) FROM chat_message_join) AS joins,
           (SELECT count(*) FROM attachment) AS files, coalesce(max(is_sent), 0) AS sent,
           coalesce(max(is_delivered), 0) AS delivered FROM message`,
      )
      .get() as Record<string, number>;
    return `rows ${row.rows} joins ${row.joins} files ${row.files} sent ${row.sent} delivered ${row.delivered}`;
  }

  [Symbol.dispose](): void {
    this.steps.stop();
    this.#reader.close();
    this.db.close();
    this.memory.close();
  }
}

function outgoing(scene: Scene): Step[] {
  const [account] = accountsOf('tahoe-26', scene.memory, true);
  if (account === undefined) throw new Error('no account');
  const chat = directChat('tahoe-26', account, ANNA);
  return planOutgoing({ guid: 'G', account, chat, text: 'x', file: undefined, at: Date.now() }, NORMAL, 0);
}

describe('the steps of Messages', () => {
  test('an outgoing message is four commits, each seen by a reader from outside', () => {
    using scene = new Scene('outgoing');
    scene.steps.plan(outgoing(scene));
    expect(scene.seen).toEqual([
      'rows 1 joins 0 files 0 sent 0 delivered 0',
      'rows 1 joins 1 files 0 sent 0 delivered 0',
      'rows 1 joins 1 files 0 sent 1 delivered 0',
      'rows 1 joins 1 files 0 sent 1 delivered 1',
    ]);
    expect(scene.memory.sent()).toMatchObject([{ guid: 'G', recipient: ANNA, rowid: 1 }]);
  });

  test('an incoming file’s message, chat and attachment are three commits', () => {
    using scene = new Scene('incoming');
    const [account] = accountsOf('tahoe-26', scene.memory, true);
    if (account === undefined) throw new Error('no account');
    const chat = directChat('tahoe-26', account, ANNA);
    const file = join(folder, 'incoming.db');
    const message = {
      guid: 'G',
      from: ANNA,
      account,
      chats: [chat],
      text: '',
      files: [{ path: file }],
      cells: {},
      date: Date.now(),
      joinAfterMs: undefined,
    };
    scene.steps.plan(planIncoming('tahoe-26', message, NORMAL, folder, 0).steps);
    expect(scene.seen.slice(0, 3)).toEqual([
      'rows 1 joins 0 files 0 sent 0 delivered 1',
      'rows 1 joins 1 files 0 sent 0 delivered 1',
      'rows 1 joins 1 files 1 sent 0 delivered 1',
    ]);
  });

  test('a step taken twice, as after a kill, changes nothing more', () => {
    using scene = new Scene('twice');
    scene.steps.plan(outgoing(scene));
    const once = scene.look();
    scene.steps.plan(outgoing(scene));
    expect(scene.look()).toBe(once);
    expect(scene.memory.sent()).toHaveLength(1);
  });
});
