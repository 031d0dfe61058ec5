import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { webhookEventSchema } from '../../shared/api/webhook-events.ts';

const MAX_BODY_BYTES = 1_000_000;

/** Stands in for a client system's webhook: prints each event on a line of its own. */
export async function startDemoReceiver(): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) {
      body += chunk;
      if (body.length > MAX_BODY_BYTES) return response.writeHead(413).end();
    }
    const printed = describeEvent(body);
    if (printed) console.log(printed);
    return response.writeHead(printed ? 204 : 400).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function describeEvent(body: string): string | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  const event = webhookEventSchema.safeParse(json).data;
  switch (event?.type) {
    case 'STATUS-UPDATE':
      return `webhook ← ${event.message_id} to ${event.phone}: ${event.status}${event.error ? ` (${event.error.message})` : ''}`;
    case 'MESSAGE':
      return [
        `webhook ← message from ${event.phone} by ${event.channel}: ${event.message || '(no text)'}`,
        ...event.attachments.map((link) => `            with ${link}`),
      ].join('\n');
    case 'TEST':
      return `webhook ← test event: ${event.message}`;
    default:
      return undefined;
  }
}
