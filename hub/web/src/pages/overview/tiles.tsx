import { Text } from '@mantine/core';
import { Link } from 'react-router';
import type { Overview } from '../../api/overview.ts';
import classes from './overview.module.css';

interface TilesProps {
  totals: Overview['totals'];
  since: string;
  workspace: string | undefined;
}

interface Tile {
  label: string;
  count: number;
  note: string;
  tone: string;
  query: Record<string, string>;
}

/** The totals, each leading to what it counts. */
export function Tiles({ totals, since, workspace }: TilesProps) {
  const common = { since, ...(workspace !== undefined && { workspace }) };
  return (
    <ul className={classes.tiles} aria-label="Totals">
      {listTiles(totals).map(({ label, count, note, tone, query }) => (
        <li key={label}>
          <Link
            to={`/messages?${new URLSearchParams({ ...query, ...common })}`}
            className={classes.tile}
            data-tone={tone}
            data-none={count === 0 || undefined}
          >
            <span className={classes.tileLabel}>{label}</span>
            <span className={classes.tileCount}>{count.toLocaleString()}</span>
            <Text size="xs" c="dimmed" component="span">
              {note}
            </Text>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function listTiles(totals: Overview['totals']): Tile[] {
  const { queued, dispatched, sent, delivered, read, failed, canceled, received } = totals;
  const arrived = delivered + read;
  const gone = sent + arrived;
  return [
    {
      label: 'Queued',
      count: queued + dispatched,
      note: dispatched === 0 ? 'none on a device' : `${dispatched.toLocaleString()} of them on a device`,
      tone: 'warn',
      query: { status: 'QUEUED,DISPATCHED' },
    },
    {
      label: 'Sent',
      count: gone,
      // Some channels never bring one.
      note:
        gone === 0
          ? 'none yet'
          : sent === 0
            ? 'all with a receipt'
            : `${sent.toLocaleString()} without a receipt`,
      tone: 'busy',
      query: { status: 'SENT,DELIVERED,READ' },
    },
    {
      label: 'Delivered',
      count: arrived,
      note: gone === 0 ? 'nothing sent' : `${shareOf(arrived, gone)} of the sent`,
      tone: 'good',
      query: { status: 'DELIVERED,READ' },
    },
    {
      label: 'Failed',
      count: failed,
      note: canceled === 0 ? 'none canceled' : `${canceled.toLocaleString()} of them canceled`,
      tone: 'bad',
      query: { status: 'FAILED' },
    },
    {
      label: 'Received',
      count: received,
      note: 'from people',
      tone: 'good',
      query: { status: 'RECEIVED', from_me: 'false' },
    },
  ];
}

function shareOf(part: number, whole: number): string {
  const percent = (part / whole) * 100;
  // Not "100 %" while some are missing.
  return `${percent > 99.5 && part < whole ? '>99' : Math.round(percent)} %`;
}
