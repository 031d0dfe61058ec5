import { Button } from '@mantine/core';
import { IconAdjustmentsHorizontal } from '@tabler/icons-react';
import { useState } from 'react';
import { useDevices } from '../../api/devices.ts';
import { useWorkspaces } from '../../api/workspaces.ts';
import { FilterBar, FilterSelect, FilterText, FilterTime } from '../../ui/filter-bar.tsx';
import type { Filters } from '../../ui/filters.ts';
import { CHANNEL_CHOICES, DIRECTIONS, ECHOES, type FILTERS, statusChoices } from './filter.ts';

interface MessageFiltersProps {
  filters: Filters<(typeof FILTERS)[number]>;
}

export function MessageFilters({ filters }: MessageFiltersProps) {
  const { values, isFiltered, set, clear } = filters;
  const { data: workspaces = [] } = useWorkspaces();
  const { direction, from_me, channel, device, since, until } = values;
  const more = [direction, from_me, channel, device, since, until];
  const active = more.filter((value) => value !== undefined).length;
  const [isOpen, setOpen] = useState(active > 0);
  return (
    <FilterBar isFiltered={isFiltered} onClear={clear}>
      <FilterText
        isSearch
        label="Search"
        placeholder="message_id or phone"
        value={values.q ?? values.phone ?? values.conversation}
        onChange={(q) => set({ q, phone: null, conversation: null })}
      />
      <FilterSelect
        label="Workspace"
        any="All workspaces"
        value={values.workspace}
        choices={workspaces.map(({ location_id, name }) => ({ value: location_id, label: name }))}
        onChange={(workspace) => set({ workspace })}
      />
      <FilterSelect
        label="Status"
        any="Any status"
        value={values.status}
        choices={statusChoices(values.status)}
        onChange={(status) => set({ status })}
      />
      {isOpen && <MoreFilters filters={filters} />}
      <Button
        variant="default"
        leftSection={<IconAdjustmentsHorizontal size={16} aria-hidden />}
        onClick={() => setOpen(!isOpen)}
        aria-expanded={isOpen}
      >
        {isOpen ? 'Fewer filters' : active > 0 ? `More filters (${active})` : 'More filters'}
      </Button>
    </FilterBar>
  );
}

function MoreFilters({ filters: { values, set } }: MessageFiltersProps) {
  const { data: devices = [] } = useDevices();
  return (
    <>
      <FilterSelect
        label="Direction"
        any="Both ways"
        value={values.direction}
        choices={DIRECTIONS}
        onChange={(direction) => set({ direction })}
      />
      <FilterSelect
        label="Typed on the device"
        any="Included"
        value={values.from_me}
        choices={ECHOES}
        onChange={(from_me) => set({ from_me })}
      />
      <FilterSelect
        label="Channel"
        any="Any channel"
        value={values.channel}
        choices={CHANNEL_CHOICES}
        onChange={(channel) => set({ channel })}
      />
      <FilterSelect
        label="Device"
        any="All devices"
        value={values.device}
        choices={devices.map(({ id, name }) => ({ value: id, label: name }))}
        onChange={(device) => set({ device })}
      />
      <FilterTime label="From" value={values.since} onChange={(since) => set({ since })} />
      <FilterTime label="Until" value={values.until} onChange={(until) => set({ until })} />
    </>
  );
}
