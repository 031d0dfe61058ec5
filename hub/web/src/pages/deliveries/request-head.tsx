import { Text } from '@mantine/core';
import { useWorkspace } from '../../api/workspaces.ts';
import { PlainText } from '../../ui/plain-text.tsx';
import classes from './deliveries.module.css';

/** What the hub itself sends along with every event. */
const OWN_HEADERS = ['content-type', 'webhook-id', 'webhook-timestamp', 'webhook-signature', 'user-agent'];

/** Where events of a workspace are POSTed to now, and the names of the headers they bear. Values stay masked. */
export function RequestHead({ workspace: id }: { workspace: string }) {
  const { data: workspace } = useWorkspace(id);
  if (workspace === undefined) return null;
  const own = workspace.headers.map(({ key }) => key);
  const names = [...OWN_HEADERS.filter((name) => !own.some((key) => key.toLowerCase() === name)), ...own];
  return (
    <div>
      <Text size="sm" mb={8} component="div">
        {workspace.url === null ? (
          'The workspace has no URL now.'
        ) : (
          <>
            <b>POST</b> <PlainText text={workspace.url} />
          </>
        )}
      </Text>
      <ul className={classes.headers} aria-label="Names of the headers">
        {names.map((name) => (
          <li key={name}>{name}</li>
        ))}
      </ul>
      <Text size="xs" c="dimmed" mt={6}>
        URL and headers as the workspace has them now.
      </Text>
    </div>
  );
}
