import { expect, test } from 'vitest';
import type { WorkspaceChanges } from '../../../hub/store/records.ts';
import type { Store } from '../../../hub/store/store.ts';
import { describeWithPostgres } from '../../kit/describe-with-postgres.ts';
import { waitFor } from '../../kit/wait.ts';
import { addLine, claimDue, Journal, messageEntry, NOW, settled } from './contract/fixtures.ts';
import { openUrl } from './postgres-fixtures.ts';

describeWithPostgres('webhooks of a database that two hubs share', (postgres) => {
  test('fail by the word of one and recover by that of the other, which has just seen them well', async () => {
    const { url } = await postgres().createDatabase();
    await using one = await openUrl(url);
    await using other = await openUrl(url);
    const line = await addLine(one);
    const entries = ['1', '2', '3'].map((n) => messageEntry({ from: `+1214555010${n}` }));
    await one.recordJournal(line.device_id, new Journal().batch(...entries), NOW);
    const [first, second, third] = await claimDue(one);
    expect(await other.findWorkspace(line.location_id)).toMatchObject({ failing_since: null });
    const changes = [
      await one.settleDeliveries('hub-1', [settled(first!, { kind: 'dead' })], NOW),
      await other.settleDeliveries('hub-1', [settled(second!)], NOW + 1),
      await one.settleDeliveries('hub-1', [settled(third!)], NOW + 2),
    ];
    expect(changes.map((some) => some.map(({ change }) => change))).toEqual([['failing'], ['recovered'], []]);
    expect(await other.countEndpoints()).toMatchObject({ ok: 1, failing: 0 });
    expect((await other.listNotices({}, { limit: 9 })).items).toMatchObject([{ resolved_at: NOW + 1 }]);
  });

  test('that one hub switches on, or gives a URL, get what the other takes, settles or claims right after', async () => {
    const { url } = await postgres().createDatabase();
    await using one = await openUrl(url);
    await using other = await openUrl(url);
    const line = await addLine(one);
    const journal = new Journal();
    const hear = (store: Store, from: string) =>
      store.recordJournal(line.device_id, journal.batch(messageEntry({ from })), NOW);
    const switchOn = async (off: WorkspaceChanges, on: WorkspaceChanges) => {
      await one.updateWorkspace(line.location_id, off, NOW);
      await waitFor('the other hub to see it off', async () => {
        const seen = await other.findWorkspace(line.location_id);
        return seen?.url === null || seen?.webhook_enabled === false;
      });
      await one.updateWorkspace(line.location_id, on, NOW);
    };
    const replay = {
      location_id: line.location_id,
      statuses: ['recorded' as const],
      since: 0,
      until: NOW,
      limit: 9,
    };

    await switchOn({ url: null }, { url: 'https://client.example/new' });
    await hear(other, '+12145550101');
    const [attempted, ...none] = await claimDue(one);
    expect(attempted?.url).toBe('https://client.example/new');
    expect(none).toEqual([]);

    await switchOn({ webhook_enabled: false }, { webhook_enabled: true });
    await other.settleDeliveries('hub-1', [settled(attempted!, { kind: 'retry', at: NOW })], NOW);
    expect(await claimDue(one)).toMatchObject([{ id: attempted!.id, attempt: 2 }]);

    await one.updateWorkspace(line.location_id, { webhook_enabled: false }, NOW);
    await hear(one, '+12145550102');
    await switchOn({ webhook_enabled: false }, { webhook_enabled: true });
    expect(await one.replayDeliveries(replay, NOW)).toMatchObject({ kind: 'replayed', count: 1 });
    expect(await claimDue(other)).toHaveLength(1);
  });
});
