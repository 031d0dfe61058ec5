import { Alert, Anchor, Stack, Text } from '@mantine/core';
import { IconRepeat } from '@tabler/icons-react';
import { Link, useParams } from 'react-router';
import { type DeliveryWithAttempts, retryDelivery, useDelivery } from '../../api/deliveries.ts';
import { refresh } from '../../api/query-client.ts';
import { pathOf } from '../../api/request.ts';
import { CodeBlock, Copyable } from '../../ui/copy.tsx';
import { Facts } from '../../ui/facts.tsx';
import { ForcedAction } from '../../ui/forced-action.tsx';
import { tellDone } from '../../ui/notices.ts';
import { formatJson } from '../../ui/odd-characters.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { Panel } from '../../ui/panel.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { StatusBadge } from '../../ui/status-badge.tsx';
import { Time } from '../../ui/time.tsx';
import { WorkspaceLink } from '../messages/message-facts.tsx';
import columns from '../messages/messages.module.css';
import { Attempts } from './attempts.tsx';
import { NextAttempt } from './delivery-details.tsx';
import { nameEvent } from './name-event.ts';
import { RequestHead } from './request-head.tsx';

export function DeliveryPage() {
  const { id = '' } = useParams();
  const delivery = useDelivery(id);
  return (
    <>
      <PageHeader
        title={delivery.data ? nameEvent(delivery.data) : 'Webhook event'}
        back={{ to: '/deliveries', label: 'Deliveries' }}
        beside={delivery.data && <StatusBadge status={delivery.data.status} />}
        actions={delivery.data && <RetryButton delivery={delivery.data} />}
      />
      <QueryView query={delivery}>{(found) => <Details delivery={found} />}</QueryView>
    </>
  );
}

function Details({ delivery }: { delivery: DeliveryWithAttempts }) {
  return (
    <Stack gap="lg">
      <Standing delivery={delivery} />
      <div className={columns.columns}>
        <Stack gap="lg">
          <Panel
            title="Attempts"
            actions={<NextAttempt status={delivery.status} at={delivery.next_attempt_at} />}
          >
            <Attempts attempts={delivery.attempt_log} />
          </Panel>
          <Panel title="Request">
            <Stack gap="md">
              <RequestHead workspace={delivery.location_id} />
              <CodeBlock value={formatJson(delivery.payload)} label="the body" />
            </Stack>
          </Panel>
        </Stack>
        <Panel title="Facts">
          <DeliveryFacts delivery={delivery} />
        </Panel>
      </div>
    </Stack>
  );
}

const STANDINGS: Record<string, [color: string, title: string, text: string]> = {
  dead: [
    'red',
    'Dead letter',
    'The last attempt of its schedule failed. It is kept: try it again once the receiver works.',
  ],
  recorded: [
    'gray',
    'Recorded only',
    'The webhook had no URL, or was switched off. It is kept, and can be sent once there is one that works.',
  ],
};

function Standing({ delivery: { status } }: { delivery: DeliveryWithAttempts }) {
  const [color, title, text] = STANDINGS[status] ?? [];
  if (text === undefined) return null;
  return (
    <Alert color={color} variant="light" title={title}>
      <Text size="sm">{text}</Text>
    </Alert>
  );
}

function DeliveryFacts({ delivery }: { delivery: DeliveryWithAttempts }) {
  const { location_id, message, type, attempts, webhook_id, created_at } = delivery;
  return (
    <Facts
      facts={[
        ['Workspace', <WorkspaceLink key="workspace" id={location_id} />],
        [
          'About',
          message !== null && (
            <Anchor key="message" component={Link} to={pathOf`/messages/${message}`} size="sm">
              Show the message
            </Anchor>
          ),
        ],
        ['Type', <code key="type">{type}</code>],
        ['Attempts', attempts],
        ['webhook-id', <Copyable key="id" value={webhook_id} label="the webhook-id" shown={18} />],
        ['Created', <Time key="created" at={created_at} as="absolute" />],
      ]}
    />
  );
}

function RetryButton({ delivery: { id, status } }: { delivery: DeliveryWithAttempts }) {
  return (
    <ForcedAction
      leftSection={<IconRepeat size={16} aria-hidden />}
      variant={status === 'delivered' ? 'default' : 'filled'}
      verb="Send it once more"
      run={(force) => retryDelivery(id, force)}
      onDone={async () => {
        tellDone('It is tried now, after the events before it; what comes of it stands here.');
        await refresh('deliveries', 'messages');
      }}
    >
      {status === 'delivered' ? 'Send again' : 'Try now'}
    </ForcedAction>
  );
}
