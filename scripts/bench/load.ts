// A client under load, as a process of its own: keeps `connections` requests in flight against a URL for some seconds
// and prints one JSON line. Every request carries a new message_id.
import { Client } from 'undici';

const [target = '', locationId = '', connections = '32', seconds = '3'] = process.argv.slice(2);
const url = new URL(target);
const prefix = crypto.randomUUID();
const end = performance.now() + Number(seconds) * 1_000;
let count = 0;
let refused = 0;

async function keepAsking(): Promise<void> {
  const client = new Client(url.origin);
  while (performance.now() < end) {
    count += 1;
    const body = JSON.stringify({
      location_id: locationId,
      user_id: '1',
      phone: `+1214555${String(count % 10_000).padStart(4, '0')}`,
      message: 'Hello from the bench, a text of the usual length for a business message.',
      message_id: `${prefix}-${count}`,
      channel: 'imessage',
    });
    const headers = { 'content-type': 'application/json' };
    const response = await client.request({ path: url.pathname, method: 'POST', headers, body });
    await response.body.dump();
    if (response.statusCode !== 200) refused += 1;
  }
  await client.close();
}

const began = performance.now();
await Promise.all(Array.from({ length: Number(connections) }, keepAsking));
console.log(JSON.stringify({ count, refused, per_second: (count * 1_000) / (performance.now() - began) }));
