import { pickDevice } from '../../../hub/routing/pick-device.ts';
import type { Store } from '../../../hub/store/store.ts';
import { EXTRA_EVENTS } from '../../../shared/extra-events.ts';
import {
  addLine,
  claim,
  claimDue,
  dispatch,
  drain,
  HOUR,
  Journal,
  messageEntry,
  NOW,
  newMessage,
  settled,
  statusEntry,
} from './contract/fixtures.ts';

/** Every step a message takes, and every admin act that touches a queue. */
export async function exercise(store: Store): Promise<void> {
  const line = await addLine(store);
  const journal = new Journal();
  const messages = ['1', '2', '3'].map((n) => newMessage(line.location_id, { phone: `+1214555010${n}` }));
  await dispatch(store, line, messages);
  const climbed = messages.map(({ id }) => statusEntry(id, 'DELIVERED'));
  await store.recordJournal(line.device_id, journal.batch(...climbed, messageEntry({ text: 'STOP' })), NOW);
  await store.recordJournal(line.device_id, journal.batch(messageEntry({ text: 'START' })), NOW);
  const [retried, dead] = await claimDue(store);
  await store.settleDeliveries(
    'hub-1',
    [settled(retried!, { kind: 'retry', at: NOW }), settled(dead!, { kind: 'dead' })],
    NOW,
  );
  await store.releaseDeliveries('hub-1');
  await store.retryDelivery(dead!.id, NOW);
  await store.nextDeliveryAt(NOW);
  await drain(store);
  await store.acceptMessages([newMessage(line.location_id), newMessage(line.location_id)], NOW);
  await store.routeQueued({ online: [line.device_id], pick: pickDevice, limit: 1 }, NOW);
  await claim(store, line.device_id);
  await store.releaseSends(line.device_id, 'hub-1');
  await store.unrouteDevice(line.device_id);
  await store.unrouteExcept([]);
  await exerciseHubs(store, line.device_id);
  await store.expireQueued(NOW + 2 * HOUR, 10);
  await store.updateWorkspace(line.location_id, { extra_events: [...EXTRA_EVENTS] }, NOW);
  const origin = { guid: 'R1', from: '+12145550100', from_me: false, channel: 'imessage', at: NOW } as const;
  const reaction = {
    kind: 'reaction',
    ...origin,
    target: 'G',
    part: 0,
    reaction: 'love',
    removed: false,
  } as const;
  const group = { id: 'chat1', participants: [] };
  await store.recordJournal(
    line.device_id,
    journal.batch(messageEntry({ group, reply_to: 'G' }), reaction),
    NOW,
  );
  await store.recordSeen(line.device_id, undefined, NOW);
  await store.expireDispatched({ silentSince: NOW, limit: 9 }, NOW + 2 * HOUR);
  await store.readSettings(line.device_id);
  const enough = new Map([[line.device_id, 1]]);
  await store.routeQueued({ online: [line.device_id], enough, pick: pickDevice, limit: 1 }, NOW);
  await exerciseFiles(store);
  await exerciseRetention(store);
  await exerciseAdmin(store, line);
  await store.countQueues(NOW);
  await store.updateWorkspace(line.location_id, { connected: false, url: null }, NOW);
  await store.updateDevice(line.device_id, { paused: true }, NOW);
  await store.deleteDevice(line.device_id, NOW);
  await store.listMessages({ workspace: line.location_id }, { limit: 5 });
  await store.listMessages({ phone: '+12145550101' }, { limit: 5 });
  // Of the many rows, where there are any: among few, one index is as good as another.
  await store.listMessages({ workspace: 'past', message_id: 'c2', channel: 'sms' }, { limit: 5 });
  await store.listMessages({ status: ['FAILED'] }, { limit: 5 });
  await store.listDeliveries({ status: 'dead' }, { limit: 5 });
  await store.listDeliveries({ workspace: line.location_id }, { limit: 5 });
}

/** A hub that comes, has a device, and is taken over. */
async function exerciseHubs(store: Store, device_id: string): Promise<void> {
  await store.registerHub('hub-2', 'a', NOW);
  await store.registerHub('hub-3', 'c', NOW);
  await store.connectDevice({ device_id, hub: 'hub-2', id: 'connection' });
  await store.listConnections();
  await store.beatHub('hub-2', 'b');
  await store.takeOverHub({ id: 'hub-2', beat: 'b' });
  await store.endConnections(['connection']);
  await store.leaveHub('hub-3');
}

/** Files both ways, from the fetch to their end. */
async function exerciseFiles(store: Store): Promise<void> {
  const line = await addLine(store);
  const file = { sha256: 'a'.repeat(64), name: 'a.jpg', mime_type: 'image/jpeg', size: 7 };
  const attachments = ['https://a.example/1', 'https://b.example/2', 'https://c.example/3'];
  await store.acceptMessages(
    [newMessage(line.location_id, { attachments }), newMessage(line.location_id)],
    NOW,
  );
  const places = { total: 8, per_workspace: 4, per_host: 2 };
  const [first, second] = await store.claimFetches({ owner: 'hub-1', lease_until: NOW, places }, NOW);
  await store.settleFetch('hub-1', first!, { kind: 'stored', file }, NOW);
  const retry = { kind: 'retry', at: NOW, counts: true, reason: 'slow.' } as const;
  await store.settleFetch('hub-1', second!, retry, NOW);
  await store.releaseFetches('hub-1');
  const [last] = await store.claimFetches({ owner: 'hub-1', lease_until: NOW, places }, NOW);
  await store.settleFetch('hub-1', last!, { kind: 'unavailable', reason: 'gone.' }, NOW);
  await store.recordFile(file, NOW);
  await store.recordJournal(line.device_id, new Journal().batch(messageEntry({ attachments: [file] })), NOW);
  await store.findGrantedFile(line.device_id, file.sha256);
  await store.touchFile(file.sha256, NOW);
  await store.listUnneededFiles({ before: NOW, limit: 10 }, NOW);
  await store.forgetFile(file.sha256, NOW, NOW);
}

/** What only an admin asks for. */
async function exerciseAdmin(store: Store, line: { location_id: string; device_id: string }): Promise<void> {
  const message = newMessage(line.location_id, { phone: '+12145550177' });
  await store.acceptMessages([message], NOW);
  await store.cancelMessage(message.id, NOW);
  await store.resendMessage({ id: message.id, expires_at: NOW + HOUR, force: false }, NOW);
  const [failed] = await claimDue(store);
  await store.settleDeliveries('hub-1', [settled(failed!, { kind: 'dead' })], NOW);
  const statuses: ('dead' | 'recorded')[] = ['dead', 'recorded'];
  const request = { location_id: line.location_id, statuses, since: 0, until: NOW, limit: 1 };
  await store.replayDeliveries(request, NOW);
  await store.listMessageDeliveries(message.id);
  const page = { limit: 5 };
  await store.listDeliveries({ message: message.id }, page);
  await store.listDeliveries({ workspace: line.location_id, status: 'dead' }, page);
  await store.listDeliveries({ workspace: line.location_id, type: 'MESSAGE', since: NOW }, page);
  await store.listMessages({ workspace: line.location_id, channel: 'sms', until: NOW }, page);
  await store.listMessages({ workspace: line.location_id, conversation: 'group:1' }, page);
  await store.listMessages({ conversation: '+12145550177', device: line.device_id }, page);
  const sent = ['SENT', 'DELIVERED', 'READ'] as const;
  await store.listMessages({ status: sent, since: NOW }, page);
  await store.listMessages({ workspace: line.location_id, status: sent }, page);
  await store.listMessages({ workspace: line.location_id, status: ['RECEIVED'], from_me: false }, page);
  const within = [line.location_id, 'past'];
  await store.listMessages({ within, status: sent }, page);
  await store.listMessages({ within }, page);
  await store.listMessages({ within, channel: 'sms' }, page);
  await store.listMessages({ within, phone: '+12145550177' }, page);
  await store.listDeliveries({ within }, page);
  await store.listDeliveries({ within, status: 'dead' }, page);
  await store.listNotices({ within }, page);
  await store.listWorkspaces({ ...page, within });
  await store.listDevices({ ...page, within });
  await store.countKept(line.location_id, NOW);
  await store.listAuditEntries({ workspace: line.location_id }, page);
  await store.listAuditEntries({ actor: 'admin token' }, page);
  await store.listAuditEntries({ action: 'message.cancel' }, page);
  await store.listNotices({ workspace: line.location_id, open: false }, page);
  const { messages } = await store.findTrafficSince(NOW);
  for (const workspace of [undefined, line.location_id]) {
    await store.readMessageTraffic({ workspace, ...messages, limit: 5 });
    await store.readAttemptTraffic({ workspace, ...messages, limit: 5 });
  }
  await store.countWebhooks(undefined);
  await store.countWebhooks([line.location_id]);
}

/** Everything that grows old, and a workspace that is deleted. */
async function exerciseRetention(store: Store): Promise<void> {
  const line = await addLine(store);
  await store.recordJournal(line.device_id, new Journal().batch(messageEntry(), messageEntry()), NOW);
  await store.deleteWorkspace(line.location_id);
  await store.purgeDeleted({ after: undefined, limit: 10 }, NOW);
  await store.purgeDeleted({ after: undefined, limit: 10 }, NOW);
  await store.forgetDeliveries({ before: NOW + 1, after: 0, limit: 1 });
  await store.forgetMessages({ before: NOW + 1, after: 0, limit: 1 });
  await store.forgetReports({ before: NOW + 1, limit: 10 }, NOW);
}
