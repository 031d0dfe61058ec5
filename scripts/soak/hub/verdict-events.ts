import type { MessageEvent, StatusUpdate } from '../../../shared/api/webhook-events.ts';
import type { Evidence } from './evidence.ts';
import type { Heard } from './inbox.ts';
import type { MessageNote, ReceiptNote, SendNote } from './ledger.ts';
import { codeOf, tellings } from './plans.ts';

/** Each event that is due came, under one webhook-id, with the right content; nothing else came. */
export function judgeEvents(evidence: Evidence): string[] {
  const { ledger, heard } = evidence;
  const updates: (Heard & { event: StatusUpdate })[] = [];
  const messages: (Heard & { event: MessageEvent })[] = [];
  const faults: string[] = [];
  for (const one of heard) {
    const { event, webhookId, successAt } = one;
    if (event.type === 'STATUS-UPDATE') updates.push({ ...one, event });
    else if (event.type === 'MESSAGE') messages.push({ ...one, event });
    else if (event.type !== 'TEST') faults.push(`${webhookId}: a ${event.type} that nobody asked for`);
    if (successAt === undefined && event.type !== 'TEST')
      faults.push(`${webhookId}: a ${event.type} of workspace ${one.workspace} was never answered 2xx`);
  }
  const ofMessage = Map.groupBy(updates, ({ event }) => event.message_id);
  const sends = new Map(ledger.sends.map((send) => [send.text.split(' ')[0] ?? '', send]));
  for (const note of ledger.messages.values()) {
    const told = ofMessage.get(note.messageId) ?? [];
    ofMessage.delete(note.messageId);
    if (note.done) faults.push(...judgeStatuses(evidence, note, sends.get(note.messageId), told));
  }
  for (const [messageId] of ofMessage) faults.push(`${messageId}: a status of a message that nobody sent`);
  const ofText = Map.groupBy(messages, ({ event }) => event.message);
  for (const note of ledger.receipts.values()) {
    faults.push(...judgeReceipt(note, ofText.get(note.text) ?? []));
    ofText.delete(note.text);
  }
  for (const [text, all] of ofText)
    faults.push(`"${text}" (${all[0]?.webhookId}): told, and nobody wrote it`);
  return faults;
}

function judgeStatuses(
  { ledger, workspaces }: Evidence,
  note: MessageNote,
  send: SendNote | undefined,
  told: readonly (Heard & { event: StatusUpdate })[],
): string[] {
  const { messageId, workspace, phone } = note;
  const { tellsRead = false, userId } = workspaces[workspace] ?? {};
  const inTurn = told.toSorted((a, b) => (a.successAt ?? 0) - (b.successAt ?? 0));
  const statuses = inTurn.map(({ event }) => event.status);
  const faults: string[] = [];
  const isReplayed = told.some(({ webhookId }) => ledger.replayed.has(webhookId));
  const actual = (isReplayed ? statuses.toSorted(byRung) : statuses).join(' ');
  const isRemoved = send === undefined || ledger.removedDevices.has(send.deviceId);
  const due = expectations(note, send, { tellsRead, isRemoved });
  if (!due.some((one) => one.join(' ') === actual))
    faults.push(
      `${messageId}: told "${actual}" instead of "${due.map((one) => one.join(' ')).join('" or "')}" (${send?.plan.name ?? 'not sent'})`,
    );
  const codes = codesFor(note, send, isRemoved);
  for (const { event } of told) {
    if (event.phone !== phone || event.user_id !== userId)
      faults.push(`${messageId}: its ${event.status} names another phone or user`);
    const code = event.error?.code;
    if (event.status === 'FAILED' && !codes.includes(code))
      faults.push(`${messageId}: FAILED with ${code} instead of ${codes.join(' or ')}`);
    if (event.status !== 'FAILED' && send && event.channel !== send.plan.channel)
      faults.push(`${messageId}: its ${event.status} names ${event.channel} instead of ${send.plan.channel}`);
  }
  return faults;
}

/** With which codes it may have FAILED. */
function codesFor(
  { canceled }: MessageNote,
  send: SendNote | undefined,
  isRemoved: boolean,
): (string | undefined)[] {
  if (canceled === 'yes') return ['canceled'];
  return [
    ...(send ? [codeOf(send.plan)] : []),
    ...(isRemoved ? ['device_removed'] : []),
    ...(canceled === 'perhaps' && !send ? ['canceled'] : []),
  ];
}

const RUNGS = ['SENT', 'DELIVERED', 'READ', 'FAILED'];

function byRung(a: string, b: string): number {
  return RUNGS.indexOf(a) - RUNGS.indexOf(b);
}

/** What may have been told. A device that was removed took what it had not said yet with it. */
function expectations(
  { ids }: MessageNote,
  send: SendNote | undefined,
  { tellsRead, isRemoved }: { tellsRead: boolean; isRemoved: boolean },
): string[][] {
  if (ids.size === 0) return [[]];
  // Canceled, or offered to a device that was removed before it saw it.
  if (send === undefined) return [['FAILED']];
  const whole = tellings(send.plan, tellsRead);
  if (!isRemoved) return [whole];
  const parts = whole.map((_, index) => whole.slice(0, index));
  return [whole, ...parts.filter((part) => part.length > 0), ...parts.map((part) => [...part, 'FAILED'])];
}

function judgeReceipt(note: ReceiptNote, told: readonly (Heard & { event: MessageEvent })[]): string[] {
  const { text, expected, phone, workspace, deviceId } = note;
  if (told.length > 1)
    return [`"${text}": told under ${told.length} ids: ${told.map((one) => one.webhookId).join(', ')}`];
  const [one] = told;
  if (one === undefined) return expected === 'once' ? [`"${text}" of device ${deviceId}: never told`] : [];
  const { event } = one;
  const isRight = event.phone === phone && event.device_id === deviceId && !event.isMe;
  if (!isRight) return [`"${text}": told as something else`];
  return one.workspace === workspace
    ? []
    : [`"${text}": told to workspace ${one.workspace} instead of ${workspace}`];
}
