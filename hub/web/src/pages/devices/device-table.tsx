import { Anchor, Group, Text, Tooltip } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Link } from 'react-router';
import { type Device, isSimulated } from '../../api/devices.ts';
import { useDeviceTraffic } from '../../api/traffic.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { SimulatedBadge, StatusBadge } from '../../ui/status-badge.tsx';
import { Time } from '../../ui/time.tsx';
import { CHANNEL_NAMES, KIND_NAMES } from '../../words.ts';

export function DeviceTable({ devices }: { devices: Device[] }) {
  const { data: traffic } = useDeviceTraffic();
  const columns: Column<Device>[] = [
    { key: 'name', label: 'Device', role: 'title', show: (device) => <Name device={device} /> },
    { key: 'status', label: 'Status', show: (device) => <Status device={device} /> },
    {
      key: 'seen',
      label: 'Last seen',
      show: ({ last_seen_at, online }) =>
        online ? 'Now' : last_seen_at === null ? 'Never' : <Time at={last_seen_at} />,
    },
    { key: 'version', label: 'macOS · bridge', show: (device) => <Versions device={device} /> },
    {
      key: 'channels',
      label: 'Channels',
      show: ({ channels }) => channels.map((channel) => CHANNEL_NAMES[channel]).join(', '),
    },
    {
      key: 'queue',
      label: 'Queue',
      align: 'right',
      show: ({ id }) => traffic?.get(id)?.queued ?? (traffic ? 0 : '–'),
    },
    {
      key: 'sent',
      label: 'Sent today',
      align: 'right',
      show: ({ id }) => traffic?.get(id)?.sent ?? (traffic ? 0 : '–'),
    },
  ];
  return <DataTable label="Devices" columns={columns} rows={devices} keyOf={({ id }) => id} />;
}

function Name({ device }: { device: Device }) {
  const { id, name, address, kind } = device;
  return (
    <div>
      <Group gap={8}>
        <Anchor component={Link} to={`/devices/${id}`} fw={600} c="bright" size="sm">
          {name}
        </Anchor>
        {isSimulated(device) && <SimulatedBadge />}
      </Group>
      <Text size="xs" c="dimmed">
        {[KIND_NAMES[kind], address].filter(Boolean).join(' · ')}
      </Text>
    </div>
  );
}

function Status({ device: { status, findings } }: { device: Device }) {
  const wrong = findings.filter(({ ok }) => !ok);
  return (
    <Group gap={8} wrap="nowrap">
      <StatusBadge status={status} />
      {wrong.length > 0 && (
        <Tooltip label={wrong.map(({ message }) => message).join(' ')} multiline maw={360}>
          <Group
            gap={3}
            wrap="nowrap"
            c="orange.7"
            tabIndex={0}
            role="note"
            aria-label={`${wrong.length} findings`}
          >
            <IconAlertTriangle size={15} aria-hidden />
            <Text size="xs" fw={600}>
              {wrong.length}
            </Text>
          </Group>
        </Tooltip>
      )}
    </Group>
  );
}

function Versions({ device: { os_version, bridge_version } }: { device: Device }) {
  if (os_version === null && bridge_version === null) return <Text c="dimmed">–</Text>;
  return (
    <Text size="sm">
      {os_version ?? '–'} · {bridge_version ?? '–'}
    </Text>
  );
}
