import { Anchor, Group, Text } from '@mantine/core';
import { Link } from 'react-router';
import { type Device, isSimulated, useDevices, useUnseenDevice } from '../../api/devices.ts';
import type { Overview } from '../../api/overview.ts';
import { pathOf } from '../../api/request.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Panel } from '../../ui/panel.tsx';
import { PlainText } from '../../ui/plain-text.tsx';
import { SimulatedBadge, StatusBadge } from '../../ui/status-badge.tsx';

type Traffic = Overview['devices'][number];
type Row = Traffic & { device: Device | undefined };

/** Shown here at most; the page of devices has all. */
const MOST_SHOWN = 10;

interface DevicesPanelProps {
  traffic: Traffic[];
  workspace: string | undefined;
}

/** What each device did in this time, the busiest first, and whether it is there. */
export function DevicesPanel({ traffic, workspace }: DevicesPanelProps) {
  const { data: devices } = useDevices();
  const rows = listRows(traffic, devices ?? [], workspace !== undefined);
  if (rows.length === 0) return null;
  return (
    <Panel
      title="Devices"
      description={
        devices &&
        `${devices.filter(({ status }) => status === 'online').length} of ${devices.length} can send`
      }
      actions={
        <Anchor component={Link} to="/devices" size="sm">
          {devices && rows.length > MOST_SHOWN ? `All ${devices.length} devices` : 'Devices'}
        </Anchor>
      }
    >
      <DataTable
        label="Devices and what they did"
        columns={COLUMNS}
        rows={rows.slice(0, MOST_SHOWN)}
        keyOf={({ device_id }) => device_id}
      />
    </Panel>
  );
}

const COLUMNS: Column<Row>[] = [
  { key: 'name', label: 'Device', role: 'title', clips: true, show: (row) => <Name row={row} /> },
  {
    key: 'status',
    label: 'Status',
    width: 150,
    show: ({ device }) => (device ? <StatusBadge status={device.status} /> : <Text c="dimmed">–</Text>),
  },
  count('queued', 'Queued'),
  count('sent', 'Sent'),
  count('failed', 'Failed'),
  count('received', 'Received'),
];

function count(key: 'queued' | 'sent' | 'failed' | 'received', label: string): Column<Row> {
  return { key, label, width: 100, align: 'right', show: (row) => row[key].toLocaleString() };
}

function Name({ row: { device_id, device } }: { row: Row }) {
  const unseen = useUnseenDevice();
  if (device === undefined)
    return (
      <Text size="sm" c="dimmed" title={device_id}>
        {unseen}
      </Text>
    );
  return (
    <Group gap={8} wrap="nowrap">
      <Anchor component={Link} to={pathOf`/devices/${device_id}`} size="sm" fw={500} c="bright" miw={0}>
        <PlainText text={device.name} isLine />
      </Anchor>
      {isSimulated(device) && <SimulatedBadge />}
    </Group>
  );
}

/** Also those that did nothing, but where one workspace is looked at: there they may have nothing to do. */
function listRows(traffic: Traffic[], devices: Device[], isOfWorkspace: boolean): Row[] {
  const byId = new Map(devices.map((device) => [device.id, device]));
  const busy = traffic.map((one) => ({ ...one, device: byId.get(one.device_id) }));
  const seen = new Set(traffic.map(({ device_id }) => device_id));
  const nothing = { queued: 0, sent: 0, failed: 0, received: 0 };
  const idle = isOfWorkspace
    ? []
    : devices
        .filter(({ id }) => !seen.has(id))
        .map((device) => ({ device_id: device.id, ...nothing, device }));
  return [...busy, ...idle].toSorted((a, b) => workOf(b) - workOf(a));
}

function workOf({ queued, sent, failed, received }: Traffic): number {
  return queued + sent + failed + received;
}
