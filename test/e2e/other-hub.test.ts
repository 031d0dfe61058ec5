import { expect, test } from 'vitest';
import { describeWithPostgres } from '../kit/describe-with-postgres.ts';
import { Hub } from '../kit/hub.ts';
import { System } from '../kit/system.ts';
import { waitFor } from '../kit/wait.ts';

const MESSAGES = 60;

describeWithPostgres('a bridge whose hub is killed', (postgres) => {
  test('goes on with another hub at the same address: each message is sent once, and told to its end', async () => {
    await using database = await postgres().createDatabase();
    const env = { DATABASE_URL: database.url, HUB_SECRET: 'one secret for all hubs' };
    await using system = await System.start({ hubEnv: env });
    const ids = Array.from({ length: MESSAGES }, (_, n) => `m${n}`);
    const phoneOf = (n: number): string => `+121455501${10 + (n % 20)}`;
    for (const [n, id] of ids.slice(0, MESSAGES / 2).entries()) await system.send(id, phoneOf(n));
    await waitFor('the first reports', () => system.receiver.events.length > 5);
    await system.hub.kill();
    await using other = await Hub.start({ ...env, HUB_PORT: new URL(system.hub.url).port });
    for (let n = MESSAGES / 2; n < MESSAGES; n += 1) {
      const answer = await other.send({
        location_id: system.locationId,
        user_id: 'u1',
        phone: phoneOf(n),
        message: `text of ${ids[n]}`,
        message_id: ids[n],
        channel: 'imessage',
      });
      expect(answer.status).toBe(200);
    }
    await system.mac.receive({ from: '+12145550199', text: 'still there?' });
    await waitFor('every end', () => ids.every((id) => system.receiver.statusesOf(id).includes('DELIVERED')));
    for (const id of ids) expect(system.receiver.statusesOf(id), id).toEqual(['SENT', 'DELIVERED']);
    const sent = (await system.mac.sent()).map(({ text }) => text).toSorted();
    expect(sent).toEqual(ids.map((id) => `text of ${id}`).toSorted());
    await waitFor('the message that came in', () =>
      system.receiver.events.some((event) => event.type === 'MESSAGE' && event.message === 'still there?'),
    );
    system.receiver.verifyAll(system.signingSecret);
  }, 90_000);
});
