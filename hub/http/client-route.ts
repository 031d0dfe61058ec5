import { z } from 'zod';
import { acceptedSchema, MAX_ATTACHMENTS, MAX_TEXT_CHARACTERS } from '../../shared/api/client-message.ts';
import { CHANNELS } from '../../shared/channels.ts';
import { defineRoute, type Route, type RouteResponse } from '../api/route.ts';
import type { Metrics } from '../metrics.ts';

/** The handler of client messages: it validates the bytes itself, in the order that the contract gives its codes. */
export type TakeClientMessage = (request: {
  body: Buffer;
  source: string;
  authorization: string | undefined;
}) => Promise<RouteResponse>;

// Describes the body for people; the ingest stage judges it, with codes finer than a schema's.
const clientMessageSchema = z
  .object({
    location_id: z.string().meta({ description: 'The workspace.' }),
    user_id: z
      .union([z.string().min(1).max(128), z.number()])
      .meta({ description: "The client's user, told again with every status; a number comes back as text." }),
    phone: z.string().meta({ description: 'E.164; for imessage also an e-mail address, or a group.' }),
    message: z
      .string()
      .max(MAX_TEXT_CHARACTERS)
      .meta({ description: 'Carried unchanged; empty only with attachments.' }),
    attachments: z
      .array(z.url())
      .max(MAX_ATTACHMENTS)
      .optional()
      .meta({ description: 'Addresses of public files, each of up to 100 MB.' }),
    message_id: z.string().min(1).max(128).meta({
      description: "The client's own id; the same message under it is sent once, however often it comes.",
    }),
    channel: z.enum(CHANNELS).meta({ description: 'In any letter case.' }),
  })
  .meta({
    id: 'ClientMessage',
    examples: [
      {
        location_id: '0123456789abcdef0123456789abcdef',
        user_id: 'user-7',
        phone: '+12145550100',
        message: 'Your table is ready.',
        message_id: 'msg_001',
        channel: 'imessage',
      },
    ],
  });

/** POST /webhook: where client systems hand over messages. */
export function clientRoute(take: TakeClientMessage, metrics: Metrics): Route {
  return defineRoute({
    method: 'post',
    path: '/webhook',
    operationId: 'sendMessage',
    auth: 'none',
    credential: 'apiKey',
    tag: 'client',
    summary: 'Hands over a message. 200 means that it is valid and on disk; statuses follow on the webhook.',
    body: clientMessageSchema,
    rawBody: true,
    response: { status: 200, description: 'Queued, or queued before.', schema: acceptedSchema },
    errors: [
      'invalid_phone',
      'invalid_channel',
      'invalid_attachment',
      'channel_not_assigned',
      'workspace_not_connected',
      'opted_out',
      'invalid_api_key',
      'unknown_location',
      'message_id_conflict',
      'rate_limited',
      'unavailable',
    ],
    handle: async ({ body, source, authorization }) => {
      const answer = await take({ body: body as unknown as Buffer, source, authorization });
      if (answer.status === 200) metrics.messagesAccepted.inc();
      else metrics.requestsRejected.inc({ code: codeOf(answer.body) });
      return answer;
    },
  });
}

function codeOf(body: unknown): string {
  return typeof body === 'object' && body !== null && 'code' in body ? String(body.code) : 'unknown';
}
