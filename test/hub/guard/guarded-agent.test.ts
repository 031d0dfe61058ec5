import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGuardedAgent, type Resolve } from '../../../hub/guard/guarded-agent.ts';

/** Stands for a public address; every other one of the loopback network is private here. */
const PUBLIC = '127.0.0.1';
const PRIVATE = '127.0.0.2';
const mayConnect = (address: string): boolean => address === PUBLIC;

let server: Server;
let port: number;
/** Where connections arrived. */
let reached: string[];
let answer: (count: number) => [status: number, headers: Record<string, string>];

beforeEach(async () => {
  reached = [];
  answer = () => [200, {}];
  server = createServer((request, response) => {
    response.writeHead(...answer(reached.push(request.socket.localAddress ?? ''))).end('ok');
  });
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

/** A name server whose answers to the same question change; after the last it repeats that one. */
function answering(...answers: string[][]): { resolve: Resolve; asked: () => number } {
  let asked = 0;
  const resolve: Resolve = (_name, _options, callback) => {
    const addresses = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    setImmediate(
      callback,
      null,
      addresses.map((address) => ({ address, family: 4 })),
    );
  };
  return { resolve, asked: () => asked };
}

async function get(resolve: Resolve, times = 1): Promise<(number | string)[]> {
  const agent = createGuardedAgent(mayConnect, { connect: 2_000, answer: 2_000 }, resolve);
  const seen: (number | string)[] = [];
  for (let n = 0; n < times; n += 1) {
    try {
      const url = `http://rebinding.example:${port}`;
      const { statusCode, body } = await agent.request({
        origin: url,
        path: '/',
        method: 'GET',
        reset: true,
      });
      await body.dump();
      seen.push(statusCode);
    } catch (error) {
      seen.push(String((error as { code?: unknown }).code));
    }
  }
  await agent.destroy();
  return seen;
}

describe('a name whose address changes between the look and the connection', () => {
  test('is connected to where the look said, since nobody looks again', async () => {
    const names = answering([PUBLIC], [PRIVATE]);
    expect(await get(names.resolve)).toEqual([200]);
    expect([names.asked(), reached]).toEqual([1, [PUBLIC]]);
  });

  test('is looked up and judged again for each connection', async () => {
    const names = answering([PUBLIC], [PRIVATE], [PUBLIC]);
    expect(await get(names.resolve, 3)).toEqual([200, 'BLOCKED_ADDRESS', 200]);
    expect(reached).toEqual([PUBLIC, PUBLIC]);
  });

  test('is reached at none but its public addresses, in whatever order they come', async () => {
    for (const addresses of [
      [PRIVATE, PUBLIC],
      [PUBLIC, PRIVATE],
      [PRIVATE, '127.0.0.3', PUBLIC],
    ])
      expect(await get(answering(addresses).resolve)).toEqual([200]);
    expect(new Set(reached)).toEqual(new Set([PUBLIC]));
  });

  test('is not reached at a private one when the public one is dead', async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    server = createServer((request) => reached.push(request.socket.localAddress ?? ''));
    server.listen(port, PRIVATE);
    await once(server, 'listening');
    expect(await get(answering([PUBLIC, PRIVATE]).resolve)).toEqual(['ECONNREFUSED']);
    expect(reached).toEqual([]);
  });
});
