import { SegmentedControl, Stack, Text } from '@mantine/core';
import { type Overview, useOverview } from '../../api/overview.ts';
import { useWorkspaces } from '../../api/workspaces.ts';
import { FilterSelect } from '../../ui/filter-bar.tsx';
import { useFilters } from '../../ui/filters.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { useNow } from '../../ui/time.tsx';
import { DevicesPanel } from './devices-panel.tsx';
import { FirstSteps } from './first-steps.tsx';
import { LatencyPanel } from './latency-panel.tsx';
import classes from './overview.module.css';
import { RANGES, rangeOf } from './ranges.ts';
import { Tiles } from './tiles.tsx';
import { TrafficChart } from './traffic-chart.tsx';
import { WebhooksPanel } from './webhooks-panel.tsx';

const FILTERS = ['range', 'workspace'] as const;

export function OverviewPage() {
  const { values, set } = useFilters(FILTERS);
  const range = rangeOf(values.range);
  const since = range.begin(new Date(useNow())).toISOString();
  const overview = useOverview({ since, bucket_minutes: range.bucket, workspace: values.workspace });
  return (
    <>
      <PageHeader
        title="Overview"
        description="What became of the messages of this time, as they stand now."
        actions={<WorkspaceChoice value={values.workspace} onChange={(workspace) => set({ workspace })} />}
      />
      <Stack gap="lg">
        <FirstSteps />
        <div>
          <SegmentedControl
            data={RANGES.map(({ value, label }) => ({ value, label }))}
            value={range.value}
            onChange={(value) => set({ range: value === 'today' ? null : value })}
            aria-label="Time"
            className={classes.ranges}
          />
        </div>
        <QueryView query={overview}>
          {(found) => (
            <Figures
              overview={found}
              since={since}
              workspace={values.workspace}
              bucket={range.bucket}
              isStale={overview.isPlaceholderData}
            />
          )}
        </QueryView>
      </Stack>
    </>
  );
}

interface WorkspaceChoiceProps {
  value: string | undefined;
  onChange: (value: string | null) => void;
}

/** Only where there is a choice. */
function WorkspaceChoice({ value, onChange }: WorkspaceChoiceProps) {
  const { data: workspaces = [] } = useWorkspaces();
  if (workspaces.length < 2 && value === undefined) return null;
  return (
    <FilterSelect
      label="Workspace"
      any="All workspaces"
      value={value}
      choices={workspaces.map(({ location_id, name }) => ({ value: location_id, label: name }))}
      onChange={onChange}
    />
  );
}

interface FiguresProps {
  overview: Overview;
  since: string;
  workspace: string | undefined;
  bucket: number;
  isStale: boolean;
}

function Figures({ overview, since, workspace, bucket, isStale }: FiguresProps) {
  return (
    <div className={classes.figures} data-stale={isStale || undefined} aria-busy={isStale}>
      {overview.truncated && (
        <Text size="sm" c="dimmed" role="note">
          There are more messages in this time than are counted at once: these are the newest of them.
        </Text>
      )}
      <Tiles totals={overview.totals} since={since} workspace={workspace} />
      <TrafficChart series={overview.series} bucket={bucket} />
      <div className={classes.columns}>
        <LatencyPanel latency={overview.latency} />
        <WebhooksPanel webhooks={overview.webhooks} workspace={workspace} />
      </div>
      <DevicesPanel traffic={overview.devices} workspace={workspace} />
    </div>
  );
}
