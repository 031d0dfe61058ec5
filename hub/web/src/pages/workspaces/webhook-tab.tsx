import { Alert, Anchor, Button, Group, Stack, Switch, Text } from '@mantine/core';
import { IconAlertTriangle, IconWebhookOff } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { Link } from 'react-router';
import { refresh } from '../../api/query-client.ts';
import { changeWorkspace, type Workspace } from '../../api/workspaces.ts';
import { EmptyNote } from '../../ui/empty-note.tsx';
import { FailureNote } from '../../ui/failure-note.tsx';
import { tellDone } from '../../ui/notices.ts';
import { Time } from '../../ui/time.tsx';
import { offerReplay } from '../deliveries/switch-on.tsx';
import { TestEvent } from './test-event.tsx';

/** How the webhook does, its switch, and a try of it. */
export function WebhookTab({ workspace }: { workspace: Workspace }) {
  const { location_id: id, url } = workspace;
  if (url === null)
    return (
      <EmptyNote icon={IconWebhookOff} title="No URL yet">
        Events are recorded meanwhile. Give the workspace a URL under Details; what was recorded can then be
        sent from Deliveries.
      </EmptyNote>
    );
  return (
    <Stack gap="lg">
      <Health workspace={workspace} />
      <TestEvent id={id} />
      <Text size="sm">
        <Anchor component={Link} to={`/deliveries?workspace=${id}`}>
          Deliveries to this webhook
        </Anchor>
      </Text>
    </Stack>
  );
}

function Health({ workspace }: { workspace: Workspace }) {
  const { location_id: id, url, webhook_enabled, webhook_disabled_reason, webhook_failing_since } = workspace;
  const { mutate, isPending, error } = useMutation({
    mutationFn: (enabled: boolean) => changeWorkspace(id, { webhook_enabled: enabled }),
    onSuccess: async (_, enabled) => {
      await refresh('workspaces', 'notices', 'deliveries');
      if (enabled) offerReplay(id);
      else tellDone('The webhook is switched off.');
    },
  });
  return (
    <Stack gap="sm">
      <Switch
        label="Send events to this webhook"
        description={url}
        checked={webhook_enabled}
        disabled={isPending}
        onChange={({ currentTarget }) => mutate(currentTarget.checked)}
      />
      {!webhook_enabled && (
        <Alert
          color="red"
          icon={<IconAlertTriangle size={18} aria-hidden />}
          title="The webhook is switched off"
        >
          <Text size="sm">
            {webhook_disabled_reason} Events are recorded meanwhile, and can be sent afterwards.
          </Text>
          <Group mt="sm">
            <Button size="xs" loading={isPending} onClick={() => mutate(true)}>
              Switch on again
            </Button>
          </Group>
        </Alert>
      )}
      {webhook_enabled && webhook_failing_since !== null && (
        <Alert color="orange" icon={<IconAlertTriangle size={18} aria-hidden />} title="Every attempt fails">
          <Text size="sm">
            Since <Time at={webhook_failing_since} as="absolute" />. Attempts go on; after five days of
            nothing but failures the webhook is switched off.
          </Text>
        </Alert>
      )}
      {error && <FailureNote error={error} />}
    </Stack>
  );
}
