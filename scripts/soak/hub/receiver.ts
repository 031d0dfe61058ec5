// A client's webhook, as a process of its own: several workspaces by path, each in the mood that the soak tells it. What it
// received goes to the soak before it is answered, so that no kill makes an answer that nobody knows of.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Arrival, Mood } from './arrival.ts';

const SLOW_ANSWER_MS = 1_500;
const SLOW_BODY_MS = 400;
const SLOW_BODY_CHUNKS = 5;

const [port = '0'] = process.argv.slice(2);
const moods = new Map<number, Mood>();

const STATUS_OF: Partial<Record<Mood, number>> = {
  'server error': 500,
  'too many': 429,
  'come again': 503,
  gone: 410,
  redirect: 302,
  unauthorized: 401,
};

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const workspace = Number(request.url?.split('/').at(-1));
  const mood = chooseMood(moods.get(workspace) ?? 'well');
  if (mood === 'slow') await sleep(SLOW_ANSWER_MS);
  // Nobody waits for this answer any more: it was not given.
  if (request.socket.destroyed) return;
  const status = mood === 'hang' || mood === 'reset' ? 0 : (STATUS_OF[mood] ?? 200);
  const { headers } = request;
  await report({
    workspace,
    at: Date.now(),
    order: Number(process.hrtime.bigint() / 1_000n),
    id: String(headers['webhook-id']),
    timestamp: Number(headers['webhook-timestamp']),
    signature: String(headers['webhook-signature']),
    body: Buffer.concat(chunks).toString(),
    status,
  });
  if (mood === 'hang') return;
  if (mood === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  await answer(response, mood, status);
}

async function answer(response: ServerResponse, mood: Mood, status: number): Promise<void> {
  if (mood === 'too many' || mood === 'come again') response.setHeader('retry-after', '2');
  if (mood === 'redirect') response.setHeader('location', '/elsewhere');
  response.writeHead(status);
  if (mood === 'slow body')
    for (let n = 0; n < SLOW_BODY_CHUNKS && !response.destroyed; n += 1) {
      response.write('.');
      await sleep(SLOW_BODY_MS);
    }
  response.end('noted');
}

function chooseMood(mood: Mood): Mood {
  if (mood !== 'moody') return mood;
  return Math.random() < 0.3 ? 'server error' : 'well';
}

/** Resolves when the soak has it, or is gone. */
function report(arrival: Arrival): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.send?.(arrival, () => resolve());
  return promise;
}

process.on('message', ([workspace, mood]: [number, Mood]) => moods.set(workspace, mood));
process.on('disconnect', () => process.exit());
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.on('error', () => undefined);
  receive(request, response).catch(() => response.destroy());
});
server.listen(Number(port), '127.0.0.1', () => process.send?.('listening'));
