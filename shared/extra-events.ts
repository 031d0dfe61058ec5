import { z } from 'zod';

/**
 * What a workspace can ask for beyond its own messages' statuses and inbound one-to-one messages. `echo`: messages that
 * were typed on the device itself. `group`: what happens in group chats.
 */
export const EXTRA_EVENTS = ['echo', 'read', 'reaction', 'edit', 'unsend', 'group'] as const;
export const extraEventSchema = z.enum(EXTRA_EVENTS);
export type ExtraEvent = z.infer<typeof extraEventSchema>;
