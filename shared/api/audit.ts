import { z } from 'zod';
import { pageQuerySchema, timeSchema } from './pages.ts';

/** Every change that the admin API can make, and who came in. Closed: who watches the log may build on it. */
const AUDIT_ACTIONS = [
  'workspace.create',
  'workspace.update',
  'workspace.delete',
  'workspace.connect',
  'workspace.disconnect',
  'workspace.devices',
  'workspace.routing',
  'workspace.rotate_secret',
  'workspace.reveal_headers',
  'workspace.test',
  'workspace.replay',
  'workspace.retry_pending',
  'api_key.create',
  'api_key.revoke',
  'enrollment.create',
  'enrollment.renew',
  'device.update',
  'device.pause',
  'device.resume',
  'device.delete',
  'message.cancel',
  'message.resend',
  'delivery.retry',
  'setup_link.create',
  'user.create',
  'user.update',
  'user.delete',
  'user.invite',
  'user.join',
  'user.login',
  'user.login_failed',
  'user.logout',
  'user.end_sessions',
  'user.change_password',
  'user.reset_password',
  'user.enable_two_factor',
  'user.disable_two_factor',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

const auditTargetSchema = z.object({
  kind: z.enum(['workspace', 'api_key', 'device', 'message', 'delivery', 'user', 'hub']),
  id: z.string(),
});
export type AuditTarget = z.infer<typeof auditTargetSchema>;

export const auditQuerySchema = pageQuerySchema.extend({
  workspace: z.string().max(128).optional().meta({ description: 'location_id' }),
  actor: z.string().max(320).optional(),
  action: z.enum(AUDIT_ACTIONS).optional(),
  target: z.string().max(128).optional().meta({ description: 'Id of what was changed.' }),
});

/** One change, by whom, from where. Never holds a secret, a header's value or the text of a message. */
export const auditSchema = z
  .object({
    id: z.string(),
    at: timeSchema,
    actor: z.string(),
    action: z.enum(AUDIT_ACTIONS),
    target: auditTargetSchema,
    location_id: z.string().nullable(),
    changes: z
      .record(z.string(), z.unknown())
      .meta({ description: 'What the action says of itself; of a changed field `{from, to}`.' }),
    request_id: z.string().meta({ description: '`x-request-id` of the answer.' }),
    source: z.string().meta({ description: 'Address of the caller.' }),
  })
  .meta({ id: 'AuditEntry' });
export type AuditView = z.infer<typeof auditSchema>;
