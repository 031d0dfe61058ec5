import { Checkbox, Group, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Channel, DeviceKind } from '../../../../../shared/channels.ts';
import { type Enrollment, enrollDevice } from '../../api/devices.ts';
import { useAllowance } from '../../api/me.ts';
import { refresh } from '../../api/query-client.ts';
import { FormDialog } from '../../forms/form-dialog.tsx';
import { useApiForm } from '../../forms/use-api-form.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { CHANNEL_NAMES, CHANNELS_OF_KIND, KIND_NAMES, KINDS } from '../../words.ts';
import { PairDevice } from './pair-device.tsx';

interface EnrollDeviceProps {
  onClose: () => void;
}

/** Announces a device, then waits with its code until it has paired. */
export function EnrollDevice({ onClose }: EnrollDeviceProps) {
  const [announced, setAnnounced] = useState<Enrollment & { name: string }>();
  const mayEnroll = useAllowance() > 0;
  // As it was on opening: what is enrolled here may use the allowance up.
  const [mayOpen] = useState(mayEnroll);
  if (!mayOpen) return null;
  if (announced === undefined)
    return (
      <EnrollForm
        onClose={onClose}
        onAnnounced={(device) => {
          setAnnounced(device);
          void refresh('devices', 'users');
        }}
      />
    );
  return (
    <Dialog
      onClose={onClose}
      title={`Pair ${announced.name}`}
      size="lg"
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <PairDevice
        announced={announced}
        onRenewed={(renewed) => setAnnounced({ ...announced, ...renewed })}
        onClose={onClose}
      />
    </Dialog>
  );
}

interface EnrollFormProps extends EnrollDeviceProps {
  onAnnounced: (device: Enrollment & { name: string }) => void;
}

function EnrollForm({ onClose, onAnnounced }: EnrollFormProps) {
  const api = useApiForm({
    initialValues: {
      kind: 'mac' as DeviceKind,
      name: '',
      address: '',
      channels: [...CHANNELS_OF_KIND.mac] as Channel[],
    },
    validate: ({ name }) => ({ name: name.trim() === '' ? 'Give the device a name.' : undefined }),
    send: async ({ kind, name, address, channels }) => {
      const asked = {
        kind,
        name: name.trim(),
        address: address.trim() === '' ? null : address.trim(),
        channels,
      };
      return { ...(await enrollDevice(asked)), name: asked.name };
    },
    onDone: onAnnounced,
  });
  const { form } = api;
  const { kind } = form.getValues();
  const choose = (value: string): void => {
    const chosen = value as DeviceKind;
    form.setValues({ kind: chosen, channels: [...CHANNELS_OF_KIND[chosen]] });
  };
  return (
    <FormDialog title="Enroll a device" api={api} verb="Get a code" onClose={onClose}>
      <Stack gap={4}>
        <Text size="sm" fw={600} id="kind">
          Kind
        </Text>
        <SegmentedControl
          aria-labelledby="kind"
          data={KINDS.map((one) => ({ value: one, label: KIND_NAMES[one] }))}
          value={kind}
          onChange={choose}
        />
        {kind !== 'mac' && (
          <Text size="xs" c="dimmed">
            It can be enrolled and assigned; no program of this project drives it yet.
          </Text>
        )}
      </Stack>
      <TextInput
        label="Name"
        withAsterisk
        placeholder="Mac mini, front office"
        data-autofocus
        {...form.getInputProps('name')}
      />
      <TextInput
        label="Number or address"
        description="What recipients see it send from; for your own overview."
        placeholder={kind === 'mac' ? '+12145550100 or an Apple Account’s e-mail' : '+12145550100'}
        {...form.getInputProps('address')}
      />
      <Checkbox.Group
        label="Channels"
        description={kind === 'mac' ? 'SMS and RCS need an iPhone that forwards them.' : undefined}
        {...form.getInputProps('channels')}
      >
        <Group mt="xs" gap="lg">
          {CHANNELS_OF_KIND[kind].map((channel) => (
            <Checkbox key={channel} value={channel} label={CHANNEL_NAMES[channel]} />
          ))}
        </Group>
      </Checkbox.Group>
    </FormDialog>
  );
}
