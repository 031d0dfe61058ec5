// The least that a message's whole way can cost with the hub's parts, by hand: POST /webhook with Express, kept in SQLite
// (WAL, FULL, one commit for all that arrive together), to the device by socket.io, its answer and its journal kept, each
// status POSTed with undici and that kept. Nothing is checked, routed, leased, signed, retried or limited.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Database from 'better-sqlite3';
import express from 'express';
import { Server, type Socket } from 'socket.io';
import { Pool } from 'undici';
import { groupCalls } from '../../shared/runtime/group.ts';
import type { Acceptance } from '../../shared/wire/acceptance.ts';
import { DEVICE_NAMESPACE } from '../../shared/wire/events.ts';
import type { JournalAck, JournalBatch } from '../../shared/wire/journal.ts';

const [file = '', target = ''] = process.argv.slice(2);
const db = new Database(file);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec(`
  CREATE TABLE message (id TEXT PRIMARY KEY, body TEXT NOT NULL, status TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE event (id INTEGER PRIMARY KEY, body TEXT NOT NULL, delivered INTEGER NOT NULL);
`);
const insertMessage = db.prepare(`INSERT INTO message (id, body, status) VALUES (?, ?, 'QUEUED')`);
const updateMessage = db.prepare('UPDATE message SET status = ? WHERE id = ?');
const insertEvent = db.prepare('INSERT INTO event (body, delivered) VALUES (?, 0)');
const closeEvent = db.prepare('UPDATE event SET delivered = 1 WHERE id = ?');

/** Does the same for all that come together, in one transaction. */
function inGroups<Input, Output>(work: (input: Input) => Output): (input: Input) => Promise<Output> {
  const all = db.transaction((inputs: Input[]) => inputs.map(work));
  return groupCalls(async (inputs: Input[]) => all(inputs));
}

const accept = inGroups(({ id, body }: { id: string; body: string }) => insertMessage.run(id, body));
const noteAnswer = inGroups(({ id }: Acceptance) => updateMessage.run('DISPATCHED', id));
const noteDelivered = inGroups((id: number) => closeEvent.run(id));
const recordJournal = inGroups(({ entries }: JournalBatch) =>
  entries.flatMap(({ entry }) => {
    if (entry.kind !== 'status') return [];
    updateMessage.run(entry.status, entry.id);
    const body = JSON.stringify({ type: 'STATUS-UPDATE', message_id: entry.id, status: entry.status });
    return [{ about: entry.id, body, id: Number(insertEvent.run(body).lastInsertRowid) }];
  }),
);

const receiver = new URL(target);
const pool = new Pool(receiver.origin, { connections: 128 });
/** The last POST about each message: the next one waits for it. */
const tails = new Map<string, Promise<void>>();

async function deliver(id: number, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await pool.request({ path: receiver.pathname, method: 'POST', headers, body });
  await response.body.dump();
  await noteDelivered(id);
}

function deliverInTurn({ about, body, id }: { about: string; body: string; id: number }): void {
  const tail = (tails.get(about) ?? Promise.resolve()).then(() => deliver(id, body));
  tails.set(about, tail);
  void tail.then(() => {
    if (tails.get(about) === tail) tails.delete(about);
  });
}

const devices = new Map<string, Socket>();
const app = express().use(express.json());
app.post('/webhook', async (request, response) => {
  const id = crypto.randomUUID();
  await accept({ id, body: JSON.stringify(request.body) });
  response.json({ id });
  const send = { id, to: request.body.phone, text: request.body.message, channel: request.body.channel };
  devices
    .get(request.body.location_id)
    ?.emit('send', send, (acceptance: Acceptance) => void noteAnswer(acceptance));
});

const server = createServer(app);
new Server(server).of(DEVICE_NAMESPACE).on('connection', (socket) => {
  devices.set(socket.handshake.auth.token, socket);
  socket.on('journal', async (batch: JournalBatch, answer: (ack: JournalAck) => void) => {
    const events = await recordJournal(batch);
    answer({ acked_seq: batch.entries.at(-1)?.seq ?? 0 });
    for (const event of events) deliverInTurn(event);
  });
  socket.emit('welcome', {});
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
