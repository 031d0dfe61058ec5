import { ApiError } from '../../shared/api/errors.ts';
import { messageSchema, resendSchema } from '../../shared/api/messages.ts';
import { defineRoute, type Route, type Scope } from '../api/route.ts';
import type { Message } from '../store/records.ts';
import type { CancelOutcome } from '../store/steps/cancel.ts';
import type { ResendOutcome } from '../store/steps/resend.ts';
import type { AdminDependencies } from './dependencies.ts';
import { refuseMessage, requireMessage, requireWorkspace } from './lookups.ts';
import { showMessage } from './views.ts';

const BASE = { auth: 'user', tag: 'messages' } as const;
const ONE = '/api/messages/:id';

/** Taking a message back, and sending a failed one again. */
export function messageActionRoutes(dependencies: AdminDependencies): Route[] {
  return [cancelRoute(dependencies), resendRoute(dependencies)];
}

function cancelRoute({ store, now, audit, onDeliveriesDue, onMessagesWaiting }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'post',
    path: `${ONE}/cancel`,
    summary: 'Takes a queued message back that no device was offered yet: it ends FAILED with `canceled`.',
    response: { status: 200, description: 'The message as it is now.', schema: messageSchema },
    errors: ['not_found', 'conflict'],
    handle: async ({ params: { id = '' }, ...caller }) => {
      const before = await requireMessage(store, id, caller.scope);
      judgeCancel(await store.cancelMessage(id, now()));
      onDeliveriesDue();
      // What waited behind its files may go on.
      onMessagesWaiting(false);
      const { location_id, message_id } = before;
      await audit(caller, {
        action: 'message.cancel',
        target: { kind: 'message', id },
        location_id,
        changes: { message_id },
      });
      return { status: 200, body: showMessage((await store.findMessage(id)) ?? before) };
    },
  });
}

function judgeCancel(outcome: CancelOutcome): void {
  if (outcome.kind === 'canceled') return;
  if (outcome.kind === 'unknown') refuseMessage();
  if (outcome.kind === 'inbound') throw refuse('This message came in: there is nothing to cancel.');
  throw refuse(TOO_LATE[outcome.status]);
}

const TOO_LATE = {
  QUEUED: 'This message was offered to its device, which may have it although it has not answered yet.',
  DISPATCHED: 'This message is on its device, which may be sending it: it cannot be taken back.',
  SENT: 'This message is sent already.',
  DELIVERED: 'This message is delivered already.',
  READ: 'This message is read already.',
  FAILED: 'This message has FAILED already: nothing more is sent of it.',
} as const;

function resendRoute(dependencies: AdminDependencies): Route {
  const { store, now, audit, messageTtl, onMessagesWaiting } = dependencies;
  return defineRoute({
    ...BASE,
    method: 'post',
    path: `${ONE}/resend`,
    summary:
      'Sends a FAILED message again, as a new message with an id of its own. What may have gone out needs `force`.',
    body: resendSchema,
    optionalBody: true,
    response: { status: 201, description: 'The new message.', schema: messageSchema },
    errors: [
      'not_found',
      'unknown_location',
      'conflict',
      'workspace_not_connected',
      'channel_not_assigned',
      'invalid_phone',
      'invalid_channel',
      'opted_out',
    ],
    handle: async ({ params: { id = '' }, body: { force }, ...caller }) => {
      const failed = await requireMessage(store, id, caller.scope);
      await judgeRoute(failed, dependencies, caller.scope);
      const expires_at = now() + messageTtl;
      const message = judgeResend(await store.resendMessage({ id, expires_at, force }, now()));
      onMessagesWaiting(false);
      if (message.attachments.length > 0) onMessagesWaiting(true);
      const { location_id, message_id } = message;
      await audit(caller, {
        action: 'message.resend',
        target: { kind: 'message', id },
        location_id,
        changes: { resent_as: message.id, message_id, force },
      });
      const shown = (await store.findMessage(message.id)) ?? refuseMessage();
      return { status: 201, body: showMessage(shown) };
    },
  });
}

/** What is not FAILED is refused for that, whatever else is in its way. */
async function judgeRoute(
  { direction, status, location_id, channel, phone }: Message,
  { store, checkSendable }: AdminDependencies,
  scope: Scope | undefined,
): Promise<void> {
  if (direction === 'in' || status !== 'FAILED') return;
  const workspace = await requireWorkspace(store, location_id ?? undefined, scope);
  await checkSendable(workspace, { channel, phone });
}

function judgeResend(outcome: ResendOutcome) {
  switch (outcome.kind) {
    case 'accepted':
      return outcome.message;
    case 'unknown':
      return refuseMessage();
    case 'opted_out':
      throw new ApiError('opted_out', 'The recipient has opted out of messages from this workspace.');
    case 'inbound':
      throw refuse('This message came in: there is nothing to send again.');
    case 'not_failed':
      throw refuse(`This message is ${outcome.status}: only a FAILED one can be sent again.`);
    case 'resent':
      throw refuse(`This message was sent again already, as ${outcome.id}, which is ${outcome.status}.`);
    case 'may_have_gone':
      throw refuse(
        `Message ${outcome.id} FAILED with ${outcome.code}, but it, or a part of it, may have reached the recipient, who would then get it twice. Send {"force":true} to send it again all the same.`,
        'force',
      );
  }
}

function refuse(message: string, field = 'status'): ApiError {
  return new ApiError('conflict', message, { details: [{ field, message }] });
}
