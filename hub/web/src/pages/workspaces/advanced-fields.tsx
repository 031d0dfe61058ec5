import { Checkbox, Group, Select, Stack } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { CHANNEL_NAMES, CHANNELS, EXTRA_EVENT_WORDS, EXTRA_EVENTS } from '../../words.ts';
import type { WorkspaceValues } from './workspace-values.ts';

interface AdvancedFieldsProps {
  form: UseFormReturnType<WorkspaceValues>;
  isNew: boolean;
}

/** What most workspaces leave as it is. */
export function AdvancedFields({ form, isNew }: AdvancedFieldsProps) {
  return (
    <Stack gap="md">
      <AccessField form={form} isNew={isNew} />
      <Checkbox.Group
        label="Channels"
        description="Its devices serve it on these alone; messages on others are refused."
        {...form.getInputProps('channels')}
      >
        <Group mt="xs" gap="lg">
          {CHANNELS.map((channel) => (
            <Checkbox key={channel} value={channel} label={CHANNEL_NAMES[channel]} />
          ))}
        </Group>
      </Checkbox.Group>
      <Checkbox.Group
        label="Extra events"
        description="Sent to the webhook beside statuses and incoming messages."
        {...form.getInputProps('extra_events')}
      >
        <Stack mt="xs" gap="xs">
          {EXTRA_EVENTS.map((event) => {
            const [name, meaning] = EXTRA_EVENT_WORDS[event];
            return <Checkbox key={event} value={event} label={name} description={meaning} />;
          })}
        </Stack>
      </Checkbox.Group>
    </Stack>
  );
}

const OPEN = { value: 'false', label: 'The location ID is enough' };
const KEYED = { value: 'true', label: 'An API key is required' };
const BY_DEFAULT = { value: '', label: 'The hub’s default (HUB_REQUIRE_API_KEY)' };

function AccessField({ form, isNew }: AdvancedFieldsProps) {
  const { require_api_key } = form.getValues();
  const { error } = form.getInputProps('require_api_key');
  return (
    <Select
      label="Who may send in its name"
      data={isNew ? [BY_DEFAULT, OPEN, KEYED] : [OPEN, KEYED]}
      allowDeselect={false}
      value={require_api_key === null ? '' : String(require_api_key)}
      onChange={(value) => form.setFieldValue('require_api_key', value === '' ? null : value === 'true')}
      error={error}
    />
  );
}
