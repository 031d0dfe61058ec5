import { Text } from '@mantine/core';
import type { Attempt } from '../../api/deliveries.ts';
import { formatDuration } from '../../ui/duration.ts';
import { PlainText } from '../../ui/plain-text.tsx';
import { Badge } from '../../ui/status-badge.tsx';
import { formatMoment } from '../../ui/time.tsx';
import classes from './deliveries.module.css';
import { nameError } from './name-event.ts';

/** Each POST of an event: when, what came back, how long it took. */
export function Attempts({ attempts }: { attempts: readonly Attempt[] }) {
  if (attempts.length === 0)
    return (
      <Text size="sm" c="dimmed">
        Not attempted yet.
      </Text>
    );
  return (
    <ol className={classes.attempts} aria-label="Attempts">
      {attempts.map((attempt) => (
        <AttemptRow key={attempt.attempt} attempt={attempt} />
      ))}
    </ol>
  );
}

function AttemptRow({ attempt: { attempt, at, latency_ms, error, ...rest } }: { attempt: Attempt }) {
  const { http_status, error_message, response } = rest;
  return (
    <li className={classes.attempt}>
      <span className={classes.attemptNumber}>{attempt}</span>
      <div className={classes.attemptWhat}>
        <div className={classes.attemptLine}>
          <Badge tone={error === null ? 'good' : 'bad'}>{http_status ?? nameError(error ?? 'other')}</Badge>
          <time dateTime={at}>{formatMoment(at)}</time>
          <span className={classes.latency}>{formatDuration(latency_ms)}</span>
          {error !== null && <code>{error}</code>}
        </div>
        {error_message && (
          <Text size="sm" c="dimmed" component="div">
            <PlainText text={error_message} />
          </Text>
        )}
        {response !== null && response !== '' && (
          <details className={classes.more}>
            <summary>Answer of the receiver</summary>
            <div className={classes.response}>
              <PlainText text={response} />
            </div>
          </details>
        )}
      </div>
    </li>
  );
}
