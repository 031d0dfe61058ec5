import type { Channel } from '../../../shared/channels.ts';
import type { FailureCode } from '../../../shared/failure-codes.ts';
import type { Random } from '../random.ts';

export type Told = 'SENT' | 'DELIVERED' | 'READ' | 'FAILED';

/** One status that a device reports, and what the client must hear because of it: written out, not computed. */
interface Step {
  readonly status: Told;
  readonly code?: FailureCode;
  readonly tells: readonly Told[];
}

/** What becomes of one send on a device. */
export interface Plan {
  readonly name: string;
  /** Out of a hundred sends. */
  readonly share: number;
  /** Refused instead of taken: the client hears FAILED with this code. */
  readonly refusal?: FailureCode;
  readonly steps: readonly Step[];
  /** What was really used. */
  readonly channel: Channel;
  /** Where the message stands in the hub at the end. */
  readonly ends: Told;
}

const sent: Step = { status: 'SENT', tells: ['SENT'] };
const delivered: Step = { status: 'DELIVERED', tells: ['DELIVERED'] };
const skipping: Step = { status: 'DELIVERED', tells: ['SENT', 'DELIVERED'] };
const read: Step = { status: 'READ', tells: ['READ'] };
const failed = (code: FailureCode): Step => ({ status: 'FAILED', code, tells: ['FAILED'] });
const silent = (status: Told, code?: FailureCode): Step => ({ status, ...(code && { code }), tells: [] });

const iMessage = { channel: 'imessage' } as const;
const DELIVERED_PLAN: Plan = {
  name: 'delivered',
  share: 62,
  steps: [sent, delivered],
  ends: 'DELIVERED',
  ...iMessage,
};

export const PLANS: readonly Plan[] = [
  DELIVERED_PLAN,
  { name: 'read', share: 6, steps: [sent, delivered, read], ends: 'READ', ...iMessage },
  { name: 'as sms', share: 8, steps: [sent], ends: 'SENT', channel: 'sms' },
  { name: 'sent was missed', share: 6, steps: [skipping], ends: 'DELIVERED', ...iMessage },
  { name: 'backwards', share: 3, steps: [skipping, silent('SENT')], ends: 'DELIVERED', ...iMessage },
  {
    name: 'repeated',
    share: 4,
    steps: [sent, silent('SENT'), delivered, silent('DELIVERED')],
    ends: 'DELIVERED',
    ...iMessage,
  },
  { name: 'not on iMessage', share: 4, steps: [failed('not_on_imessage')], ends: 'FAILED', ...iMessage },
  { name: 'failed late', share: 2, steps: [sent, failed('rejected')], ends: 'FAILED', ...iMessage },
  {
    name: 'mistaken',
    share: 3,
    steps: [failed('send_timeout_unknown'), silent('SENT'), silent('DELIVERED')],
    ends: 'FAILED',
    ...iMessage,
  },
  { name: 'refused', share: 2, refusal: 'channel_unavailable', steps: [], ends: 'FAILED', ...iMessage },
];

export function pickPlan(random: Random): Plan {
  let left = random.between(
    0,
    PLANS.reduce((sum, { share }) => sum + share, 0),
  );
  for (const plan of PLANS) {
    left -= plan.share;
    if (left < 0) return plan;
  }
  return DELIVERED_PLAN;
}

/** Everything that the client must hear, in order. READ is for those who asked for it. */
export function tellings(plan: Plan, tellsRead: boolean): Told[] {
  if (plan.refusal !== undefined) return ['FAILED'];
  return plan.steps.flatMap(({ tells }) => tells.filter((status) => tellsRead || status !== 'READ'));
}

/** The code that a FAILED of this plan carries. */
export function codeOf({ refusal, steps }: Plan): FailureCode | undefined {
  return refusal ?? steps.find(({ status }) => status === 'FAILED')?.code;
}
