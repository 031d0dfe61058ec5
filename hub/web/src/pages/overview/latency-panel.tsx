import { Text } from '@mantine/core';
import type { Overview } from '../../api/overview.ts';
import { formatDuration } from '../../ui/duration.ts';
import { Panel } from '../../ui/panel.tsx';
import classes from './overview.module.css';

type Latency = Overview['latency'];

const LINES: [key: keyof Latency, label: string, one: string][] = [
  ['to_sent', 'Accepted to sent', 'message'],
  ['to_delivered', 'Sent to delivered', 'message'],
  ['webhook', 'Webhook attempts', 'attempt'],
];

/** How long things took. */
export function LatencyPanel({ latency }: { latency: Latency }) {
  return (
    <Panel title="Latency" description="Half, 95 and 99 of a hundred took no longer than this.">
      <table className={classes.latencies}>
        <thead>
          <tr>
            <th scope="col">
              <span className={classes.unseen}>What</span>
            </th>
            <th scope="col">p50</th>
            <th scope="col">p95</th>
            <th scope="col">p99</th>
          </tr>
        </thead>
        <tbody>
          {LINES.map(([key, label, one]) => (
            <tr key={key}>
              <th scope="row">
                {label}
                <Text size="xs" c="dimmed">
                  {latency[key].count.toLocaleString()} {latency[key].count === 1 ? one : `${one}s`}
                </Text>
              </th>
              <Cell ms={latency[key].p50} />
              <Cell ms={latency[key].p95} />
              <Cell ms={latency[key].p99} />
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Cell({ ms }: { ms: number | null }) {
  return <td>{ms === null ? '–' : formatDuration(ms)}</td>;
}
