import { Alert, Button, Group, Modal, Text } from '@mantine/core';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { Device } from '../../api/devices.ts';
import { FailureNote } from '../../ui/failure-note.tsx';
import type { Announced } from './enroll-device.tsx';
import { PairDevice, useRenewal } from './pair-device.tsx';

/** Of a device that has not paired: whoever closed the page with its code gets another. */
export function UnpairedNote({ device }: { device: Device }) {
  const { id, kind, name, address, channels } = device;
  const [announced, setAnnounced] = useState<Announced>();
  const navigate = useNavigate();
  const { mutate, isPending, error } = useRenewal(id, { kind, name, address, channels }, setAnnounced);
  if (announced)
    return (
      <Modal
        opened
        onClose={() => void navigate(`/devices/${announced.device_id}`, { replace: true })}
        title={`Pair ${name}`}
        size="lg"
        closeOnClickOutside={false}
      >
        <PairDevice
          key={announced.device_id}
          announced={announced}
          onRenewed={setAnnounced}
          onClose={() => void navigate(`/devices/${announced.device_id}`, { replace: true })}
        />
      </Modal>
    );
  return (
    <Alert color="wire" title="It has not paired yet">
      <Text size="sm">
        The code is shown once and is good for ten minutes. A new one announces the device anew: what it was
        assigned to is then to be assigned again.
      </Text>
      <Group mt="sm">
        <Button size="xs" loading={isPending} onClick={() => mutate()}>
          Get a new code
        </Button>
      </Group>
      {error && <FailureNote error={error} />}
    </Alert>
  );
}
