import { Text, VisuallyHidden } from '@mantine/core';
import type { Overview } from '../../api/overview.ts';
import { Panel } from '../../ui/panel.tsx';
import classes from './overview.module.css';
import { StackedBars } from './stacked-bars.tsx';

type Point = Overview['series'][number];

interface TrafficChartProps {
  series: Point[];
  /** Minutes of a step. */
  bucket: number;
}

const OUTGOING = [
  { name: 'delivered', label: 'Delivered', color: 'teal-6' },
  { name: 'sent', label: 'Sent', color: 'wire-5' },
  { name: 'queued', label: 'Queued', color: 'yellow-6' },
  { name: 'failed', label: 'Failed', color: 'red-6' },
] as const;
const INCOMING = [{ name: 'received', label: 'Received', color: 'grape-5' }] as const;
const DAY_MINUTES = 1_440;
const MINUTE_MS = 60_000;

/** How many there were, over time: outgoing ones by what became of them. */
export function TrafficChart({ series, bucket }: TrafficChartProps) {
  const points = series.map((point) => ({ ...point, label: labelOf(point.at, bucket) }));
  return (
    <div className={classes.charts}>
      <Chart title="Outgoing" points={points} lines={OUTGOING} />
      <Chart title="Incoming" points={points} lines={INCOMING} />
    </div>
  );
}

interface ChartProps {
  title: string;
  points: (Point & { label: string })[];
  lines: readonly { name: keyof Point; label: string; color: string }[];
}

function Chart({ title, points, lines }: ChartProps) {
  const sumOf = (name: keyof Point): number => points.reduce((sum, point) => sum + Number(point[name]), 0);
  const sums = lines.map(({ name, label }) => `${label}: ${sumOf(name)}`).join(', ');
  const isEmpty = lines.every(({ name }) => sumOf(name) === 0);
  return (
    <Panel title={title}>
      {isEmpty ? (
        <div className={classes.noTraffic}>
          <Text size="sm" c="dimmed">
            Nothing in this time.
          </Text>
        </div>
      ) : (
        <figure className={classes.figure}>
          <VisuallyHidden component="figcaption">
            {title} over time, {points.length} steps. {sums}.
          </VisuallyHidden>
          <div aria-hidden>
            <StackedBars
              steps={points}
              parts={lines.map((line) => ({
                ...line,
                counts: points.map((point) => Number(point[line.name])),
              }))}
            />
            {lines.length > 1 && <Legend lines={lines} />}
          </div>
        </figure>
      )}
    </Panel>
  );
}

function Legend({ lines }: Pick<ChartProps, 'lines'>) {
  return (
    <ul className={classes.legend}>
      {lines.map(({ name, label, color }) => (
        <li key={name}>
          <span style={{ background: `var(--mantine-color-${color})` }} />
          {label}
        </li>
      ))}
    </ul>
  );
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const DAY_AND_CLOCK = new Intl.DateTimeFormat(undefined, { weekday: 'short', hour: '2-digit' });
const DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

/** In the viewer's zone. */
function labelOf(at: string, bucket: number): string {
  const begin = Date.parse(at);
  // By its middle: all steps are of one length, so after a change of clocks they begin an hour beside midnight.
  if (bucket >= DAY_MINUTES) return DAY.format(begin + (bucket * MINUTE_MS) / 2);
  return (bucket > 60 ? DAY_AND_CLOCK : CLOCK).format(begin);
}
