import type { Workspace } from '../../api/workspaces.ts';
import { Badge } from '../../ui/status-badge.tsx';
import { Time } from '../../ui/time.tsx';

/** How the webhook of a workspace does, in a word. */
export function WebhookHealth({ workspace }: { workspace: Workspace }) {
  const { url, webhook_enabled, webhook_failing_since } = workspace;
  if (url === null) return <Badge tone="quiet">No URL</Badge>;
  if (!webhook_enabled) return <Badge tone="bad">Switched off</Badge>;
  if (webhook_failing_since !== null)
    return (
      <Badge tone="warn">
        Failing since <Time at={webhook_failing_since} isSince />
      </Badge>
    );
  return <Badge tone="good">Healthy</Badge>;
}
