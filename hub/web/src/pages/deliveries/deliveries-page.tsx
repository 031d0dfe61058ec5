import { Button, Stack, Tabs } from '@mantine/core';
import { IconHistory, IconWebhook, IconWebhookOff } from '@tabler/icons-react';
import { useState } from 'react';
import { type Delivery, type DeliveryFilter, useDeliveries } from '../../api/deliveries.ts';
import type { Page } from '../../api/request.ts';
import { useWorkspaces } from '../../api/workspaces.ts';
import { EmptyNote } from '../../ui/empty-note.tsx';
import { EndNote } from '../../ui/end-note.tsx';
import { FilterBar, FilterSelect, FilterTime } from '../../ui/filter-bar.tsx';
import { type Filters, useDialogs, useFilters } from '../../ui/filters.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { OlderButton, Pager, useCursor } from '../../ui/pager.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { SteadyRows } from '../../ui/steady-rows.tsx';
import { DeliveryTable } from './delivery-table.tsx';
import { FailingEndpoints } from './failing-endpoints.tsx';
import { EVENT_TYPES } from './name-event.ts';
import { ReplayDialog } from './replay-dialog.tsx';

const FILTERS = ['status', 'workspace', 'type', 'message', 'since', 'until'] as const;
const DIALOGS = ['replay'] as const;
const ALL = 'all';
const TABS = [
  { value: ALL, label: 'All' },
  { value: 'pending', label: 'Pending' },
  { value: 'dead', label: 'Dead letters' },
  { value: 'recorded', label: 'Recorded only' },
  { value: 'delivered', label: 'Delivered' },
];

export function DeliveriesPage() {
  const filters = useFilters(FILTERS);
  const { values, set } = useDialogs(DIALOGS);
  const cursor = useCursor();
  const filter = filters.values as DeliveryFilter;
  const deliveries = useDeliveries(filter, cursor);
  // Whoever acted on a row waits to see what became of it.
  const [retries, setRetries] = useState(0);
  return (
    <>
      <PageHeader
        title="Deliveries"
        description="Webhook events on their way to the workspaces’ URLs, newest first."
        actions={
          <Button
            variant="default"
            leftSection={<IconHistory size={16} aria-hidden />}
            onClick={() => set({ replay: filter.workspace ?? ALL })}
          >
            Replay failed since…
          </Button>
        }
      />
      <Stack gap="lg">
        <FailingEndpoints workspace={filter.workspace} onReplay={(replay) => set({ replay })} />
        <div>
          <StatusTabs filters={filters} />
          <DeliveryFilters filters={filters} />
          <QueryView query={deliveries}>
            {(page) => (
              <DeliveryList
                page={page}
                view={JSON.stringify([filter, cursor, retries])}
                isStale={deliveries.isPlaceholderData}
                filters={filters}
                onRetried={() => setRetries((count) => count + 1)}
              />
            )}
          </QueryView>
        </div>
      </Stack>
      {values.replay && (
        <ReplayDialog
          workspace={values.replay === ALL ? undefined : values.replay}
          onClose={() => set({ replay: null })}
        />
      )}
    </>
  );
}

interface WithFilters {
  filters: Filters<(typeof FILTERS)[number]>;
}

function StatusTabs({ filters: { values, set } }: WithFilters) {
  return (
    <Tabs
      value={values.status ?? ALL}
      onChange={(status) => set({ status: status === ALL ? null : status })}
      mb="md"
    >
      <Tabs.List aria-label="State of the events">
        {TABS.map(({ value, label }) => (
          <Tabs.Tab key={value} value={value}>
            {label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
    </Tabs>
  );
}

function DeliveryFilters({ filters: { values, set, clear } }: WithFilters) {
  const { data: workspaces = [] } = useWorkspaces();
  const { status: _, ...others } = values;
  return (
    <FilterBar isFiltered={Object.keys(others).length > 0} onClear={clear}>
      <FilterSelect
        label="Workspace"
        any="All workspaces"
        value={values.workspace}
        choices={workspaces.map(({ location_id, name }) => ({ value: location_id, label: name }))}
        onChange={(workspace) => set({ workspace })}
      />
      <FilterSelect
        label="Event"
        any="Any event"
        value={values.type}
        choices={EVENT_TYPES}
        onChange={(type) => set({ type })}
      />
      <FilterTime label="From" value={values.since} onChange={(since) => set({ since })} />
      <FilterTime label="Until" value={values.until} onChange={(until) => set({ until })} />
    </FilterBar>
  );
}

interface DeliveryListProps extends WithFilters {
  page: Page<Delivery>;
  view: string;
  isStale: boolean;
  onRetried: () => void;
}

function DeliveryList({ page, view, isStale, filters, onRetried }: DeliveryListProps) {
  return (
    <>
      {page.items.length > 0 ? (
        <SteadyRows rows={page.items} keyOf={({ id }) => id} view={view} isStale={isStale} nameOf={nameOf}>
          {(rows, gone) => (
            <DeliveryTable deliveries={rows} gone={gone} isStale={isStale} onRetried={onRetried} />
          )}
        </SteadyRows>
      ) : (
        <NothingFound nextCursor={page.next_cursor} filters={filters} />
      )}
      <Pager nextCursor={page.next_cursor} count={page.items.length} />
    </>
  );
}

function nameOf(count: number): string {
  return count === 1 ? 'event' : 'events';
}

function NothingFound({ nextCursor, filters }: WithFilters & { nextCursor: string | null }) {
  const cursor = useCursor();
  const { status, ...others } = filters.values;
  if (nextCursor !== null)
    return (
      <EmptyNote
        icon={IconWebhookOff}
        title="Nothing found so far"
        action={<OlderButton cursor={nextCursor}>Search further back</OlderButton>}
      >
        The newest events were searched, and there are older ones.
      </EmptyNote>
    );
  if (cursor !== undefined) return <EndNote icon={IconWebhookOff} />;
  if (status === 'dead' && Object.keys(others).length === 0)
    return (
      <EmptyNote icon={IconWebhook} title="No dead letter is kept">
        An event that failed to the end of its schedule stands here, until it is sent again or forgotten with
        time.
      </EmptyNote>
    );
  return (
    <EmptyNote
      icon={IconWebhook}
      title={filters.isFiltered ? 'No event is like that' : 'No webhook event yet'}
      action={
        filters.isFiltered && (
          <Button variant="default" onClick={filters.clear}>
            Show all events
          </Button>
        )
      }
    >
      {filters.isFiltered
        ? 'Nothing fits all of these filters.'
        : 'Once a message is sent, delivered, fails or comes in, its workspace is told, and it stands here.'}
    </EmptyNote>
  );
}
