import { Client } from 'pg';
import { expect, test } from 'vitest';
import { describeWithPostgres } from '../kit/describe-with-postgres.ts';
import { Site } from '../kit/site.ts';
import { waitFor } from '../kit/wait.ts';

describeWithPostgres('several hubs on a database that ends', (postgres) => {
  test('Postgres is stopped and crashes under load: both hubs say 503, recover by themselves, and lose nothing', async () => {
    await using site = await Site.start(postgres());
    site.balancer.use(site.hubs[1]!.url);
    const device = site.device();
    await waitFor('the device', () => device.welcomes === 1);
    site.balancer.use(site.hubs[0]!.url);
    const posting = site.keepPosting();
    for (const mode of ['fast', 'immediate'] as const) {
      const taken = device.taken.length;
      await waitFor('some way', () => device.taken.length >= taken + 20);
      await postgres().stop(mode);
      const refused = site.refusals.length;
      await waitFor('refusals', () => site.refusals.length >= refused + 3);
      await postgres().start();
    }
    const taken = device.taken.length;
    await waitFor('some way', () => device.taken.length >= taken + 20);
    site.stopPosting();
    await posting;
    await site.expectAllDone(device);
    expect(new Set(site.refusals)).toEqual(new Set([503]));
    await waitFor('both listening for signals again', async () => (await countListening(site.url)) === 2);
    for (const hub of site.hubs) expect(hub.program.running).toBe(true);
  }, 90_000);
});

async function countListening(url: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ n: string }>(
    `SELECT count(*) AS n FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'bluewire-hub-signals'`,
  );
  await client.end();
  return Number(rows[0]?.n);
}
