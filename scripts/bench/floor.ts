// The least that the way in can cost with the same parts: a process that stores and emits, a process that stores and
// POSTs; both with SQLite FULL, joined by socket.io. Nothing is watched, decoded, routed, signed or retried.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Database from 'better-sqlite3';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { Pool } from 'undici';

const [role, file = '', target = ''] = process.argv.slice(2);
const db = new Database(file);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec('CREATE TABLE IF NOT EXISTS entry (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)');
const insert = db.prepare('INSERT INTO entry (body) VALUES (?)');

if (role === 'hub') {
  const receiver = new URL(target);
  const pool = new Pool(receiver.origin);
  const server = createServer();
  new Server(server).on('connection', (socket) => {
    socket.on('entry', (body: string, acknowledge: () => void) => {
      insert.run(body);
      acknowledge();
      void pool
        .request({
          path: receiver.pathname,
          method: 'POST',
          body,
          headers: { 'content-type': 'application/json' },
        })
        .then((response) => response.body.dump());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send?.((server.address() as AddressInfo).port);
} else {
  const socket = io(target, { transports: ['websocket'] });
  process.on('message', (body: string) => {
    insert.run(body);
    socket.emit('entry', body, () => {});
  });
  socket.on('connect', () => process.send?.('ready'));
}
