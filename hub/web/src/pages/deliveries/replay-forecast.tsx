import { Alert, Group, Text } from '@mantine/core';
import { Link } from 'react-router';
import { usePendingEvents } from '../../api/deliveries.ts';
import type { Workspace } from '../../api/workspaces.ts';
import { FailureNote } from '../../ui/failure-note.tsx';
import { tellDone } from '../../ui/notices.ts';
import { PlainText } from '../../ui/plain-text.tsx';
import { countUp } from './count-up.ts';
import { SwitchOn } from './switch-on.tsx';
import { TryAll } from './try-all.tsx';

export function mayReplay({ url, webhook_enabled }: Workspace): boolean {
  return url !== null && webhook_enabled;
}

interface ReplayForecastProps {
  workspace: Workspace;
  /** undefined until it is known. */
  count: number | undefined;
  failure: Error | null;
  onRetry: () => void;
}

/** What a replay would do, or what is in its way. */
export function ReplayForecast({ workspace, count, failure, onRetry }: ReplayForecastProps) {
  if (!mayReplay(workspace)) return <Silence workspace={workspace} />;
  if (count === undefined && failure) return <FailureNote error={failure} onRetry={onRetry} />;
  if (count === undefined)
    return (
      <Text size="sm" c="dimmed" role="status">
        Counting …
      </Text>
    );
  if (count === 0) return <NothingKept workspace={workspace.location_id} />;
  return (
    <Alert color="blue" variant="light" role="status">
      {countUp(count)} {count === 1 ? 'event goes' : 'events go'} out again: in order within each
      conversation, with the webhook-id of before, so that a receiver knows what it took already.
    </Alert>
  );
}

function Silence({ workspace: { location_id, url, webhook_disabled_reason } }: { workspace: Workspace }) {
  if (url === null)
    return (
      <Alert color="orange" variant="light" role="status" title="The workspace has no webhook URL">
        Events go out again once it has one:{' '}
        <Link to={`/workspaces?edit=${encodeURIComponent(location_id)}`}>give it a URL</Link>.
      </Alert>
    );
  return (
    <Alert color="red" variant="light" role="status" title="The webhook is switched off">
      <Text size="sm">
        {webhook_disabled_reason !== null && (
          <>
            <PlainText text={webhook_disabled_reason} />{' '}
          </>
        )}
        Nothing goes out before it is on again.
      </Text>
      <Group mt="sm">
        <SwitchOn workspace={location_id} onDone={() => tellDone('The webhook is switched on.')} />
      </Group>
    </Alert>
  );
}

function NothingKept({ workspace }: { workspace: string }) {
  const { data: pending = '0' } = usePendingEvents(workspace);
  return (
    <Alert color="gray" variant="light" role="status">
      Nothing of that kind is kept from this time on.
      {pending !== '0' && (
        <>
          {' '}
          {pending === '1' ? '1 event is pending: it is' : `${pending} events are pending: they are`} tried by
          the hub itself, again and again.
          <Group mt="sm">
            <TryAll workspace={workspace} />
          </Group>
        </>
      )}
    </Alert>
  );
}
