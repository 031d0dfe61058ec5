import type { Evidence } from './evidence.ts';
import type { Heard } from './inbox.ts';
import { conversationOf, statusKey } from './ledger.ts';

/** Within one conversation events arrive in the order in which the device told them, but for what was replayed by hand. */
export function judgeOrder({ ledger, heard }: Evidence): string[] {
  const byKey = new Map<string, Heard>();
  for (const one of heard) {
    const { event } = one;
    if (event.type === 'STATUS-UPDATE') byKey.set(statusKey(event.message_id, event.status), one);
    if (event.type === 'MESSAGE') byKey.set(event.message, one);
  }
  const faults: string[] = [];
  for (const [deviceId, tellings] of ledger.tellings)
    for (const [conversation, all] of Map.groupBy(tellings, (telling) => telling.conversation)) {
      let latest = { at: 0, key: '' };
      for (const { key } of all) {
        const one = byKey.get(key);
        if (one?.successAt === undefined) continue;
        if (one.successAt < latest.at)
          faults.push(
            `out of order in ${conversation} of device ${deviceId}: "${key}" arrived before "${latest.key}"`,
          );
        else if (!ledger.replayed.has(one.webhookId)) latest = { at: one.successAt, key };
      }
    }
  return faults;
}

/** What was accepted before another message of its conversation was asked for leaves a device before that one. */
export function judgeSendOrder({ ledger }: Evidence): string[] {
  const faults: string[] = [];
  const taken = ledger.sends.flatMap(({ text, deviceId }) => {
    const note = ledger.messages.get(text.split(' ')[0] ?? '');
    return note === undefined ? [] : [{ note, deviceId }];
  });
  const lanes = Map.groupBy(
    taken,
    ({ note, deviceId }) => `${conversationOf(note.workspace, note.phone)} ${deviceId}`,
  );
  for (const [lane, all] of lanes) {
    let latest = { askedAt: 0, messageId: '' };
    for (const { note } of all) {
      if ((note.acceptedAt ?? Number.POSITIVE_INFINITY) < latest.askedAt)
        faults.push(`sent out of order in ${lane}: ${latest.messageId} before ${note.messageId}`);
      if (note.askedAt > latest.askedAt) latest = note;
    }
  }
  return faults;
}
