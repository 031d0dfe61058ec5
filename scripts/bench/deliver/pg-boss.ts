// pg-boss delivering the same events on the Postgres whose URL is given, in either of two ways: in batches, whose POSTs
// end together and are settled in one statement, so that one that hangs holds up the rest; or job by job, so many at
// once. Neither pauses between fetches. Like the hub's, claims and outcomes do not wait for the disk.
import { PgBoss } from 'pg-boss';
import { BODY, createPlainPoster, serveContender } from './contender.ts';

const [target = '', connectionString = '', way = '', atOnce = ''] = process.argv.slice(2);
const BATCH = 200;
const QUEUE = 'webhooks';
const INSERTED_AT_ONCE = 1_000;
const post = createPlainPoster(target);
const boss = new PgBoss({
  connectionString,
  options: '-c synchronous_commit=off',
  supervise: false,
  schedule: false,
});
boss.on('error', (error) => console.error(error));
await boss.start();
await boss.createQueue(QUEUE, { retryLimit: 10, retryDelay: 5, retryBackoff: true });

async function deliverInBatches(count: number): Promise<void> {
  let left = count;
  const { promise, resolve } = Promise.withResolvers<void>();
  const options = {
    batchSize: BATCH,
    localConcurrency: Number(atOnce),
    burstWhenBatchFull: true,
    pollingIntervalSeconds: 0.5,
    // Else one failure would bring back the whole batch, and with it what was delivered.
    perJobResults: true,
  } as const;
  await boss.work<{ body: string }>(QUEUE, options, async (jobs) => {
    await Promise.all(jobs.map(({ id, data }) => post(`msg_${id}`, data.body)));
    left -= jobs.length;
    if (left === 0) resolve();
    return jobs.map(({ id }) => ({ id, status: 'completed' as const }));
  });
  await promise;
  // Resolves when the last batch is settled.
  await boss.offWork(QUEUE, { wait: true });
}

async function deliverSingly(): Promise<void> {
  for (;;) {
    const [job] = await boss.fetch<{ body: string }>(QUEUE);
    if (job === undefined) return;
    await post(`msg_${job.id}`, job.data.body);
    await boss.complete(QUEUE, job.id);
  }
}

serveContender({
  async fill(count) {
    const jobs = Array.from({ length: count }, () => ({ data: { body: BODY } }));
    for (let from = 0; from < count; from += INSERTED_AT_ONCE)
      await boss.insert(QUEUE, jobs.slice(from, from + INSERTED_AT_ONCE));
    await boss.getDb().executeSql('ANALYZE');
  },
  async deliver(count) {
    if (way === 'batches') await deliverInBatches(count);
    else await Promise.all(Array.from({ length: Number(atOnce) }, deliverSingly));
  },
  close: () => boss.stop({ graceful: false }),
});
