import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { StoreUnavailableError } from '../../../hub/store/store.ts';
import { describeWithPostgres } from '../../kit/describe-with-postgres.ts';
import { waitFor } from '../../kit/wait.ts';
import {
  addLine,
  claimDue,
  drain,
  Journal,
  messageEntry,
  NOW,
  newMessage,
  newWorkspace,
} from './contract/fixtures.ts';
import { openUrl } from './postgres-fixtures.ts';

/** A way to the server that is cut once at a given word, before or after the server gets it. */
class CuttableLine implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #word = '';
  #when: 'before' | 'after' = 'before';
  cuts = 0;

  private constructor(target: number) {
    this.#server = createServer((client) => {
      const server = connect(target, '127.0.0.1');
      for (const socket of [client, server]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          client.destroy();
          server.destroy();
        });
      }
      let silent = false;
      client.on('data', (chunk) => {
        const isCut = this.cuts > 0 && chunk.includes(this.#word);
        if (isCut) this.cuts -= 1;
        if (isCut && this.#when === 'before') client.destroy();
        else server.write(chunk);
        silent ||= isCut;
      });
      server.on('data', (chunk) => {
        if (silent) client.destroy();
        else client.write(chunk);
      });
    });
  }

  static async open(target: number): Promise<CuttableLine> {
    const line = new CuttableLine(target);
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(word: string, when: 'before' | 'after'): void {
    this.#word = word;
    this.#when = when;
    this.cuts = 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

describeWithPostgres('a Postgres database', (postgres) => {
  test('every message acknowledged before the server crashed is there, and the store goes on by itself', async () => {
    await using database = await postgres().createDatabase();
    await using store = await openUrl(database.url);
    const { location_id } = await addLine(store);
    const acknowledged: string[] = [];
    let faults = 0;
    let running = true;
    const clients = Array.from({ length: 4 }, async () => {
      while (running) {
        const messages = Array.from({ length: 5 }, () => newMessage(location_id));
        try {
          for (const outcome of await store.acceptMessages(messages, NOW))
            if (outcome.kind === 'accepted') acknowledged.push(outcome.id);
        } catch (error) {
          expect(error).toBeInstanceOf(StoreUnavailableError);
          faults += 1;
          await sleep(5);
        }
      }
    });
    for (const crash of [
      () => postgres().kill(),
      () => postgres().stop('immediate'),
      () => postgres().stop('fast'),
    ]) {
      const reached = acknowledged.length + 100;
      await waitFor('messages to be accepted', () => acknowledged.length >= reached);
      await crash();
      const seen = faults;
      await waitFor('the loss of the server to be noticed', () => faults > seen);
      await postgres().start();
    }
    const reached = acknowledged.length + 100;
    await waitFor('messages to be accepted', () => acknowledged.length >= reached);
    running = false;
    await Promise.all(clients);
    for (const id of acknowledged) expect(await store.findMessage(id)).toMatchObject({ status: 'QUEUED' });
  });

  test('a message whose commit got no answer is accepted once, whether it was committed or not', async () => {
    await using database = await postgres().createDatabase();
    for (const when of ['before', 'after'] as const) {
      await using line = await CuttableLine.open(postgres().port);
      await using store = await openUrl(database.url.replace(/:\d+\//, `:${line.port}/`));
      const { location_id } = await addLine(store);
      const messages = [
        newMessage(location_id),
        newMessage(location_id, { attachments: ['https://a.example/1'] }),
      ];
      for (const message of messages) {
        line.cut('COMMIT', when);
        expect(await store.acceptMessages([message], NOW)).toEqual([{ kind: 'accepted', id: message.id }]);
        expect(line.cuts).toBe(0);
      }
      const { items } = await store.listMessages({ workspace: location_id }, { limit: 9 });
      expect(items.map(({ id }) => id)).toEqual(messages.map(({ id }) => id).toReversed());
    }
  });

  test('a connection cut in the middle of a step leaves nothing half-done and frees what the step held', async () => {
    await using database = await postgres().createDatabase();
    await using store = await openUrl(database.url);
    const line = await addLine(store);
    const admin = new Client({ connectionString: postgres().urlOf('postgres') });
    await admin.connect();
    const journal = new Journal();
    let expected = 0;
    let cuts = 40;
    for (let round = 0; round < 20; round += 1) {
      const batch = journal.batch(
        ...Array.from({ length: 20 }, (_, n) => messageEntry({ text: `${round} ${n}` })),
      );
      for (let done = false; !done; ) {
        const recording = store.recordJournal(line.device_id, batch, NOW).then(
          () => true,
          (error: unknown) => {
            expect(error).toBeInstanceOf(StoreUnavailableError);
            return false;
          },
        );
        if (cuts > 0)
          await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
            database.name,
          ]);
        cuts -= 1;
        done = await recording;
      }
      expected += 20;
    }
    await admin.end();
    const told = await drain(store);
    expect(told).toHaveLength(expected);
    expect(told.map(({ message }) => message)).toEqual(
      Array.from({ length: 20 }, (_, round) => Array.from({ length: 20 }, (_, n) => `${round} ${n}`)).flat(),
    );
  });

  test('hubs that start at once on an empty database make it once, and one with another secret is refused', async () => {
    await using database = await postgres().createDatabase();
    const stores = await Promise.all([1, 2, 3].map(() => openUrl(database.url)));
    const { location_id } = await stores[0]!.createWorkspace(newWorkspace(), NOW);
    expect(await stores[2]!.findWorkspace(location_id)).toMatchObject({
      headers: [{ key: 'x-tenant', value: 'seven' }],
    });
    for (const store of stores) await store[Symbol.asyncDispose]();
    await expect(openUrl(database.url, 'another secret')).rejects.toThrow(/HUB_SECRET is not the one/);
  });

  test('a database of a newer version is refused and left as it is', async () => {
    await using database = await postgres().createDatabase();
    const store = await openUrl(database.url);
    await store[Symbol.asyncDispose]();
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query(`UPDATE meta SET value = '99' WHERE name = 'schema_version'`);
    await client.end();
    await expect(openUrl(database.url)).rejects.toThrow(/a newer Bluewire \(schema 99/);
  });

  test('a server that is not there is said so in a sentence', async () => {
    await expect(openUrl('postgres://hub:s3cret@127.0.0.1:9/none')).rejects.toThrow(
      /^The database cannot be used now: (?!.*s3cret)/,
    );
  });

  test('a change of a workspace by one hub is seen by another within a second or so', async () => {
    await using database = await postgres().createDatabase();
    await using here = await openUrl(database.url);
    await using there = await openUrl(database.url);
    const line = await addLine(here);
    expect(await there.findWorkspace(line.location_id)).toMatchObject({ webhook_enabled: true });
    await here.updateWorkspace(line.location_id, { webhook_enabled: false }, NOW);
    await there.recordJournal(line.device_id, new Journal().batch(messageEntry()), NOW);
    await waitFor(
      'the change to be seen',
      async () => (await there.findWorkspace(line.location_id))?.webhook_enabled === false,
    );
    // An event that was written as pending meanwhile is not sent, but recorded.
    expect(await claimDue(there)).toEqual([]);
    expect((await there.listDeliveries({}, { limit: 9 })).items).toMatchObject([{ status: 'recorded' }]);
  });
});
