import { describe, expect, test } from 'vitest';
import { describeWithPostgres } from '../kit/describe-with-postgres.ts';
import type { Receiver } from '../kit/receiver.ts';
import { Site } from '../kit/site.ts';
import { waitFor } from '../kit/wait.ts';

/** Lets the first calls hang, as a receiver does that went away in the middle; answers their webhook-ids. */
function hangFirst(receiver: Receiver, count: number): Set<unknown> {
  const hung = new Set<unknown>();
  receiver.answer = ({ headers }) => {
    if (hung.has(headers['webhook-id']) || hung.size >= count) return 200;
    hung.add(headers['webhook-id']);
    return 'hang';
  };
  return hung;
}

describeWithPostgres('several hubs', (postgres) => {
  describe.concurrent('one that ends', () => {
    test('a hub killed with a device and deliveries in flight: all goes on at the other, nothing lost or sent twice', async () => {
      await using site = await Site.start(postgres());
      const [doomed, other] = [site.hubs[0]!, site.hubs[1]!];
      site.balancer.use(doomed.url);
      const device = site.device();
      await waitFor('the device', () => device.welcomes === 1);
      site.balancer.use(doomed.url, other.url);
      const posting = site.keepPosting();
      await waitFor('some way', () => device.taken.length >= 30);
      const hung = hangFirst(site.receiver, 3);
      await waitFor('deliveries in flight', () => hung.size === 3);
      await doomed.kill();
      await waitFor('the device at the other hub', () => device.welcomes === 2);
      const taken = device.taken.length;
      await waitFor('messages by the other hub', () => device.taken.length > taken + 10);
      site.stopPosting();
      await posting;
      await site.expectAllDone(device);
      await other.program.waitForLog('a hub is gone; what it held was taken over');
      for (const id of hung) {
        const calls = site.receiver.calls.filter(({ headers }) => headers['webhook-id'] === id);
        expect(new Set(calls.map(({ raw }) => raw)).size).toBe(1);
      }
    }, 90_000);

    test('a hub that stood still for fifteen seconds finds itself gone, and goes on anew', async () => {
      await using site = await Site.start(postgres());
      const [still, other] = [site.hubs[0]!, site.hubs[1]!];
      site.balancer.use(still.url);
      const device = site.device();
      await waitFor('the device', () => device.welcomes === 1);
      site.balancer.use(other.url);
      const posting = site.keepPosting();
      await waitFor('some way', () => device.taken.length >= 30);
      const stoppedAt = Date.now();
      still.program.child.kill('SIGSTOP');
      await other.program.waitForLog('a hub is gone; what it held was taken over');
      await waitFor('fifteen seconds', () => Date.now() - stoppedAt >= 15_000);
      site.stopPosting();
      await posting;
      still.program.child.kill('SIGCONT');
      await still.program.waitForLog(
        'this hub stood still for so long that another took over from it; it begins anew',
      );
      await waitFor('the device at the other hub', () => device.welcomes === 2);
      await site.expectAllDone(device);
      site.balancer.use(still.url);
      device.socket.io.engine.close();
      await waitFor('the device back', () => device.welcomes === 3);
      await site.post('m100000', still.url);
      await site.expectAllDone(device);
    }, 90_000);
  });
});
