import { describe, expect, test } from 'vitest';
import type { FetchOutcome } from '../../../../hub/store/files.ts';
import type { ClaimedSend, NewMessage } from '../../../../hub/store/records.ts';
import type { Store } from '../../../../hub/store/store.ts';
import {
  addDevice,
  addLine,
  claim,
  dispatch,
  drain,
  HOUR,
  Journal,
  messageEntry,
  messageOf,
  NOW,
  newMessage,
  type OpenStore,
  route,
  statusEntry,
} from './fixtures.ts';

const PLACES = { total: 10, per_workspace: 4, per_host: 2 };

function claimFetches(store: Store, { owner = 'hub-1', now = NOW, places = PLACES } = {}) {
  return store.claimFetches({ owner, lease_until: now + 60_000, places }, now);
}

function fileNamed(sha256: string) {
  return { sha256: sha256.padEnd(64, '0'), name: 'a.jpg', mime_type: 'image/jpeg', size: 7 };
}

const stored = { kind: 'stored', file: fileNamed('a') } as const;

/** Everything that is routed to the device, offered and taken in turn. */
async function takeAll(store: Store, deviceId: string): Promise<ClaimedSend[]> {
  const taken: ClaimedSend[] = [];
  for (;;) {
    const sends = await claim(store, deviceId);
    if (sends.length === 0) return taken;
    taken.push(...sends);
    await store.settleSends(
      deviceId,
      sends.map(({ id }) => ({ id, accepted: true })),
      NOW,
    );
  }
}

function withFiles(location_id: string, urls: string[], overrides: Partial<NewMessage> = {}): NewMessage {
  return newMessage(location_id, { attachments: urls, ...overrides });
}

export function describeFiles(open: OpenStore): void {
  describe('of outgoing messages', () => {
    test('a message is routed when the last of its files is there, those behind it after it', async () => {
      await using opened = await open();
      const { store } = opened;
      const { location_id, device_id } = await addLine(store);
      const first = withFiles(location_id, ['https://a.example/1', 'https://b.example/2']);
      const second = newMessage(location_id);
      const beside = newMessage(location_id, { phone: '+12145550177' });
      await store.acceptMessages([first, second, beside], NOW);
      await route(store, [device_id]);
      expect((await claim(store, device_id)).map(({ id }) => id)).toEqual([beside.id]);
      expect((await store.countQueues(NOW)).messages_queued).toBe(3);
      const [one, two] = await claimFetches(store);
      expect(await store.settleFetch('hub-1', two!, stored, NOW)).toBe('waiting');
      expect(await route(store, [device_id])).toEqual([]);
      expect(await store.settleFetch('hub-1', one!, { ...stored, file: fileNamed('b') }, NOW)).toBe('ready');
      await route(store, [device_id]);
      const sends = await takeAll(store, device_id);
      expect(sends.map(({ id }) => id)).toEqual([first.id, second.id]);
      expect(sends[0]?.attachments).toEqual([fileNamed('b'), fileNamed('a')]);
    });

    test('with several that wait in one conversation, each is let go in its turn', async () => {
      await using opened = await open();
      const { store } = opened;
      const { location_id, device_id } = await addLine(store);
      const messages = [
        withFiles(location_id, ['https://a.example/1']),
        newMessage(location_id),
        withFiles(location_id, ['https://b.example/2']),
        newMessage(location_id),
      ];
      await store.acceptMessages(messages, NOW);
      const [one, two] = await claimFetches(store);
      const offered = async (): Promise<number[]> => {
        await route(store, [device_id]);
        const sends = await takeAll(store, device_id);
        return sends.map(({ id }) => messages.findIndex((message) => message.id === id));
      };
      await store.settleFetch('hub-1', two!, stored, NOW);
      expect(await offered()).toEqual([]);
      const outcome: FetchOutcome = { kind: 'unavailable', reason: 'the server answered 404.' };
      expect(await store.settleFetch('hub-1', one!, outcome, NOW)).toBe('failed');
      expect(await offered()).toEqual([1, 2, 3]);
      expect((await drain(store)).map(({ status }) => status)).toEqual(['FAILED']);
      expect(await messageOf(store, messages[0]!.id)).toMatchObject({
        status: 'FAILED',
        error: { code: 'attachment_unavailable', message: expect.stringContaining('a.example') },
      });
    });

    test('a host and a workspace have their places, and no workspace is left without one', async () => {
      await using opened = await open();
      const { store } = opened;
      const lines = await Promise.all(Array.from({ length: 6 }, () => addLine(store)));
      for (const { location_id } of lines)
        for (const host of ['a', 'b', 'c'])
          await store.acceptMessages(
            Array.from({ length: 5 }, () => withFiles(location_id, [`https://${host}.example/x`])),
            NOW,
          );
      const claimed = await claimFetches(store);
      const byWorkspace = Map.groupBy(claimed, ({ location_id }) => location_id);
      expect(byWorkspace.size).toBe(6);
      for (const fetches of byWorkspace.values()) {
        expect(fetches.length).toBeLessThanOrEqual(PLACES.per_workspace);
        const byHost = Map.groupBy(fetches, ({ url }) => new URL(url).host);
        for (const ofHost of byHost.values()) expect(ofHost.length).toBeLessThanOrEqual(PLACES.per_host);
      }
      // Full, whoever asks.
      expect(await claimFetches(store, { owner: 'hub-2', places: { ...PLACES, total: 0 } })).toEqual([]);
    });

    test('a few hosts that hang do not keep every place of their workspace from the others', async () => {
      await using opened = await open();
      const { store } = opened;
      const { location_id } = await addLine(store);
      const accept = (host: string) =>
        store.acceptMessages([withFiles(location_id, [`https://${host}.example/x`])], NOW);
      for (let n = 0; n < 20; n += 1) for (const host of ['a', 'b', 'c', 'd']) await accept(host);
      const places = { total: 128, per_workspace: 16, per_host: 4 };
      const [first, ...rest] = await claimFetches(store, { places });
      expect(rest.length).toBe(15);
      await accept('z');
      await store.settleFetch('hub-1', first!, { kind: 'unavailable', reason: 'gone.' }, NOW);
      const next = await claimFetches(store, { places });
      expect(next.map(({ url }) => url)).toEqual(['https://z.example/x']);
    });

    test('what was never tried is due at once, also after the clock was set back', async () => {
      await using opened = await open();
      const { store } = opened;
      const { location_id } = await addLine(store);
      await store.acceptMessages([withFiles(location_id, ['https://a.example/1'])], NOW);
      expect(await claimFetches(store, { now: NOW - 3_600_000 })).toHaveLength(1);
    });

    test('a lease that runs out passes on, and its old owner settles nothing', async () => {
      await using opened = await open();
      const { store } = opened;
      const { location_id } = await addLine(store);
      await store.acceptMessages([withFiles(location_id, ['https://a.example/1'])], NOW);
      const [mine] = await claimFetches(store);
      expect(await claimFetches(store, { owner: 'hub-2' })).toEqual([]);
      const [theirs] = await claimFetches(store, { owner: 'hub-2', now: NOW + 60_000 });
      expect(theirs).toMatchObject({ id: mine!.id, attempt: 2 });
      expect(await store.settleFetch('hub-1', mine!, stored, NOW)).toBe('void');
      expect(await store.settleFetch('hub-2', theirs!, stored, NOW)).toBe('ready');
      expect(await store.settleFetch('hub-2', theirs!, stored, NOW)).toBe('void');
    });

    test('a retry comes when it is due, and counts when it was the other side’s fault', async () => {
      await using opened = await open();
      const { store } = opened;
      const { location_id } = await addLine(store);
      await store.acceptMessages([withFiles(location_id, ['https://a.example/1'])], NOW);
      const attempts: (number | undefined)[] = [];
      for (const counts of [true, false, true]) {
        const [fetch] = await claimFetches(store, { now: NOW + attempts.length * 1_000 });
        attempts.push(fetch?.attempt);
        const outcome: FetchOutcome = {
          kind: 'retry',
          at: NOW + attempts.length * 1_000,
          counts,
          reason: 'slow.',
        };
        expect(await store.settleFetch('hub-1', fetch!, outcome, NOW)).toBe('waiting');
        expect(await claimFetches(store, { now: NOW + attempts.length * 1_000 - 1 })).toEqual([]);
      }
      expect(attempts).toEqual([1, 2, 2]);
      const [last] = await claimFetches(store, { now: NOW + 3_000 });
      await store.releaseFetches('hub-1');
      expect(await claimFetches(store, { now: NOW + 3_000 })).toEqual([last]);
    });

    test('a message that expires while it waits lets those behind it go, and its fetch is void', async () => {
      await using opened = await open();
      const { store } = opened;
      const { location_id, device_id } = await addLine(store);
      const first = withFiles(location_id, ['https://a.example/1', 'https://a.example/2'], {
        expires_at: NOW + 1,
      });
      const second = newMessage(location_id);
      await store.acceptMessages([first, second], NOW);
      const [fetch] = await claimFetches(store, { places: { ...PLACES, per_host: 1 } });
      expect(await store.expireQueued(NOW + 1, 10)).toBe(1);
      expect((await messageOf(store, first.id)).error).toMatchObject({ code: 'attachment_unavailable' });
      await route(store, [device_id]);
      expect((await claim(store, device_id)).map(({ id }) => id)).toEqual([second.id]);
      expect(await store.settleFetch('hub-1', fetch!, stored, NOW)).toBe('void');
      expect(await claimFetches(store, { now: NOW + HOUR })).toEqual([]);
    });

    test('a repetition of a message with files fetches nothing again, and an end of its workspace ends it', async () => {
      await using opened = await open();
      const { store } = opened;
      const { location_id } = await addLine(store);
      const message = withFiles(location_id, ['https://a.example/1']);
      await store.acceptMessages([message, { ...message, id: 'again' }], NOW);
      expect(await claimFetches(store)).toHaveLength(1);
      await store.deleteWorkspace(location_id);
      expect((await messageOf(store, message.id)).status).toBe('FAILED');
      expect(await claimFetches(store, { now: NOW + HOUR })).toEqual([]);
    });
  });

  describe('on the hub', () => {
    test('are read by the device that was given a message with them, and by no other', async () => {
      await using opened = await open();
      const { store } = opened;
      const line = await addLine(store);
      const other = await addDevice(store);
      await store.acceptMessages([withFiles(line.location_id, ['https://a.example/1'])], NOW);
      const [fetch] = await claimFetches(store);
      await store.settleFetch('hub-1', fetch!, stored, NOW);
      const { name: _, ...file } = fileNamed('a');
      expect(await store.findGrantedFile(line.device_id, file.sha256)).toBeUndefined();
      await route(store, [line.device_id]);
      await claim(store, line.device_id);
      expect(await store.findGrantedFile(line.device_id, file.sha256)).toEqual(file);
      expect(await store.findGrantedFile(other, file.sha256)).toBeUndefined();
      await store.deleteDevice(line.device_id, NOW);
      expect(await store.findGrantedFile(line.device_id, file.sha256)).toBeUndefined();
    });

    test('stay while a message waits with them or a link leads to them, and are forgotten then', async () => {
      await using opened = await open();
      const { store } = opened;
      const line = await addLine(store);
      const journal = new Journal();
      const [idle, linked, sent] = ['1', '2', 'a'].map(fileNamed);
      for (const file of [idle!, linked!]) await store.recordFile(file, NOW);
      const received = messageEntry({ attachments: [linked!] });
      await store.recordJournal(line.device_id, journal.batch(received), NOW);
      const message = withFiles(line.location_id, ['https://a.example/1'], { expires_at: NOW + 1 });
      await store.acceptMessages([message], NOW);
      const [fetch] = await claimFetches(store);
      await store.settleFetch('hub-1', fetch!, stored, NOW);
      await dispatch(store, line, []);
      const unneeded = (now: number) => store.listUnneededFiles({ before: now, limit: 10 }, now);
      expect(await unneeded(NOW)).toEqual([]);
      // The link is good for an hour.
      expect(await unneeded(NOW + 1_000)).toEqual([idle!.sha256]);
      expect((await unneeded(NOW + HOUR + 1)).toSorted()).toEqual([idle!.sha256, linked!.sha256]);
      expect(await store.forgetFile(sent!.sha256, NOW + HOUR, NOW + HOUR)).toBe(false);
      await store.recordJournal(line.device_id, journal.batch(statusEntry(message.id, 'SENT')), NOW);
      expect(await store.forgetFile(sent!.sha256, NOW + HOUR, NOW + HOUR)).toBe(true);
      expect(await store.findFile(sent!.sha256)).toBeUndefined();
      expect(await store.touchFile(idle!.sha256, NOW + 5_000)).toMatchObject({ size: 7 });
      expect(await unneeded(NOW + 2_000)).toEqual([]);
      expect(await store.listUnknownFiles([idle!.sha256, sent!.sha256])).toEqual([sent!.sha256]);
    });

    test('that a device handed over count as its own until any message names them, or they are forgotten', async () => {
      await using opened = await open();
      const { store } = opened;
      const line = await addLine(store);
      const [named, kept, forgotten] = ['1', '2', '3'].map(fileNamed);
      const files = [named!, kept!, forgotten!];
      for (const file of [...files, named!]) await store.recordUpload(line.device_id, file, NOW);
      await store.recordUpload('no-such-device', kept!, NOW);
      expect(await store.countUploads(line.device_id)).toEqual({ files: 3, bytes: 21 });
      const other = await addLine(store);
      expect(await store.countUploads(other.device_id)).toEqual({ files: 0, bytes: 0 });
      const entry = messageEntry({ attachments: [named!] });
      await store.recordJournal(other.device_id, new Journal().batch(entry), NOW);
      await store.recordUpload(line.device_id, named!, NOW);
      expect(await store.forgetFile(forgotten!.sha256, NOW + 1, NOW + 1)).toBe(true);
      expect(await store.countUploads(line.device_id)).toEqual({ files: 1, bytes: 7 });
      await store.deleteDevice(line.device_id, NOW);
      expect(await store.countUploads(line.device_id)).toEqual({ files: 0, bytes: 0 });
    });
  });
}
