import type { Evidence } from './evidence.ts';
import type { MessageNote } from './ledger.ts';
import { judgeEvents } from './verdict-events.ts';
import { judgeOrder, judgeSendOrder } from './verdict-order.ts';

/** Every contradiction between what happened and what the hub said and did; none when all is well. */
export function judge(evidence: Evidence): string[] {
  return [
    ...[...evidence.ledger.messages.values()].flatMap(judgeAnswers),
    ...judgeSends(evidence),
    ...judgeRecord(evidence),
    ...judgeEvents(evidence),
    ...judgeDeliveries(evidence),
    ...judgeOrder(evidence),
    ...judgeSendOrder(evidence),
  ];
}

/** One id and one content for one message_id; nothing taken behind a refusal. */
function judgeAnswers(note: MessageNote): string[] {
  const { messageId, ids, acceptedTexts, refusedTexts, fresh, lost, abandoned, done } = note;
  if (!done) return [`${messageId}: a POST never came to its end`];
  const faults: string[] = [];
  if (ids.size > 1) faults.push(`${messageId}: accepted under ${ids.size} ids: ${[...ids].join(', ')}`);
  if (acceptedTexts.size > 1) faults.push(`${messageId}: accepted with two contents`);
  if (ids.size === 0 && !abandoned) faults.push(`${messageId}: no POST was accepted`);
  for (const text of refusedTexts)
    if (acceptedTexts.has(text)) faults.push(`${messageId}: its content was accepted and refused`);
  if (fresh > 1) faults.push(`${messageId}: ${fresh} answers without "duplicate"`);
  if (ids.size > 0 && fresh === 0 && lost === 0)
    faults.push(`${messageId}: a duplicate of nothing: every POST before was refused, yet one was kept`);
  return faults;
}

/** Each accepted message reaches one device, as it was written, under its one id; nothing else does. */
function judgeSends({ ledger }: Evidence): string[] {
  const faults: string[] = [];
  const byId = Map.groupBy(ledger.sends, ({ id }) => id);
  for (const [id, same] of byId)
    if (same.length > 1)
      faults.push(
        `${id}: sent by ${same.length} devices: ${same.map(({ deviceId }) => deviceId).join(', ')}`,
      );
  for (const [messageId, same] of Map.groupBy(ledger.sends, ({ text }) => text.split(' ')[0] ?? '')) {
    const note = ledger.messages.get(messageId);
    const ids = new Set(same.map(({ id }) => id));
    if (ids.size > 1) faults.push(`${messageId}: reached devices under ${ids.size} ids`);
    if (note === undefined || note.abandoned)
      faults.push(`${messageId}: sent, although ${note ? 'refused with 503 or 429' : 'nobody asked for it'}`);
    else if (note.done && [...ids].some((id) => !note.ids.has(id)))
      faults.push(`${messageId}: sent under an id that no answer named: ${[...ids].join(', ')}`);
    if (note?.canceled === 'yes') faults.push(`${messageId}: sent, although it was canceled`);
    for (const { text, to } of same) {
      if (note && to !== note.phone) faults.push(`${messageId}: sent to ${to} instead of ${note.phone}`);
      if (note && !note.abandoned && !note.acceptedTexts.has(text))
        faults.push(`${messageId}: sent in words that were not accepted`);
    }
  }
  return faults;
}

/** The hub knows everything that it answered 200 to, as it was written and where it stands, and nothing else. */
function judgeRecord({ ledger, messages }: Evidence): string[] {
  const faults: string[] = [];
  const known = new Map(messages.map((message) => [message.id, message]));
  const sends = new Map(ledger.sends.map((send) => [send.id, send]));
  for (const { messageId, ids, phone, acceptedTexts } of ledger.messages.values())
    for (const id of ids) {
      const message = known.get(id);
      known.delete(id);
      if (message === undefined) {
        faults.push(`${messageId}: answered 200 as ${id}, and the hub does not know it`);
        continue;
      }
      const isRight =
        message.message_id === messageId && message.phone === phone && acceptedTexts.has(message.message);
      if (!isRight) faults.push(`${messageId}: on record as something else`);
      const send = sends.get(id);
      if (!send || ledger.removedDevices.has(send.deviceId)) continue;
      if (message.status !== send.plan.ends)
        faults.push(
          `${messageId}: on record as ${message.status} instead of ${send.plan.ends} (${send.plan.name})`,
        );
    }
  for (const { id, message_id } of known.values())
    faults.push(`${message_id}: on record as ${id}, and no POST was answered with it`);
  return faults;
}

/** What the hub calls delivered was received, and what was received is on record. */
function judgeDeliveries({ deliveries, heard }: Evidence): string[] {
  const faults: string[] = [];
  const known = new Map(deliveries.map((delivery) => [delivery.webhook_id, delivery]));
  const received = new Map(heard.map((one) => [one.webhookId, one]));
  for (const { webhook_id, status } of known.values())
    if (status === 'delivered' && received.get(webhook_id)?.successAt === undefined)
      faults.push(`${webhook_id}: called delivered, and nobody received it`);
  for (const { webhookId, event } of heard)
    if (event.type !== 'TEST' && !known.has(webhookId))
      faults.push(`${webhookId}: received, and not on record`);
  return faults;
}
