import { z } from 'zod';
import { failureSchema } from '../failure-codes.ts';

/**
 * Device → hub, the answer to a send. Accepted: it is on the device's disk, and a result will come through the
 * journal. Refused: it is not, and never will be sent by this device under this id.
 */
export const acceptanceSchema = z.discriminatedUnion('accepted', [
  z.object({ id: z.string(), accepted: z.literal(true) }),
  z.object({ id: z.string(), accepted: z.literal(false), error: failureSchema }),
]);
export type Acceptance = z.infer<typeof acceptanceSchema>;
