import { sql } from 'kysely';

/** Of an assignment beside its device: whether that still serves the channel. One that does not rests, until it does again. */
export const STILL_SERVED = sql<boolean>`EXISTS (SELECT 1 FROM json_each(devices.channels) WHERE value = assignments.channel)`;
