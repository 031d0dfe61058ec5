import { Alert, Anchor, Stack, Text } from '@mantine/core';
import { IconHourglass } from '@tabler/icons-react';
import { Link, useParams } from 'react-router';
import { type MessageWithTimeline, useMessage } from '../../api/messages.ts';
import { pathOf } from '../../api/request.ts';
import { Attachments } from '../../ui/attachments.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { Panel } from '../../ui/panel.tsx';
import { PlainText } from '../../ui/plain-text.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { StatusBadge } from '../../ui/status-badge.tsx';
import { DeliveryDetails } from '../deliveries/delivery-details.tsx';
import { MessageActions } from './message-actions.tsx';
import { MessageFacts } from './message-facts.tsx';
import classes from './messages.module.css';
import { Timeline } from './timeline.tsx';

export function MessagePage() {
  const { id = '' } = useParams();
  const message = useMessage(id);
  return (
    <>
      <PageHeader
        title={titleOf(message.data)}
        back={{ to: '/messages', label: 'Messages' }}
        beside={message.data && <StatusBadge status={message.data.status} />}
        actions={message.data && <MessageActions message={message.data} />}
      />
      <QueryView query={message}>{(found) => <Details message={found} />}</QueryView>
    </>
  );
}

function titleOf(message: MessageWithTimeline | undefined): string {
  if (message === undefined) return 'Message';
  if (message.from_me) return 'Message typed on the device';
  return message.direction === 'out' ? 'Message sent by a client' : 'Message received';
}

function Details({ message }: { message: MessageWithTimeline }) {
  return (
    <Stack gap="lg">
      {message.waiting_for && (
        <Alert
          color="orange"
          variant="light"
          title="Why it waits"
          icon={<IconHourglass size={18} aria-hidden />}
        >
          <PlainText text={message.waiting_for.message} />
        </Alert>
      )}
      {message.error && (
        <Alert color="red" variant="light" title="Why it failed">
          <Text size="sm" component="div">
            <PlainText text={message.error.message} /> <code>{message.error.code}</code>
          </Text>
        </Alert>
      )}
      <div className={classes.columns}>
        <Stack gap="lg">
          <Panel title="Text">
            <Content message={message} />
          </Panel>
          <Panel title="Timeline" description="Each hop, with the time since the one before.">
            <Timeline message={message} />
          </Panel>
        </Stack>
        <Panel title="Facts">
          <MessageFacts message={message} />
        </Panel>
      </div>
      <WebhookEvents message={message} />
    </Stack>
  );
}

function Content({ message: { message, attachments } }: { message: MessageWithTimeline }) {
  return (
    <Stack gap="sm">
      {message === '' ? (
        <Text c="dimmed" size="sm">
          No text
        </Text>
      ) : (
        <PlainText text={message} />
      )}
      <Attachments addresses={attachments} />
    </Stack>
  );
}

function WebhookEvents({
  message: { id, deliveries, location_id, status },
}: {
  message: MessageWithTimeline;
}) {
  return (
    <Panel
      title="Webhook events"
      description={
        deliveries.length === 0
          ? noEvents(location_id, status)
          : 'What the workspace was told of it, with each attempt to deliver that.'
      }
      actions={
        deliveries.length > 0 && (
          <Anchor component={Link} to={`/deliveries?message=${encodeURIComponent(id)}`} size="sm">
            In the list of deliveries
          </Anchor>
        )
      }
    >
      {deliveries.length > 0 && (
        <Stack gap="md">
          {deliveries.map((delivery) => (
            <DeliveryDetails
              key={delivery.id}
              delivery={delivery}
              linkTo={pathOf`/deliveries/${delivery.id}`}
            />
          ))}
        </Stack>
      )}
    </Panel>
  );
}

/** With any of these its client was told something. */
const TOLD_OF = new Set<MessageWithTimeline['status']>(['SENT', 'DELIVERED', 'READ', 'FAILED', 'RECEIVED']);

function noEvents(location_id: string | null, status: MessageWithTimeline['status']): string {
  return location_id === null
    ? 'It belongs to no workspace, so nobody was told of it.'
    : TOLD_OF.has(status)
      ? 'No event about it is kept: events go before their messages do, and with their workspace.'
      : 'Nothing has been told yet: that begins with SENT, DELIVERED or FAILED.';
}
