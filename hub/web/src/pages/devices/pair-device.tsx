import { Alert, Button, Group, Loader, Stack, Text } from '@mantine/core';
import { IconCircleCheck, IconClockX } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { QRCodeSVG } from 'qrcode.react';
import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import { type Device, type Enrollment, isSimulated, renewCode, useDevice } from '../../api/devices.ts';
import { refresh } from '../../api/query-client.ts';
import { CopyField } from '../../ui/copy.tsx';
import { FailureNote } from '../../ui/failure-note.tsx';
import { isLocal } from '../../ui/is-local.ts';
import classes from './devices.module.css';

/** Without the hub's live word, so often. Milliseconds. */
const LOOK_EVERY_MS = 2_000;

interface PairDeviceProps {
  announced: Enrollment;
  onRenewed: (renewed: Enrollment) => void;
  onClose: () => void;
}

/** The code, what to run with it, and a live word of whether it was. */
export function PairDevice({ announced, onRenewed, onClose }: PairDeviceProps) {
  const { data: device } = useDevice(announced.device_id, LOOK_EVERY_MS);
  const left = useTimeLeft(announced.expires_at);
  if (device && device.paired_at !== null) return <Paired device={device} onClose={onClose} />;
  if (left <= 0) return <Expired announced={announced} onRenewed={onRenewed} />;
  return (
    <Stack gap="md">
      <Group align="flex-start" gap="xl" wrap="nowrap" className={classes.pairing}>
        <Stack gap="sm" style={{ flex: 1, minWidth: 0 }}>
          <div>
            <Text size="sm" c="dimmed">
              One-time code
            </Text>
            <Text className={classes.code}>{announced.code}</Text>
          </div>
          <div>
            <Text size="sm" c="dimmed" mb={4}>
              Run this on the device:
            </Text>
            <CopyField value={announced.pair_command} label="the command" />
            <Text size="xs" c="dimmed" mt={4}>
              From a clone of the repository: <code>{commandInClone(announced.pair_command)}</code>
            </Text>
            {isLocal(announced.pair_command) && (
              <Text size="sm" mt={6} role="note">
                It names this machine as <code>localhost</code>: for another one set{' '}
                <code>HUB_PUBLIC_URL</code> to the address under which it reaches the hub, restart the hub,
                and get a new code.
              </Text>
            )}
          </div>
        </Stack>
        <Stack gap={6} maw={154}>
          <div className={classes.qr}>
            <QRCodeSVG value={announced.pair_command} size={132} title="The command as a QR code" />
          </div>
          <Text size="xs" c="dimmed" ta="center">
            Holds the command, with the code in it
          </Text>
        </Stack>
      </Group>
      <Group gap="sm" role="status" aria-live="polite">
        <Loader size="xs" aria-hidden />
        <Text size="sm">
          Waiting for the device… The code is good for another <b aria-live="off">{formatLeft(left)}</b>.
        </Text>
      </Group>
    </Stack>
  );
}

function Paired({ device, onClose }: { device: Device; onClose: () => void }) {
  const facts = [device.hostname, isSimulated(device) ? 'simulated Mac' : device.os_version]
    .filter(Boolean)
    .join(', ');
  return (
    <Stack gap="md" role="status" aria-live="polite">
      <Alert color="green" icon={<IconCircleCheck size={20} aria-hidden />} title="Paired">
        {device.name} has paired{facts === '' ? '' : ` (${facts})`}. It is online once the bridge runs there:{' '}
        <code>bluewire-bridge install</code> starts it now and at every log-in.
      </Alert>
      <Text size="sm">
        Next: let it serve a workspace, under <Link to="/sims">Subaccount SIMs</Link>.
      </Text>
      <Group justify="flex-end">
        <Button component={Link} to={`/devices/${device.id}`} variant="default">
          Show the device
        </Button>
        <Button onClick={onClose}>Done</Button>
      </Group>
    </Stack>
  );
}

function Expired({ announced, onRenewed }: Omit<PairDeviceProps, 'onClose'>) {
  const { mutate, isPending, error } = useRenewal(announced.device_id, onRenewed);
  return (
    <Stack gap="md">
      <Alert
        color="orange"
        role="alert"
        icon={<IconClockX size={20} aria-hidden />}
        title="The code has expired"
      >
        Nothing paired with it. A new one is good for ten minutes again.
      </Alert>
      {error && <FailureNote error={error} />}
      <Group justify="flex-end">
        <Button loading={isPending} onClick={() => mutate()}>
          Get a new code
        </Button>
      </Group>
    </Stack>
  );
}

/** A code is shown once and cannot be made longer: the device is given another. */
export function useRenewal(id: string, onRenewed: (renewed: Enrollment) => void) {
  return useMutation({
    mutationFn: () => renewCode(id),
    onSuccess: onRenewed,
    // It may have paired meanwhile, or be gone.
    onError: () => void refresh('devices'),
  });
}

function useTimeLeft(until: string): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const ticking = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(ticking);
  }, []);
  return Date.parse(until) - now;
}

function formatLeft(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function commandInClone(command: string): string {
  return command.replace(/^bluewire-bridge /, 'npm run bridge -- ');
}
