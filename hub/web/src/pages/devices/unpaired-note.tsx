import { Alert, Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import type { Device, Enrollment } from '../../api/devices.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { FailureNote } from '../../ui/failure-note.tsx';
import { PairDevice, useRenewal } from './pair-device.tsx';

/** Of a device that has not paired: whoever closed the page with its code gets another. */
export function UnpairedNote({ device: { id, name, status, manageable } }: { device: Device }) {
  const [announced, setAnnounced] = useState<Enrollment>();
  // Stays when the device has paired, to say so.
  if (announced)
    return (
      <Dialog
        onClose={() => setAnnounced(undefined)}
        title={`Pair ${name}`}
        size="lg"
        closeOnClickOutside={false}
      >
        <PairDevice announced={announced} onRenewed={setAnnounced} onClose={() => setAnnounced(undefined)} />
      </Dialog>
    );
  if (status !== 'unpaired') return null;
  return (
    <Alert color="wire" title="It has not paired yet">
      {manageable ? (
        <NewCode id={id} onRenewed={setAnnounced} />
      ) : (
        <Text size="sm">An admin, or whoever enrolled it, has a code for it.</Text>
      )}
    </Alert>
  );
}

interface NewCodeProps {
  id: string;
  onRenewed: (renewed: Enrollment) => void;
}

function NewCode({ id, onRenewed }: NewCodeProps) {
  const { mutate, isPending, error } = useRenewal(id, onRenewed);
  return (
    <>
      <Text size="sm">
        The code is shown once and is good for ten minutes. With a new one the old one ends; what the device
        is assigned to stays.
      </Text>
      <Group mt="sm">
        <Button size="xs" loading={isPending} onClick={() => mutate()}>
          Get a new code
        </Button>
      </Group>
      {error && <FailureNote error={error} />}
    </>
  );
}
