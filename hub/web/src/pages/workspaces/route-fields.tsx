import { Fieldset, MultiSelect, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Channel } from '../../../../../shared/channels.ts';
import type { Routes } from '../../api/workspaces.ts';
import { CHANNEL_NAMES } from '../../words.ts';

interface RouteFieldsProps {
  routes: Routes;
  /** Those that the workspace uses. */
  channels: Channel[];
  errors: Record<string, ReactNode>;
  onChange: (routes: Routes) => void;
}

/** What to go on with, in turn, where a recipient cannot be reached on the channel that was asked for. */
export function RouteFields({ routes, channels, errors, onChange }: RouteFieldsProps) {
  return (
    <Fieldset legend="Channels to go on with" mt="md" radius="md">
      <Text size="xs" c="dimmed" mb="sm">
        Tried in this order, by the same device, when a recipient provably cannot be reached.
      </Text>
      <Stack gap="sm">
        {channels.map((channel) => (
          <MultiSelect
            key={channel}
            label={`After ${CHANNEL_NAMES[channel]}`}
            placeholder={routes[channel].length > 1 ? undefined : 'Nothing: the message FAILS'}
            data={channels
              .filter((other) => other !== channel)
              .map((other) => ({ value: other, label: CHANNEL_NAMES[other] }))}
            value={routes[channel].slice(1)}
            onChange={(further) => onChange({ ...routes, [channel]: [channel, ...further] })}
            error={errors[`routes.${channel}`]}
            clearable
          />
        ))}
      </Stack>
    </Fieldset>
  );
}
