import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { findLastingPort } from '../../test/kit/port.ts';

/** A Redis server that keeps what it is given as BullMQ's guide for production asks. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
}

/** Starts the redis-server that is on PATH; undefined where none is. */
export async function startRedis(): Promise<RedisServer | undefined> {
  if (!isOnPath('redis-server')) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'bluewire-redis-'));
  const port = await findLastingPort();
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: 'yes',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  createInterface({ input: server.stdout }).on('line', (line) => {
    if (line.includes('Ready to accept connections')) resolve();
  });
  server.once('exit', () => reject(new Error('redis-server ended as it started.')));
  await promise;
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.kill('SIGKILL');
      await once(server, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
