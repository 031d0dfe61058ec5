import { Anchor, List, Text } from '@mantine/core';
import { Link } from 'react-router';
import { type Device, isSimulated } from '../../api/devices.ts';
import { useDeviceTraffic } from '../../api/traffic.ts';
import { useWorkspaces } from '../../api/workspaces.ts';
import { Copyable } from '../../ui/copy.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Time } from '../../ui/time.tsx';
import { CHANNEL_NAMES, KIND_NAMES } from '../../words.ts';
import classes from './devices.module.css';

interface OfDevice {
  device: Device;
}

export function DeviceFacts({ device }: OfDevice) {
  const { paired_at, last_seen_at, online } = device;
  return (
    <Panel title="About it">
      <Facts
        facts={[
          ['Kind', KIND_NAMES[device.kind]],
          ['Address', device.address ?? 'Not given'],
          ['Channels', device.channels.map((channel) => CHANNEL_NAMES[channel]).join(', ')],
          ['Host name', device.hostname],
          [isSimulated(device) ? 'System' : 'macOS', device.kind === 'mac' && device.os_version],
          ['Bridge', device.bridge_version],
          [
            'Last seen',
            online ? 'Now' : last_seen_at === null ? 'Never' : <Time key="seen" at={last_seen_at} />,
          ],
          ['Paired', paired_at === null ? 'Not yet' : <Time key="paired" at={paired_at} as="absolute" />],
          ['ID', <Copyable key="id" value={device.id} label="the device’s ID" />],
        ]}
      />
    </Panel>
  );
}

export function DeviceNumbers({ device: { id } }: OfDevice) {
  const { data } = useDeviceTraffic();
  const numbers = data?.get(id) ?? (data && { queued: 0, sent: 0, failed: 0, received: 0 });
  return (
    <Panel>
      <dl className={classes.numbers}>
        {(
          [
            ['Queue', numbers?.queued],
            ['Sent today', numbers?.sent],
            ['Failed today', numbers?.failed],
            ['Received today', numbers?.received],
          ] as const
        ).map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value ?? '–'}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

export function ServedWorkspaces({ device: { id } }: OfDevice) {
  const { data: workspaces } = useWorkspaces();
  const served = workspaces?.flatMap(({ location_id, name, devices }) => {
    const assigned = devices.find(({ device_id }) => device_id === id);
    return assigned ? [{ location_id, name, channels: assigned.channels }] : [];
  });
  return (
    <Panel title="Serves">
      {served === undefined ? (
        <Text size="sm" c="dimmed">
          …
        </Text>
      ) : served.length === 0 ? (
        <Text size="sm" c="dimmed">
          No workspace yet. Assign it under{' '}
          <Anchor component={Link} to="/sims" inherit underline="always">
            Subaccount SIMs
          </Anchor>
          .
        </Text>
      ) : (
        <List size="sm" spacing={4} listStyleType="none">
          {served.map(({ location_id, name, channels }) => (
            <List.Item key={location_id}>
              <Anchor component={Link} to={`/sims?assign=${location_id}`} inherit underline="always">
                {name}
              </Anchor>{' '}
              <Text span c="dimmed" inherit>
                by {channels.map((channel) => CHANNEL_NAMES[channel]).join(', ')}
              </Text>
            </List.Item>
          ))}
        </List>
      )}
    </Panel>
  );
}
