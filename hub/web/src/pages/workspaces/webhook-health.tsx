import type { Workspace } from '../../api/workspaces.ts';
import { Badge } from '../../ui/status-badge.tsx';
import { Time } from '../../ui/time.tsx';
import ui from '../../ui/ui.module.css';

/** How the webhook of a workspace does, in a word. */
export function WebhookHealth({ workspace }: { workspace: Workspace }) {
  const { url, webhook_enabled, webhook_failing_since } = workspace;
  if (url === null) return <Badge tone="quiet">No URL</Badge>;
  if (!webhook_enabled) return <Badge tone="bad">Switched off</Badge>;
  if (webhook_failing_since !== null)
    return (
      <Badge tone="warn">
        <span className={ui.wrapping}>
          Failing&nbsp;since <Time at={webhook_failing_since} isSince />
        </span>
      </Badge>
    );
  return <Badge tone="good">No failure known</Badge>;
}
