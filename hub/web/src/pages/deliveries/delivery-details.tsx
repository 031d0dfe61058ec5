import { Anchor, Group, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { DeliveryWithAttempts } from '../../api/deliveries.ts';
import { CodeBlock } from '../../ui/copy.tsx';
import { formatJson } from '../../ui/odd-characters.ts';
import { StatusBadge } from '../../ui/status-badge.tsx';
import { Time } from '../../ui/time.tsx';
import { Attempts } from './attempts.tsx';
import classes from './deliveries.module.css';
import { nameEvent } from './name-event.ts';

interface DeliveryDetailsProps {
  delivery: DeliveryWithAttempts;
  linkTo: string;
}

/** One webhook event among others: what was told, and each attempt to. */
export function DeliveryDetails({ delivery, linkTo }: DeliveryDetailsProps) {
  const { status, payload, attempt_log, next_attempt_at } = delivery;
  return (
    <article className={classes.delivery}>
      <Group justify="space-between" gap="xs">
        <Group gap="sm">
          <Anchor component={Link} to={linkTo} size="sm" fw={550}>
            {nameEvent(delivery)}
          </Anchor>
          <StatusBadge status={status} />
        </Group>
        <NextAttempt status={status} at={next_attempt_at} />
      </Group>
      <Attempts attempts={attempt_log} />
      <details className={classes.more}>
        <summary>Body of the request</summary>
        <CodeBlock value={formatJson(payload)} label="the body" />
      </details>
    </article>
  );
}

interface NextAttemptProps {
  status: string;
  at: string | null;
}

/** When it is tried next, and why it is not where there is no time. */
export function NextAttempt({ status, at }: NextAttemptProps) {
  if (status !== 'pending') return null;
  return (
    <Text size="sm" c="dimmed">
      {at === null ? (
        'Waits for the event before it'
      ) : (
        <>
          Next attempt <Time at={at} />
        </>
      )}
    </Text>
  );
}
