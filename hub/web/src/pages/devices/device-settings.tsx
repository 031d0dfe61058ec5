import { Button, Checkbox, Group, Stack, TextInput } from '@mantine/core';
import { changeDevice, type Device } from '../../api/devices.ts';
import { refresh } from '../../api/query-client.ts';
import { useApiForm } from '../../forms/use-api-form.ts';
import { FailureNote } from '../../ui/failure-note.tsx';
import { tellDone } from '../../ui/notices.ts';
import { Panel } from '../../ui/panel.tsx';
import { CHANNEL_NAMES, CHANNELS_OF_KIND } from '../../words.ts';

/** Its name, address and channels; the name alone where the rest is not the viewer's to change. */
export function DeviceSettings({ device }: { device: Device }) {
  const { form, failure, isSending, submit } = useApiForm({
    initialValues: { name: device.name, address: device.address ?? '', channels: device.channels },
    validate: ({ name }) => ({ name: name.trim() === '' ? 'Give the device a name.' : undefined }),
    send: ({ name, address, channels }) =>
      changeDevice(device.id, {
        name: name.trim(),
        ...(device.manageable && { address: address.trim() === '' ? null : address.trim(), channels }),
      }),
    onDone: (_, values) => {
      form.setInitialValues(values);
      form.resetDirty(values);
      void refresh('devices', 'workspaces');
      tellDone('The device is saved.');
    },
  });
  return (
    <Panel title={device.manageable ? 'Name and channels' : 'Name'}>
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <TextInput label="Name" {...form.getInputProps('name')} />
          {device.manageable && (
            <>
              <TextInput label="Number or address" {...form.getInputProps('address')} />
              <Checkbox.Group label="Channels" {...form.getInputProps('channels')}>
                <Group mt={6} gap="lg">
                  {CHANNELS_OF_KIND[device.kind].map((channel) => (
                    <Checkbox key={channel} value={channel} label={CHANNEL_NAMES[channel]} />
                  ))}
                </Group>
              </Checkbox.Group>
            </>
          )}
          {failure !== null && <FailureNote error={failure} withDetails />}
          <Group>
            <Button type="submit" size="xs" loading={isSending} disabled={!form.isDirty()}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
