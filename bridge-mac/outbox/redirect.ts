import { type Failure, failure } from '../../shared/failure-codes.ts';
import type { StoredSend } from '../store/stored-send.ts';
import { fallbacksOf } from './choose-way.ts';
import { type ReportDeps, settlePart } from './report.ts';
import { nextState } from './send-state.ts';

/**
 * Goes on with the next channel when a send provably cannot reach its recipient on the one it is on: its row says so
 * (`row_unreachable`), or Messages never took it (`not_sent`; from `accepted` without any event). One commit, so a
 * crash finds either the old channel with its proof or the new one with no attempt. Answers false when no channel is
 * left, or when the message was reported FAILED before: the client may have sent it another way since.
 */
export function redirectPart(
  send: StoredSend,
  event: 'row_unreachable' | 'not_sent' | undefined,
  why: Failure,
  { store, log, now }: ReportDeps,
): boolean {
  const [channel, ...rest] = fallbacksOf(send);
  if (channel === undefined || send.to_group === 1 || send.told !== '') return false;
  const isMoved = store.transaction(() => {
    const changes = { last_error: why.message, last_code: why.code };
    const to = event === undefined ? send.state : nextState(send.state, event);
    if (to !== 'accepted' || !store.sends.move(send, to, now(), changes)) return false;
    store.sends.redirect(send, channel, rest, now());
    return true;
  });
  if (isMoved) log.info({ id: send.id, from: send.channel, to: channel, code: why.code }, 'next channel');
  return isMoved;
}

/** Ends a part that provably never reached Messages, or sends it by the next channel where that may help. */
export function refusePart(
  send: StoredSend,
  why: Failure,
  deps: ReportDeps,
  { mayRedirect = false }: { mayRedirect?: boolean } = {},
): void {
  const event = send.state === 'attempting' ? 'not_sent' : undefined;
  if (mayRedirect && redirectPart(send, event, why, deps)) return;
  const outcome = { channel: send.channel, at: deps.now(), error: why };
  settlePart(send, nextState(send.state, 'refused'), outcome, deps);
}

/** Why no way of addressing is left. A Mac without a forwarding iPhone has no account of SMS, by whatever way. */
export function explainNoWay(send: StoredSend): Failure {
  const detail = sentence(send.last_error);
  if (send.to_group === 1) return failure('group_unavailable', detail);
  if (send.channel !== 'imessage') return failure('channel_unavailable', detail);
  return failure(send.last_code ?? 'rejected', detail);
}

export function sentence(detail: string | null): string | undefined {
  if (detail === null) return undefined;
  return `${detail[0]?.toUpperCase()}${detail.slice(1)}${detail.endsWith('.') ? '' : '.'}`;
}
