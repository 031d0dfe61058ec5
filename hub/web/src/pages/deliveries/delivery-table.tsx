import { Anchor, Button, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link } from 'react-router';
import { type Delivery, retryDelivery } from '../../api/deliveries.ts';
import { refresh } from '../../api/query-client.ts';
import { pathOf } from '../../api/request.ts';
import { useWorkspaceNames } from '../../api/workspaces.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { tellDone, tellFailure } from '../../ui/notices.ts';
import { PlainText } from '../../ui/plain-text.tsx';
import { ChangedBadge, StatusBadge } from '../../ui/status-badge.tsx';
import { Time } from '../../ui/time.tsx';
import ui from '../../ui/ui.module.css';
import classes from './deliveries.module.css';
import { nameEvent } from './name-event.ts';

interface DeliveryTableProps {
  deliveries: readonly Delivery[];
  /** Those that are no longer as they stand here. */
  gone: ReadonlySet<Delivery>;
  isStale: boolean;
  onRetried: () => void;
}

export function DeliveryTable({ deliveries, gone, isStale, onRetried }: DeliveryTableProps) {
  const names = useWorkspaceNames();
  const columns: Column<Delivery>[] = [
    {
      key: 'event',
      label: 'Event',
      role: 'title',
      width: 200,
      show: (delivery) => <Event delivery={delivery} />,
    },
    {
      key: 'workspace',
      label: 'Workspace',
      width: 150,
      show: ({ location_id }) => (
        <div className={classes.workspace}>
          <PlainText text={names.get(location_id) ?? `${location_id.slice(0, 8)}…`} isLine />
        </div>
      ),
    },
    {
      key: 'status',
      label: 'Status',
      width: 120,
      show: (delivery) => (gone.has(delivery) ? <ChangedBadge /> : <Status delivery={delivery} />),
    },
    {
      key: 'error',
      label: 'Last error',
      clips: true,
      show: ({ last_error }) => <LastError error={last_error} />,
    },
    {
      key: 'next',
      label: 'Next attempt',
      width: 1,
      show: (delivery) => !gone.has(delivery) && <Next delivery={delivery} />,
    },
    { key: 'at', label: 'Created', width: 1, show: ({ created_at }) => <Time at={created_at} /> },
    {
      key: 'actions',
      label: 'Actions',
      role: 'actions',
      align: 'right',
      width: 90,
      show: (delivery) => !gone.has(delivery) && <TryNow delivery={delivery} onDone={onRetried} />,
    },
  ];
  return (
    <DataTable
      label="Webhook events"
      columns={columns}
      rows={deliveries}
      keyOf={({ id }) => id}
      isStale={isStale}
    />
  );
}

function Event({ delivery }: { delivery: Delivery }) {
  const { phone } = delivery;
  return (
    <div>
      <Anchor
        component={Link}
        to={pathOf`/deliveries/${delivery.id}`}
        size="sm"
        fw={500}
        c="bright"
        style={{ whiteSpace: 'nowrap' }}
      >
        {nameEvent(delivery)}
      </Anchor>
      <Text size="xs" c="dimmed" component="div" className={classes.phone}>
        <PlainText text={phone.startsWith('group:') ? 'A group' : phone} isLine />
      </Text>
    </div>
  );
}

function Status({ delivery: { status, attempts } }: { delivery: Delivery }) {
  return (
    <div>
      <StatusBadge status={status} />
      <Text size="xs" c="dimmed" mt={1}>
        {attempts === 1 ? '1 attempt' : `${attempts} attempts`}
      </Text>
    </div>
  );
}

function LastError({ error }: { error: string | null }) {
  if (error === null) return <Text c="dimmed">–</Text>;
  return (
    <span title={error} className={`${ui.twoLines} ${classes.lastError}`}>
      <PlainText text={error} />
    </span>
  );
}

function Next({ delivery: { status, next_attempt_at } }: { delivery: Delivery }) {
  if (status !== 'pending') return <Text c="dimmed">–</Text>;
  if (next_attempt_at === null)
    return (
      <Text size="sm" c="dimmed" title="It follows the event before it in its conversation">
        In line
      </Text>
    );
  return <Time at={next_attempt_at} />;
}

/** What was delivered is sent again from its own page, where the warning has room. */
function TryNow({ delivery, onDone }: { delivery: Delivery; onDone: () => void }) {
  const { id, status } = delivery;
  const { mutate, isPending } = useMutation({
    mutationFn: () => retryDelivery(id, false),
    onSuccess: async () => {
      tellDone('It is tried now, after the events before it; what comes of it stands here.');
      await refresh('deliveries');
      onDone();
    },
    onError: tellFailure,
  });
  if (status === 'delivered') return null;
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      fw={500}
      loading={isPending}
      onClick={() => mutate()}
      aria-label={`Try now: ${nameEvent(delivery)}`}
    >
      Try now
    </Button>
  );
}
