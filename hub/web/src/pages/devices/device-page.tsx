import { Alert, Button, Text } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconUnlink } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { type Device, isSimulated, pauseDevice, removeDevice, useDevice } from '../../api/devices.ts';
import { refresh } from '../../api/query-client.ts';
import { ConfirmByName } from '../../ui/confirm-by-name.tsx';
import { tellDone, tellFailure } from '../../ui/notices.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { StatusBadge } from '../../ui/status-badge.tsx';
import { DeviceFacts, DeviceNumbers, ServedWorkspaces } from './device-facts.tsx';
import { DeviceSettings } from './device-settings.tsx';
import classes from './devices.module.css';
import { Findings } from './findings.tsx';
import { PaceSettings } from './pace-settings.tsx';
import { UnpairedNote } from './unpaired-note.tsx';

const BACK = { to: '/devices', label: 'Devices' };

export function DevicePage() {
  const { id = '' } = useParams();
  const device = useDevice(id);
  return (
    <>
      <PageHeader
        title={device.data?.name ?? 'Device'}
        back={BACK}
        beside={device.data && <StatusBadge status={device.data.status} />}
        actions={device.data && <Actions device={device.data} />}
      />
      <QueryView query={device}>
        {(data) => (
          <div className={classes.columns}>
            <div className={classes.column}>
              {isSimulated(data) && (
                <Alert color="gray" role="note" title="Simulated Mac: nothing leaves its machine">
                  It plays Messages to try the hub out: what it reports as sent or delivered has reached
                  nobody.
                </Alert>
              )}
              <UnpairedNote device={data} />
              <DeviceNumbers device={data} />
              <Findings device={data} />
              <ServedWorkspaces device={data} />
            </div>
            <div className={classes.column}>
              <DeviceFacts device={data} />
              <DeviceSettings key={`settings of ${data.id}`} device={data} />
              {data.manageable && <PaceSettings key={`pace of ${data.id}`} device={data} />}
            </div>
          </div>
        )}
      </QueryView>
    </>
  );
}

function Actions({ device }: { device: Device }) {
  const [revokes, setRevokes] = useState(false);
  const { mutate, isPending } = useMutation({
    mutationFn: (pause: boolean) => pauseDevice(device.id, pause),
    onSuccess: async (_, pause) => {
      await refresh('devices', 'messages');
      tellDone(pause ? `${device.name} is paused.` : `${device.name} sends again.`);
    },
    onError: tellFailure,
  });
  return (
    <>
      <Button
        variant="default"
        leftSection={
          device.paused ? <IconPlayerPlay size={15} aria-hidden /> : <IconPlayerPause size={15} aria-hidden />
        }
        loading={isPending}
        onClick={() => mutate(!device.paused)}
      >
        {device.paused ? 'Resume' : 'Pause'}
      </Button>
      {device.manageable && (
        <Button
          variant="light"
          color="red"
          leftSection={<IconUnlink size={15} aria-hidden />}
          onClick={() => setRevokes(true)}
        >
          Revoke
        </Button>
      )}
      {revokes && <Revoke device={device} onClose={() => setRevokes(false)} />}
    </>
  );
}

function Revoke({ device: { id, name }, onClose }: { device: Device; onClose: () => void }) {
  const navigate = useNavigate();
  return (
    <ConfirmByName
      title={`Revoke ${name}?`}
      name={name}
      verb="Revoke device"
      confirm={() => removeDevice(id)}
      onDone={async () => {
        void refresh('devices', 'workspaces', 'messages', 'users');
        tellDone(`${name} is revoked.`);
        await navigate('/devices');
      }}
      onClose={onClose}
    >
      <Text size="sm">
        Its credential dies and its connection is cut at once. What it has taken and not reported FAILS with{' '}
        <code>device_removed</code>; what merely waits for it goes to another device of the workspace, if
        there is one. To use the machine again, enroll it anew.
      </Text>
    </ConfirmByName>
  );
}
