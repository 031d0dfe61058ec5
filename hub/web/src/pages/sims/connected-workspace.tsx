import { Anchor, Button, Group, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconDeviceMobile } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { Channel } from '../../../../../shared/channels.ts';
import { type Device, isSimulated, useUnseenDevice } from '../../api/devices.ts';
import type { Workspace } from '../../api/workspaces.ts';
import { Copyable } from '../../ui/copy.tsx';
import { useSearchWith } from '../../ui/filters.ts';
import { SimulatedBadge, StatusBadge } from '../../ui/status-badge.tsx';
import ui from '../../ui/ui.module.css';
import { CHANNEL_NAMES } from '../../words.ts';
import classes from './sims.module.css';

interface ConnectedWorkspaceProps {
  workspace: Workspace;
  devices: Device[];
}

/** A workspace with what serves it on each of its channels, and with the channels that nothing serves. */
export function ConnectedWorkspace({ workspace, devices }: ConnectedWorkspaceProps) {
  const { name, location_id, channels } = workspace;
  const searchWith = useSearchWith();
  return (
    <section className={ui.panel} aria-label={name}>
      <Group justify="space-between" className={classes.head} gap="sm">
        <div>
          <Title order={2}>{name}</Title>
          <Text size="xs" c="dimmed" component="div">
            <Copyable value={location_id} label="the location ID" />
          </Text>
        </div>
        <Button
          component={Link}
          to={searchWith({ assign: location_id })}
          preventScrollReset
          variant="default"
          size="xs"
          leftSection={<IconDeviceMobile size={15} aria-hidden />}
          aria-label={`Assign devices to ${name}`}
        >
          Assign devices
        </Button>
      </Group>
      <dl className={classes.channels}>
        {channels.map((channel) => (
          <ChannelRow key={channel} channel={channel} workspace={workspace} devices={devices} />
        ))}
      </dl>
    </section>
  );
}

interface ChannelRowProps extends ConnectedWorkspaceProps {
  channel: Channel;
}

function ChannelRow({ channel, workspace, devices }: ChannelRowProps) {
  const serving = workspace.devices.filter((assigned) => assigned.channels.includes(channel));
  const isServed = workspace.served_channels.includes(channel);
  return (
    <div className={classes.channel} data-unassigned={(serving.length === 0 && !isServed) || undefined}>
      <dt>{CHANNEL_NAMES[channel]}</dt>
      <dd>
        {serving.length === 0 ? (
          <NoneShown isServed={isServed} />
        ) : (
          <ul className={classes.devices}>
            {serving.map(({ device_id }) => (
              <li key={device_id}>
                <ServingDevice id={device_id} device={devices.find(({ id }) => id === device_id)} />
              </li>
            ))}
          </ul>
        )}
      </dd>
    </div>
  );
}

function NoneShown({ isServed }: { isServed: boolean }) {
  if (isServed)
    return (
      <Text size="sm" c="dimmed">
        Served by a device that is not shown to you
      </Text>
    );
  return (
    <Group gap={6} wrap="nowrap">
      <IconAlertTriangle size={15} aria-hidden className={classes.warning} />
      <Text size="sm" c="dimmed">
        No device: messages on it are refused
      </Text>
    </Group>
  );
}

/** A device that is not given to the viewer has no name here. */
function ServingDevice({ id, device }: { id: string; device: Device | undefined }) {
  const unseen = useUnseenDevice();
  if (device === undefined)
    return (
      <Text size="sm" c="dimmed" title={id}>
        {unseen}
      </Text>
    );
  return (
    <Group gap={8} wrap="nowrap">
      <Anchor component={Link} to={`/devices/${id}`} size="sm" c="bright" fw={600}>
        {device.name}
      </Anchor>
      {device.address && (
        <Text size="xs" c="dimmed">
          {device.address}
        </Text>
      )}
      <StatusBadge status={device.status} />
      {isSimulated(device) && <SimulatedBadge />}
    </Group>
  );
}
