import type { Logger } from 'pino';
import { failure } from '../../shared/failure-codes.ts';
import { groupCalls } from '../../shared/runtime/group.ts';
import type { Acceptance } from '../../shared/wire/acceptance.ts';
import { type Send, sendSchema } from '../../shared/wire/send.ts';
import type { ScriptedMessages } from '../applescript/run-script.ts';
import type { BridgeStore } from '../store/open-store.ts';
import { conversationIn, conversationWith } from './conversation.ts';

export interface AcceptDeps {
  store: BridgeStore;
  messages: Pick<ScriptedMessages, 'serves'>;
  log: Logger;
  now: () => number;
  /** Called when there is something new to send. */
  onAccepted: () => void;
}

/**
 * Takes a send from the hub: the answer `accepted` comes when it is on disk. A repetition is accepted again and
 * changes nothing. What cannot be understood is refused; what cannot be stored rejects, and the hub asks again.
 * Undefined for something without an id, which cannot be answered.
 */
export function acceptor(deps: AcceptDeps): (offered: unknown) => Promise<Acceptance | undefined> {
  const { store, messages, log, now, onAccepted } = deps;
  const insert = groupCalls<Send, Acceptance>(async (sends) => {
    store.transaction(() => {
      for (const send of sends) {
        const conversation = send.to_group ? conversationIn(send.to) : conversationWith(send.to);
        store.sends.insert(send, conversation, now());
      }
    });
    onAccepted();
    return sends.map(({ id }) => ({ id, accepted: true }));
  });

  return async (offered) => {
    const parsed = sendSchema.safeParse(offered);
    if (!parsed.success) {
      const id = (offered as { id?: unknown } | null)?.id;
      const fields = parsed.error.issues.map((issue) => issue.path.join('.') || 'message').join(', ');
      log.warn({ fields }, 'the hub offered a send that cannot be understood');
      if (typeof id !== 'string') return undefined;
      return { id, accepted: false, error: failure('rejected', `The bridge cannot read: ${fields}.`) };
    }
    const send = parsed.data;
    const [channel, ...fallbacks] = [send.channel, ...send.fallbacks].filter((one) => messages.serves(one));
    if (channel === undefined) return { id: send.id, accepted: false, error: failure('channel_unavailable') };
    return insert({ ...send, channel, fallbacks });
  };
}
