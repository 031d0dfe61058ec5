import { Button, Checkbox, Group, Stack, TextInput } from '@mantine/core';
import { changeDevice, type Device } from '../../api/devices.ts';
import { refresh } from '../../api/query-client.ts';
import { differenceOf } from '../../forms/difference-of.ts';
import { type ApiForm, useApiForm } from '../../forms/use-api-form.ts';
import { useFreshValues } from '../../forms/use-fresh-values.ts';
import { FailureNote } from '../../ui/failure-note.tsx';
import { tellDone } from '../../ui/notices.ts';
import { Panel } from '../../ui/panel.tsx';
import { CHANNEL_NAMES, CHANNELS_OF_KIND } from '../../words.ts';

type SettingsValues = ReturnType<typeof valuesOf>;

function valuesOf({ name, address, channels }: Device) {
  return { name, address: address ?? '', channels };
}

function bodyOf({ name, address, channels }: SettingsValues) {
  return { name: name.trim(), address: address.trim() === '' ? null : address.trim(), channels };
}

/** Its name, address and channels; the name alone where the rest is not the viewer's to change. */
export function DeviceSettings({ device }: { device: Device }) {
  const api: ApiForm<SettingsValues> = useApiForm<SettingsValues, Device>({
    initialValues: valuesOf(device),
    validate: ({ name }) => ({ name: name.trim() === '' ? 'Give the device a name.' : undefined }),
    send: (values) =>
      changeDevice(device.id, differenceOf(bodyOf(api.form.getInitialValues()), bodyOf(values))),
    onDone: (stored, sent) => {
      settle(valuesOf(stored), sent);
      void refresh('devices', 'workspaces');
      tellDone('The device is saved.');
    },
  });
  const { form, failure, isSending, submit } = api;
  const settle = useFreshValues(form, valuesOf(device));
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
