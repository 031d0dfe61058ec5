import { expect, test } from 'vitest';
import { describeWithPostgres } from '../../kit/describe-with-postgres.ts';
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
});
