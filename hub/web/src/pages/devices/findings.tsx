import { Button, Text } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import { useState } from 'react';
import type { Finding } from '../../../../../shared/wire/health.ts';
import type { Device } from '../../api/devices.ts';
import { Panel } from '../../ui/panel.tsx';
import classes from './devices.module.css';

/** What the device found about itself: what is wrong first, each with its remedy. */
export function Findings({ device: { findings, paired_at } }: { device: Device }) {
  const [showsAll, setShowsAll] = useState(false);
  const wrong = findings.filter(({ ok }) => !ok);
  const fine = findings.filter(({ ok }) => ok);
  return (
    <Panel
      title="Health"
      actions={
        fine.length > 0 && (
          <Button
            size="compact-xs"
            variant="subtle"
            onClick={() => setShowsAll(!showsAll)}
            aria-expanded={showsAll}
          >
            {showsAll ? 'Only what is wrong' : `Show all ${findings.length} checks`}
          </Button>
        )
      }
    >
      {wrong.length === 0 && (
        <Text size="sm" c="dimmed">
          {findings.length > 0
            ? 'Nothing is wrong with it.'
            : paired_at === null
              ? 'It tells of itself once it has paired.'
              : 'It has not told of itself yet: it does when its bridge runs.'}
        </Text>
      )}
      <ul className={classes.findings}>
        {[...wrong, ...(showsAll ? fine : [])].map((finding) => (
          <Line key={finding.check} finding={finding} />
        ))}
      </ul>
    </Panel>
  );
}

function Line({ finding: { ok, check, message, remedy, blocks_sending } }: { finding: Finding }) {
  return (
    <li className={classes.finding}>
      <Mark ok={ok} blocks={blocks_sending === true} />
      <div>
        <Text size="sm" fw={ok ? 400 : 600}>
          {message}
        </Text>
        {!ok && blocks_sending && (
          <Text size="sm" c="red.7">
            While this is so it cannot send.
          </Text>
        )}
        {!ok && remedy && <Text size="sm">{remedy}</Text>}
        <Text size="xs" c="dimmed">
          {check}
        </Text>
      </div>
    </li>
  );
}

function Mark({ ok, blocks }: { ok: boolean; blocks: boolean }) {
  if (ok) return <IconCircleCheck size={18} color="var(--mantine-color-green-6)" aria-label="Fine" />;
  if (blocks) return <IconCircleX size={18} color="var(--mantine-color-red-6)" aria-label="Blocks sending" />;
  return <IconAlertTriangle size={18} color="var(--mantine-color-orange-5)" aria-label="Wrong" />;
}
