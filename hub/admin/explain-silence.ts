import type { Workspace } from '../store/records.ts';

/** Why nothing is sent to the webhook of a workspace, and what to do; undefined when events are sent. */
export function explainSilence(workspace: Workspace): string | undefined {
  const { url, webhook_enabled, webhook_disabled_reason } = workspace;
  if (url === null)
    return 'This workspace has no webhook URL: set one with PATCH {"url":"https://…"}, then try again.';
  if (webhook_enabled) return undefined;
  const reason = webhook_disabled_reason ?? 'It is switched off.';
  return `Nothing is sent to the webhook of this workspace. ${reason} Switch it on with PATCH {"webhook_enabled":true}, then try again.`;
}
