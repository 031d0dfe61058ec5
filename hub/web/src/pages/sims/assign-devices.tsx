import { Anchor, Checkbox, Chip, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Channel, DeviceKind } from '../../../../../shared/channels.ts';
import { type Device, isSimulated } from '../../api/devices.ts';
import { useAllowance } from '../../api/me.ts';
import { refresh } from '../../api/query-client.ts';
import { assignDevices, type Workspace } from '../../api/workspaces.ts';
import { FormDialog } from '../../forms/form-dialog.tsx';
import { useApiForm } from '../../forms/use-api-form.ts';
import { tellDone } from '../../ui/notices.ts';
import { SimulatedBadge, StatusBadge } from '../../ui/status-badge.tsx';
import { CHANNEL_NAMES } from '../../words.ts';
import { ConnectNote, SharedNote, servedByOthers, Unserved } from './assign-notes.tsx';
import classes from './sims.module.css';

const GROUPS: [kind: DeviceKind, title: string][] = [
  ['android', 'SIM numbers'],
  ['whatsapp', 'WhatsApp devices'],
  ['mac', 'iMessage devices'],
];
const MANY = 10;

/** Channels by device. */
type Assigned = Record<string, Channel[]>;

interface AssignDevicesProps {
  workspace: Workspace;
  devices: Device[];
  onClose: () => void;
}

/** Which devices serve a workspace, and on which channels each. */
export function AssignDevices({ workspace, devices, onClose }: AssignDevicesProps) {
  const { location_id, name } = workspace;
  const [text, setText] = useState('');
  const seen = workspace.devices.filter(({ device_id }) => devices.some(({ id }) => id === device_id));
  const api = useApiForm({
    initialValues: {
      assigned: Object.fromEntries(seen.map((one) => [one.device_id, one.channels])) as Assigned,
    },
    send: ({ assigned }) =>
      assignDevices(location_id, {
        devices: Object.entries(assigned).map(([device_id, channels]) => ({ device_id, channels })),
      }),
    onDone: () => {
      void refresh('workspaces', 'devices', 'messages');
      tellDone(`The devices of ${name} are saved.`);
      onClose();
    },
  });
  const { assigned } = api.form.getValues();
  const change = (id: string, channels: Channel[]): void => {
    const { [id]: _, ...others } = assigned;
    api.form.setFieldValue('assigned', channels.length === 0 ? others : { ...others, [id]: channels });
  };
  return (
    <FormDialog title={`Devices of ${name}`} api={api} verb="Save devices" onClose={onClose} size="lg">
      {!workspace.connected && <ConnectNote workspace={workspace} />}
      {devices.length > MANY && (
        <TextInput
          type="search"
          aria-label="Find a device"
          placeholder="Find a device"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={text}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
        />
      )}
      {GROUPS.map(([kind, title]) => (
        <DeviceGroup
          key={kind}
          title={title}
          devices={devices.filter((device) => device.kind === kind && matches(device, text))}
          used={workspace.channels}
          assigned={assigned}
          onChange={change}
        />
      ))}
      <SharedNote workspace={location_id} devices={Object.keys(assigned)} />
      <Unserved
        channels={workspace.channels.filter((one) => !Object.values(assigned).flat().includes(one))}
        byOthers={servedByOthers(workspace, seen)}
      />
    </FormDialog>
  );
}

function matches({ name, address }: Device, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  return [name, address ?? ''].some((field) => field.toLowerCase().includes(wanted));
}

interface DeviceGroupProps {
  title: string;
  devices: Device[];
  used: Channel[];
  assigned: Assigned;
  onChange: (id: string, channels: Channel[]) => void;
}

function DeviceGroup({ title, devices, used, assigned, onChange }: DeviceGroupProps) {
  const mayEnroll = useAllowance() > 0;
  return (
    <Stack gap={6} role="group" aria-label={title}>
      <Title order={3}>{title}</Title>
      {devices.length === 0 ? (
        <Text size="sm" c="dimmed">
          None here.{' '}
          {mayEnroll ? (
            <Anchor component={Link} to="/devices?new=1" inherit underline="always">
              Enroll one
            </Anchor>
          ) : (
            'An admin can give you one.'
          )}
        </Text>
      ) : (
        <ul className={classes.rows}>
          {devices.map((device) => (
            <li key={device.id} className={classes.row}>
              <DeviceRow
                device={device}
                usable={device.channels.filter((channel) => used.includes(channel))}
                chosen={assigned[device.id] ?? []}
                onChange={(channels) => onChange(device.id, channels)}
              />
            </li>
          ))}
        </ul>
      )}
    </Stack>
  );
}

interface DeviceRowProps {
  device: Device;
  /** Channels of the device that the workspace uses. */
  usable: Channel[];
  chosen: Channel[];
  onChange: (channels: Channel[]) => void;
}

function DeviceRow({ device, usable, chosen, onChange }: DeviceRowProps) {
  const { name, address, status } = device;
  return (
    <Group justify="space-between" gap="sm">
      <Checkbox
        label={name}
        description={usable.length === 0 ? 'Serves no channel that the workspace uses' : address}
        checked={chosen.length > 0}
        disabled={usable.length === 0}
        onChange={({ currentTarget }) => onChange(currentTarget.checked ? usable : [])}
      />
      <Group gap="sm">
        {chosen.length > 0 && usable.length > 1 && (
          <Chip.Group multiple value={chosen} onChange={(channels) => onChange(channels as Channel[])}>
            <Group gap={6} role="group" aria-label={`Channels of ${name}`}>
              {usable.map((channel) => (
                <Chip key={channel} value={channel} size="xs">
                  {CHANNEL_NAMES[channel]}
                </Chip>
              ))}
            </Group>
          </Chip.Group>
        )}
        {isSimulated(device) && <SimulatedBadge />}
        <StatusBadge status={status} />
      </Group>
    </Group>
  );
}
