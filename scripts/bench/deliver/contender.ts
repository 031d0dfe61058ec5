import { randomUUIDv7 } from 'node:crypto';
import { Agent } from 'undici';
import { messageBody } from '../../../hub/webhooks/events.ts';
import { signWebhook, toSeconds } from '../../../hub/webhooks/sign.ts';

/** Who delivers in the bench. */
interface Contender {
  /** Puts so many events in line, on disk. */
  fill(count: number): Promise<void>;
  /** Delivers what is in line; resolves when the outcome of the last one is recorded. */
  deliver(count: number): Promise<void>;
  /** Before the process ends. */
  close(): Promise<void>;
}

export const SIGNING_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** The same event for all: an inbound message of usual length. */
export const BODY = messageBody(
  {
    id: randomUUIDv7(),
    location_id: '0123456789abcdef0123456789abcdef',
    device_id: randomUUIDv7(),
    phone: '+12145550100',
    text: 'Hello from the bench, a text of the usual length for a business message.',
    attachments: [],
    channel: 'imessage',
  },
  1_700_000_000_000,
);

/** Serves the parent of this process: a count of events to put in line and deliver → the seconds that delivering took. */
export function serveContender({ fill, deliver, close }: Contender): void {
  process.on('message', async (count: number) => {
    await fill(count);
    const began = performance.now();
    await deliver(count);
    process.send?.((performance.now() - began) / 1_000);
  });
  process.on('disconnect', () => void close().finally(() => process.exit()));
  process.send?.('ready');
}

/** POSTs an event as a peer's user would by hand: signed, over kept connections; throws unless the answer is a success. */
export function createPlainPoster(target: string): (id: string, body: string) => Promise<void> {
  const agent = new Agent({ headersTimeout: 15_000, bodyTimeout: 15_000 });
  const { origin, pathname } = new URL(target);
  return async (id, body) => {
    const now = Date.now();
    const response = await agent.request({
      origin,
      path: pathname,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(toSeconds(now)),
        'webhook-signature': signWebhook(SIGNING_SECRET, id, now, body),
      },
      body,
    });
    await response.body.dump();
    if (response.statusCode !== 200) throw new Error(`The receiver answered ${response.statusCode}.`);
  };
}
