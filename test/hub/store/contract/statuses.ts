import { expect, test } from 'vitest';
import { UnknownDeviceError } from '../../../../hub/store/device-errors.ts';
import { JournalGapError } from '../../../../hub/store/store.ts';
import { MESSAGE_STATUSES, STATUS_EVENTS, STATUS_LADDER } from '../../../../shared/status-ladder.ts';
import {
  addDevice,
  addLine,
  claim,
  dispatch,
  drain,
  Journal,
  messageEntry,
  messageOf,
  NOW,
  newMessage,
  type OpenStore,
  route,
  statusEntry,
} from './fixtures.ts';

/** Entries by which a dispatched message comes to stand in each status that a device reports. */
const REPORTED = ['SENT', 'DELIVERED', 'READ', 'FAILED'] as const;

export function describeStatuses(open: OpenStore): void {
  test('statuses climb by the ladder, whatever is reported in whatever state, and each is told once', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const journal = new Journal();
    const cells = MESSAGE_STATUSES.filter((status) => status !== 'QUEUED').flatMap((from) =>
      STATUS_EVENTS.filter((event) => event !== 'DISPATCHED').map((event) => ({ from, event })),
    );
    for (const [index, { from, event }] of cells.entries()) {
      const phone = `+1214555${String(1000 + index)}`;
      const message = newMessage(line.location_id, { phone });
      await dispatch(store, line, [message]);
      if (from !== 'DISPATCHED')
        await store.recordJournal(line.device_id, journal.batch(statusEntry(message.id, from)), NOW);
      const before = (await drain(store)).map(({ status }) => status);
      await store.recordJournal(line.device_id, journal.batch(statusEntry(message.id, event)), NOW);
      const rung = STATUS_LADDER[from][event];
      expect(await messageOf(store, message.id), `${from} × ${event}`).toMatchObject({ status: rung.next });
      const told = (await drain(store)).map(({ status }) => status);
      expect(told, `${from} × ${event}`).toEqual(rung.announce.filter((status) => status !== 'READ'));
      expect(new Set([...before, ...told]).size).toBe(before.length + told.length);
      const timeline = await store.listTimeline(message.id);
      expect(timeline.at(-1)).toMatchObject({ status: event, source: 'device' });
    }
  });

  test('a status before the answer to the offer counts: the answer may have been lost', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    for (const [n, status] of REPORTED.entries()) {
      const message = newMessage(line.location_id, { phone: `+1214555020${n}` });
      await store.acceptMessages([message], NOW);
      await store.routeQueued({ online: [line.device_id], pick: () => line.device_id, limit: 9 }, NOW);
      await store.claimSends({ device_id: line.device_id, owner: 'h', lease_until: NOW + 9, limit: 9 }, NOW);
      await store.recordJournal(line.device_id, new Journal().batch(statusEntry(message.id, status)), NOW);
      expect((await messageOf(store, message.id)).status).toBe(STATUS_LADDER.QUEUED[status].next);
      const again = { device_id: line.device_id, owner: 'h', lease_until: NOW + 999, limit: 9 };
      expect(await store.claimSends(again, NOW + 99)).toEqual({ sends: [], more: false });
      await store.settleSends(line.device_id, [{ id: message.id, accepted: true }], NOW);
      expect((await messageOf(store, message.id)).status).toBe(STATUS_LADDER.QUEUED[status].next);
    }
  });

  test('the channel really used and the reason of a failure are kept and told', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const [fellBack, failed] = [
      newMessage(line.location_id),
      newMessage(line.location_id, { phone: '+12145550101' }),
    ];
    await dispatch(store, line, [fellBack, failed]);
    const error = { code: 'not_on_imessage', message: 'Error 22.' } as const;
    const batch = new Journal().batch(
      statusEntry(fellBack.id, 'SENT', { channel: 'sms' }),
      statusEntry(failed.id, 'FAILED', { error }),
      statusEntry(failed.id, 'DELIVERED', { channel: 'sms' }),
    );
    expect(await store.recordJournal(line.device_id, batch, NOW)).toEqual({ acked_seq: 3, deliveries: 2 });
    expect(await messageOf(store, fellBack.id)).toMatchObject({ channel: 'sms', status: 'SENT' });
    expect(await messageOf(store, failed.id)).toMatchObject({ channel: 'imessage', status: 'FAILED', error });
    const [sent, failure] = await drain(store);
    const timestamp = new Date(NOW + 1_000).toISOString();
    expect(sent).toMatchObject({
      status: 'SENT',
      channel: 'sms',
      message_id: fellBack.message_id,
      timestamp,
    });
    expect(sent).not.toHaveProperty('error');
    expect(failure).toMatchObject({ status: 'FAILED', error });
    expect((await store.listTimeline(fellBack.id)).at(-1)).toMatchObject({
      status: 'SENT',
      detail: 'sms: the recipient could not be reached by iMessage',
    });
    expect((await store.listTimeline(failed.id)).map(({ status }) => status)).toEqual([
      'QUEUED',
      'OFFERED',
      'DISPATCHED',
      'FAILED',
      'DELIVERED',
    ]);
  });

  test('a device speaks only for messages that were offered to it', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const stranger = await addDevice(store);
    const [offered, waiting] = [newMessage(line.location_id), newMessage(line.location_id)];
    await dispatch(store, line, [offered]);
    await store.acceptMessages([waiting], NOW);
    const answer = await store.recordJournal(
      stranger,
      new Journal().batch(
        statusEntry(offered.id, 'FAILED'),
        statusEntry(waiting.id, 'SENT'),
        statusEntry('x', 'SENT'),
      ),
      NOW,
    );
    expect(answer).toEqual({ acked_seq: 3, deliveries: 0 });
    await store.recordJournal(line.device_id, new Journal().batch(statusEntry(waiting.id, 'FAILED')), NOW);
    expect(await messageOf(store, offered.id)).toMatchObject({ status: 'DISPATCHED' });
    expect(await messageOf(store, waiting.id)).toMatchObject({ status: 'QUEUED' });
    expect(await drain(store)).toEqual([]);
  });

  test('what a device says with characters that no text holds is taken all the same', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const [failed, refused] = ['1', '2'].map((n) =>
      newMessage(line.location_id, { phone: `+1214555010${n}` }),
    );
    await dispatch(store, line, [failed!]);
    await store.acceptMessages([refused!], NOW);
    await route(store, [line.device_id]);
    await claim(store, line.device_id);
    const error = { code: 'rejected', message: 'It said \0\ud800.' } as const;
    await store.settleSends(line.device_id, [{ id: refused!.id, accepted: false, error }], NOW);
    const entries = [
      statusEntry('\0', 'SENT'),
      statusEntry(failed!.id, 'FAILED', { error, guid: '\0' }),
      messageEntry({ from: '+12145550103', text: '\0', warning: '\0' }),
    ];
    const answer = await store.recordJournal(line.device_id, new Journal().batch(...entries), NOW);
    expect(answer.acked_seq).toBe(3);
    for (const { id } of [failed!, refused!])
      expect(await messageOf(store, id)).toMatchObject({
        status: 'FAILED',
        error: { code: 'rejected', message: 'It said \ufffd\ufffd.' },
      });
    expect((await drain(store)).map(({ type }) => type).sort()).toEqual([
      'MESSAGE',
      'STATUS-UPDATE',
      'STATUS-UPDATE',
    ]);
  });

  test('entries the hub has are dropped, and a gap is refused without taking anything', async () => {
    await using opened = await open();
    const { store } = opened;
    const { device_id } = await addLine(store);
    const journal = new Journal();
    const entries = [1, 2, 3].map((n) => messageEntry({ text: `text ${n}` }));
    const first = journal.batch(...entries);
    const second = journal.batch(messageEntry({ text: 'text 4' }));
    await expect(store.recordJournal(device_id, second, NOW)).rejects.toMatchObject({ expected: 1 });
    await expect(store.recordJournal(device_id, second, NOW)).rejects.toThrow(JournalGapError);
    expect(await store.recordJournal(device_id, first, NOW)).toEqual({ acked_seq: 3, deliveries: 3 });
    expect(await store.recordJournal(device_id, first, NOW)).toEqual({ acked_seq: 3, deliveries: 0 });
    const overlap = { ...second, entries: [...first.entries.slice(1), ...second.entries] };
    expect(await store.recordJournal(device_id, overlap, NOW)).toEqual({ acked_seq: 4, deliveries: 1 });
    const hole = journal.batch(messageEntry(), messageEntry());
    hole.entries[1]!.seq += 1;
    await expect(store.recordJournal(device_id, hole, NOW)).rejects.toMatchObject({ expected: 6 });
    expect((await drain(store)).map(({ message }) => message)).toEqual([
      'text 1',
      'text 2',
      'text 3',
      'text 4',
    ]);
  });

  test('the same batch many times at once is taken once', async () => {
    await using opened = await open();
    const { store } = opened;
    const { device_id } = await addLine(store);
    const batch = new Journal().batch(messageEntry(), messageEntry());
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => store.recordJournal(device_id, batch, NOW)),
    );
    expect(answers.every(({ acked_seq }) => acked_seq === 2)).toBe(true);
    expect(answers.reduce((sum, { deliveries }) => sum + deliveries, 0)).toBe(2);
    expect(await drain(store)).toHaveLength(2);
  });

  test('the journal of a device that is not there is refused', async () => {
    await using opened = await open();
    const batch = new Journal().batch(messageEntry());
    await expect(opened.store.recordJournal('gone', batch, NOW)).rejects.toThrow(UnknownDeviceError);
  });
}
