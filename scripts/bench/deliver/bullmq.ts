// BullMQ delivering the same events on the Redis whose port is given: one worker, so many POSTs at once.
import { Queue, Worker } from 'bullmq';
import { BODY, createPlainPoster, serveContender } from './contender.ts';

const [target = '', port = '', concurrency = ''] = process.argv.slice(2);
const connection = { host: '127.0.0.1', port: Number(port), maxRetriesPerRequest: null };
const post = createPlainPoster(target);
const queue = new Queue<{ body: string }>('webhooks', { connection });
let worker: Worker<{ body: string }> | undefined;

serveContender({
  async fill(count) {
    await worker?.close();
    const opts = { attempts: 10, backoff: { type: 'exponential', delay: 5_000 } };
    await queue.addBulk(Array.from({ length: count }, () => ({ name: 'event', data: { body: BODY }, opts })));
    worker = new Worker('webhooks', (job) => post(`msg_${job.id}`, job.data.body), {
      connection,
      autorun: false,
      concurrency: Number(concurrency),
    });
    await worker.waitUntilReady();
  },
  deliver(count) {
    let left = count;
    const { promise, resolve } = Promise.withResolvers<void>();
    worker?.on('completed', () => {
      left -= 1;
      if (left === 0) resolve();
    });
    void worker?.run();
    return promise;
  },
  async close() {
    await worker?.close();
    await queue.close();
  },
});
