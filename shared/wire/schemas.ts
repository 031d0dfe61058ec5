import { acceptanceSchema } from './acceptance.ts';
import { healthSchema } from './health.ts';
import { helloSchema, refusalSchema, welcomeSchema } from './hello.ts';
import { journalAckSchema, journalBatchSchema } from './journal.ts';
import { sendSchema } from './send.ts';
import { settingsSchema } from './settings.ts';

/** Every message of the wire by name: what the protocol snapshot is taken of. */
export const WIRE_SCHEMAS = {
  hello: helloSchema,
  welcome: welcomeSchema,
  refusal: refusalSchema,
  send: sendSchema,
  acceptance: acceptanceSchema,
  journal_batch: journalBatchSchema,
  journal_ack: journalAckSchema,
  health: healthSchema,
  settings: settingsSchema,
} as const;
