import { Button, Group, NumberInput, SimpleGrid, Stack } from '@mantine/core';
import { changeDevice, type Device } from '../../api/devices.ts';
import { refresh } from '../../api/query-client.ts';
import { differenceOf } from '../../forms/difference-of.ts';
import { type ApiForm, useApiForm } from '../../forms/use-api-form.ts';
import { useFreshValues } from '../../forms/use-fresh-values.ts';
import { FailureNote } from '../../ui/failure-note.tsx';
import { tellDone } from '../../ui/notices.ts';
import { Panel } from '../../ui/panel.tsx';

/** A number field holds an empty text where nothing is typed. */
type Typed = number | '';

type PaceValues = ReturnType<typeof valuesOf>;

function valuesOf({ pace: { per_minute, gap_ms, jitter_ms } }: Device) {
  return {
    per_minute: (per_minute ?? '') as Typed,
    gap: (gap_ms / 1_000) as Typed,
    jitter: (jitter_ms / 1_000) as Typed,
  };
}

function paceOf({ per_minute, gap, jitter }: PaceValues): Device['pace'] {
  return {
    per_minute: per_minute === '' ? null : per_minute,
    gap_ms: toMilliseconds(gap),
    jitter_ms: toMilliseconds(jitter),
  };
}

/** How fast it may begin to send. Seconds here, milliseconds in the API. */
export function PaceSettings({ device }: { device: Device }) {
  const api: ApiForm<PaceValues> = useApiForm<PaceValues, Device>({
    initialValues: valuesOf(device),
    fieldNames: { 'pace.per_minute': 'per_minute', 'pace.gap_ms': 'gap', 'pace.jitter_ms': 'jitter' },
    send: (values) =>
      changeDevice(device.id, {
        // What is left out would be unlimited.
        pace: { ...device.pace, ...differenceOf(paceOf(api.form.getInitialValues()), paceOf(values)) },
      }),
    onDone: (stored, sent) => {
      settle(valuesOf(stored), sent);
      void refresh('devices');
      tellDone('The pace is saved.');
    },
  });
  const { form, failure, isSending, submit } = api;
  const settle = useFreshValues(form, valuesOf(device));
  return (
    <Panel
      title="Pace"
      description="Keeps the device from sending faster than a person would. Empty: no limit."
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
            <NumberInput label="Per minute" min={1} max={600} {...form.getInputProps('per_minute')} />
            <NumberInput
              label="Least gap"
              suffix=" s"
              min={0}
              max={3600}
              step={0.5}
              {...form.getInputProps('gap')}
            />
            <NumberInput
              label="Random, up to"
              suffix=" s"
              min={0}
              step={0.5}
              {...form.getInputProps('jitter')}
            />
          </SimpleGrid>
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

function toMilliseconds(seconds: Typed): number {
  return seconds === '' ? 0 : Math.round(seconds * 1_000);
}
