import { expect, test } from 'vitest';
import type { NewMessage } from '../../../../hub/store/records.ts';
import type { Store } from '../../../../hub/store/store.ts';
import type { FailureCode } from '../../../../shared/failure-codes.ts';
import {
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

type Line = Awaited<ReturnType<typeof addLine>>;

/** A message that the device reported as FAILED. */
async function failed(
  store: Store,
  line: Line,
  code: FailureCode,
  overrides: Partial<NewMessage> = {},
): Promise<NewMessage> {
  const message = newMessage(line.location_id, overrides);
  await dispatch(store, line, [message]);
  await fail(store, line, message.id, code);
  return message;
}

async function fail(store: Store, line: Line, id: string, code: FailureCode): Promise<void> {
  const entry = statusEntry(id, 'FAILED', { error: { code, message: 'No.' } });
  await store.recordJournal(line.device_id, new Journal().batch(entry), NOW);
}

function resend(store: Store, id: string, force = false) {
  return store.resendMessage({ id, expires_at: NOW + 2 * HOUR, force }, NOW + 5);
}

export function describeResending(open: OpenStore): void {
  test('a failed message is accepted again as a message of its own, and both tell of it', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const message = await failed(store, line, 'not_on_imessage', { message_id: 'order-7' });
    const outcome = await resend(store, message.id);
    if (outcome.kind !== 'accepted') throw new Error(outcome.kind);
    const { id } = outcome.message;
    expect(id).not.toBe(message.id);
    const again = await messageOf(store, id);
    expect(again).toMatchObject({
      status: 'QUEUED',
      message_id: 'order-7~2',
      resend_of: message.id,
      location_id: message.location_id,
      user_id: message.user_id,
      phone: message.phone,
      text: message.text,
      channel: message.channel,
      created_at: NOW + 5,
      error: null,
    });
    const steps = async (of: string) =>
      (await store.listTimeline(of)).map(({ status, detail }) => [status, detail]);
    expect(await steps(id)).toEqual([
      ['QUEUED', null],
      ['RESEND', `of ${message.id} (order-7)`],
    ]);
    expect((await steps(message.id)).at(-1)).toEqual(['RESENT', `as ${id} (order-7~2)`]);
    await drain(store);
    await route(store, [line.device_id]);
    const [send] = await claim(store, line.device_id);
    expect(send).toMatchObject({ id, text: message.text });
    await store.settleSends(line.device_id, [{ id, accepted: true }], NOW);
    await store.recordJournal(line.device_id, new Journal().batch(statusEntry(id, 'SENT')), NOW);
    expect((await drain(store)).map(({ message_id, status }) => [message_id, status])).toEqual([
      ['order-7~2', 'SENT'],
    ]);
    expect((await steps(id)).map(([status]) => status)).toEqual([
      'QUEUED',
      'RESEND',
      'OFFERED',
      'DISPATCHED',
      'SENT',
    ]);
  });

  test('while a repetition is under way or went out there is no other; when it failed there is', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const message = await failed(store, line, 'network', { message_id: 'm' });
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => resend(store, message.id, true)));
    const accepted = outcomes.filter((one) => one.kind === 'accepted');
    expect(accepted).toHaveLength(1);
    const { id } = accepted[0]!.message;
    expect(outcomes.filter(({ kind }) => kind === 'resent')).toHaveLength(5);
    await route(store, [line.device_id]);
    await claim(store, line.device_id);
    await store.settleSends(line.device_id, [{ id, accepted: true }], NOW);
    await fail(store, line, id, 'network');
    const third = await resend(store, id);
    if (third.kind !== 'accepted') throw new Error(third.kind);
    expect(third.message.message_id).toBe('m~3');
    expect(await messageOf(store, third.message.id)).toMatchObject({ resend_of: message.id });
    expect(await resend(store, message.id, true)).toEqual({
      kind: 'resent',
      id: third.message.id,
      status: 'QUEUED',
    });
    expect(await resend(store, id, true)).toMatchObject({ kind: 'resent' });
    expect(await resend(store, third.message.id)).toEqual({ kind: 'not_failed', status: 'QUEUED' });
  });

  test('what may have gone out is sent again only by force', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const lost = await failed(store, line, 'send_timeout_unknown', { phone: '+12145550101' });
    const parts = await failed(store, line, 'rejected', { phone: '+12145550102', attachments: [] });
    const proven = await failed(store, line, 'rejected', { phone: '+12145550103' });
    await store.recordJournal(line.device_id, new Journal().batch(statusEntry(proven.id, 'DELIVERED')), NOW);
    for (const { id } of [lost, proven]) {
      expect(await resend(store, id)).toMatchObject({ kind: 'may_have_gone', id });
      expect(await resend(store, id, true)).toMatchObject({ kind: 'accepted' });
    }
    expect(await resend(store, parts.id)).toMatchObject({ kind: 'accepted' });
  });

  test('so is a message of several parts that a device had: one of them may be out', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const file = { sha256: 'a'.repeat(64), name: 'a.jpg', mime_type: 'image/jpeg', size: 7 };
    const message = newMessage(line.location_id, { attachments: ['https://a.example/1'] });
    await store.acceptMessages([message], NOW);
    const places = { total: 8, per_workspace: 4, per_host: 2 };
    const [fetch] = await store.claimFetches({ owner: 'hub-1', lease_until: NOW + HOUR, places }, NOW);
    await store.settleFetch('hub-1', fetch!, { kind: 'stored', file }, NOW);
    await route(store, [line.device_id]);
    await claim(store, line.device_id);
    await store.settleSends(line.device_id, [{ id: message.id, accepted: true }], NOW);
    await fail(store, line, message.id, 'attachment_upload_failed');
    expect(await resend(store, message.id)).toMatchObject({ kind: 'may_have_gone' });
    const forced = await resend(store, message.id, true);
    if (forced.kind !== 'accepted') throw new Error(forced.kind);
    expect(await messageOf(store, forced.message.id)).toMatchObject({
      attachments: ['https://a.example/1'],
      resend_of: message.id,
    });
  });

  test('files that the hub still has go along, the others are fetched anew', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const file = { sha256: 'b'.repeat(64), name: 'b.jpg', mime_type: 'image/jpeg', size: 7 };
    const attachments = ['https://a.example/1', 'https://b.example/2'];
    const message = newMessage(line.location_id, { attachments });
    await store.acceptMessages([message], NOW);
    const request = {
      owner: 'hub-1',
      lease_until: NOW + HOUR,
      places: { total: 8, per_workspace: 4, per_host: 2 },
    };
    const [first, second] = await store.claimFetches(request, NOW);
    await store.settleFetch('hub-1', second!, { kind: 'stored', file }, NOW);
    await store.settleFetch('hub-1', first!, { kind: 'unavailable', reason: 'gone.' }, NOW);
    const again = await resend(store, message.id);
    if (again.kind !== 'accepted') throw new Error(again.kind);
    expect(await messageOf(store, again.message.id)).toMatchObject({ waits_for_files: true });
    const [fetch, ...others] = await store.claimFetches(request, NOW + 5);
    expect([fetch!.id, fetch!.n, others]).toEqual([again.message.id, 0, []]);
    await store.settleFetch('hub-1', fetch!, { kind: 'stored', file }, NOW + 5);
    await route(store, [line.device_id]);
    const [send] = await claim(store, line.device_id);
    expect(send!.attachments).toMatchObject([file, file]);
    await store.settleSends(line.device_id, [{ id: send!.id, accepted: true }], NOW);
    await fail(store, line, send!.id, 'network');

    const third = await resend(store, message.id, true);
    if (third.kind !== 'accepted') throw new Error(third.kind);
    expect(await store.claimFetches(request, NOW + 6)).toHaveLength(1);
    await store.cancelMessage(third.message.id, NOW + 6);
    expect(await store.forgetFile(file.sha256, NOW + 9 * HOUR, NOW + 9 * HOUR)).toBe(true);
    const fourth = await resend(store, send!.id, true);
    if (fourth.kind !== 'accepted') throw new Error(fourth.kind);
    expect(await store.claimFetches(request, NOW + 7)).toHaveLength(2);
  });

  test('one whose files are all there still does not wait for any', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const file = { sha256: 'c'.repeat(64), name: 'c.jpg', mime_type: 'image/jpeg', size: 7 };
    const message = newMessage(line.location_id, { attachments: ['https://a.example/1'], text: '' });
    await store.acceptMessages([message], NOW);
    const places = { total: 8, per_workspace: 4, per_host: 2 };
    const request = { owner: 'hub-1', lease_until: NOW + HOUR, places };
    const [fetch] = await store.claimFetches(request, NOW);
    await store.settleFetch('hub-1', fetch!, { kind: 'stored', file }, NOW);
    await store.cancelMessage(message.id, NOW);
    const again = await resend(store, message.id);
    if (again.kind !== 'accepted') throw new Error(again.kind);
    expect(await store.claimFetches(request, NOW)).toEqual([]);
    await route(store, [line.device_id]);
    expect(await claim(store, line.device_id)).toMatchObject([{ id: again.message.id, attachments: [file] }]);
    const unneeded = await store.listUnneededFiles({ before: NOW + HOUR, limit: 9 }, NOW + 3 * HOUR);
    expect(unneeded).toEqual([]);
  });

  test('one that never left the hub is sent again without more ado', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const message = newMessage(line.location_id, { message_id: 'x'.repeat(128) });
    await store.acceptMessages([message], NOW);
    expect(await resend(store, message.id)).toEqual({ kind: 'not_failed', status: 'QUEUED' });
    await store.cancelMessage(message.id, NOW);
    const outcome = await resend(store, message.id);
    if (outcome.kind !== 'accepted') throw new Error(outcome.kind);
    expect(outcome.message.message_id).toBe(`${'x'.repeat(126)}~2`);
  });

  test("a client's own id of that form is passed over", async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const message = await failed(store, line, 'rejected', { message_id: 'm' });
    await store.acceptMessages([newMessage(line.location_id, { message_id: 'm~2' })], NOW);
    const outcome = await resend(store, message.id);
    if (outcome.kind !== 'accepted') throw new Error(outcome.kind);
    expect(outcome.message.message_id).toBe('m~3');
  });

  test('nothing is sent again to who opted out, nor what came in, nor what is unknown', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const message = await failed(store, line, 'rejected');
    await store.recordJournal(line.device_id, new Journal().batch(messageEntry({ text: 'STOP' })), NOW);
    expect(await resend(store, message.id)).toEqual({ kind: 'opted_out' });
    const [inbound] = (await store.listMessages({ direction: 'in' }, { limit: 1 })).items;
    expect(await resend(store, inbound!.id)).toEqual({ kind: 'inbound' });
    expect(await resend(store, 'nothing')).toEqual({ kind: 'unknown' });
    expect((await store.listMessages({ direction: 'out' }, { limit: 9 })).items).toHaveLength(1);
  });
}
