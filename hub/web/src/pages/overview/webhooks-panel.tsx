import { Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useOpenNotices } from '../../api/deliveries.ts';
import type { Overview } from '../../api/overview.ts';
import { Panel } from '../../ui/panel.tsx';
import { PlainText } from '../../ui/plain-text.tsx';
import { Badge } from '../../ui/status-badge.tsx';
import { Time } from '../../ui/time.tsx';
import { countUp } from '../deliveries/count-up.ts';
import classes from './overview.module.css';

/** Failing ones that are named here; the page of deliveries has all. */
const MOST_NAMED = 5;

interface WebhooksPanelProps {
  webhooks: Overview['webhooks'];
  workspace: string | undefined;
}

/** How clients' webhooks do now. */
export function WebhooksPanel({
  webhooks: { failing, disabled, pending, dead, recorded },
  workspace,
}: WebhooksPanelProps) {
  const { data: notices = [] } = useOpenNotices(workspace);
  const listed = (status: string): string =>
    `/deliveries?${new URLSearchParams({ status, ...(workspace !== undefined && { workspace }) })}`;
  return (
    <Panel
      title="Webhooks"
      description="Now, whatever the time above."
      actions={
        <Anchor component={Link} to="/deliveries" size="sm">
          Deliveries
        </Anchor>
      }
    >
      <dl className={classes.counts}>
        <Count label="Failing" count={failing} to="/deliveries" isBad />
        <Count label="Switched off" count={disabled} to="/workspaces" isBad />
        <Count label="Pending events" count={pending} to={listed('pending')} />
        <Count label="Dead letters" count={dead} to={listed('dead')} isBad />
        <Count label="Recorded only" count={recorded} to={listed('recorded')} />
      </dl>
      {notices.length > 0 && (
        <ul className={classes.notices}>
          {notices.slice(0, MOST_NAMED).map(({ id, kind, workspace: name, location_id, since, detail }) => (
            <li key={id}>
              <Anchor
                component={Link}
                to={`/deliveries?${new URLSearchParams({ workspace: location_id })}`}
                size="sm"
                fw={550}
              >
                <PlainText text={name} />
              </Anchor>{' '}
              <Badge tone={kind === 'webhook_disabled' ? 'bad' : 'warn'}>
                {kind === 'webhook_disabled' ? 'Switched off' : 'Failing'} since <Time at={since} isSince />
              </Badge>
              <Text size="xs" c="dimmed" component="div">
                <PlainText text={detail} />
              </Text>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

interface CountProps {
  label: string;
  count: number;
  to: string;
  isBad?: true;
}

function Count({ label, count, to, isBad }: CountProps) {
  return (
    <div>
      <dt>{label}</dt>
      <dd data-bad={(isBad && count > 0) || undefined}>
        <Link to={to}>{countUp(count)}</Link>
      </dd>
    </div>
  );
}
