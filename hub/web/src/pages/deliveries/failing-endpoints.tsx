import { Anchor, Button, Group, Text } from '@mantine/core';
import { Link } from 'react-router';
import { type Notice, useOpenNotices, useReplayable } from '../../api/deliveries.ts';
import { Panel } from '../../ui/panel.tsx';
import { PlainText } from '../../ui/plain-text.tsx';
import { Badge } from '../../ui/status-badge.tsx';
import { Time } from '../../ui/time.tsx';
import { countUp } from './count-up.ts';
import classes from './deliveries.module.css';
import { offerReplay, SwitchOn } from './switch-on.tsx';
import { TryAll } from './try-all.tsx';

/** What is kept for each is counted so often. */
const COUNT_EVERY_MS = 60_000;

interface FailingEndpointsProps {
  workspace: string | undefined;
  onReplay: (workspace: string) => void;
}

/** What is in the way comes first: webhooks that fail, and those that were switched off for it. */
export function FailingEndpoints({ workspace, onReplay }: FailingEndpointsProps) {
  const { data: notices = [] } = useOpenNotices(workspace);
  if (notices.length === 0) return null;
  const sorted = notices.toSorted((a, b) => a.kind.localeCompare(b.kind) || a.since.localeCompare(b.since));
  return (
    <Panel
      title={notices.length === 1 ? '1 webhook fails' : `${notices.length} webhooks fail`}
      description="Their events wait, or are only recorded, until the receiver takes them again."
    >
      <ul className={classes.endpoints}>
        {sorted.map((notice) => (
          <Endpoint key={notice.id} notice={notice} onReplay={onReplay} />
        ))}
      </ul>
    </Panel>
  );
}

interface EndpointProps {
  notice: Notice;
  onReplay: (workspace: string) => void;
}

function Endpoint({ notice: { kind, location_id, workspace, since, detail }, onReplay }: EndpointProps) {
  const { data: kept } = useReplayable(location_id, undefined, COUNT_EVERY_MS);
  const isOff = kind === 'webhook_disabled';
  return (
    <li className={classes.endpoint}>
      <div className={classes.endpointWhat}>
        <Group gap="xs">
          <Anchor
            component={Link}
            to={`/workspaces?edit=${encodeURIComponent(location_id)}`}
            size="sm"
            fw={550}
          >
            <PlainText text={workspace} />
          </Anchor>
          <Badge tone={isOff ? 'bad' : 'warn'}>
            {isOff ? 'Switched off' : 'Failing'} since <Time at={since} isSince />
          </Badge>
        </Group>
        <Text size="sm" c="dimmed" component="div" mt={2}>
          <PlainText text={detail} />
          {kept && (kept.dead > 0 || kept.recorded > 0) && (
            <>
              {' '}
              Dead letters: {countUp(kept.dead)}. Recorded only: {countUp(kept.recorded)}.
            </>
          )}
        </Text>
      </div>
      <Group gap={6}>
        <Button
          component={Link}
          to={`/deliveries?workspace=${encodeURIComponent(location_id)}`}
          size="xs"
          variant="subtle"
        >
          Its events
        </Button>
        {!isOff && <TryAll workspace={location_id} />}
        {isOff && <SwitchOn workspace={location_id} onDone={offerReplay} />}
        {!isOff && kept && kept.dead + kept.recorded > 0 && (
          <Button size="xs" variant="default" onClick={() => onReplay(location_id)}>
            Replay…
          </Button>
        )}
      </Group>
    </li>
  );
}
