import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { CreatedWorkspace } from '../../api/workspaces.ts';
import { CopyField } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TestEvent } from './test-event.tsx';

interface CreatedNoteProps {
  workspace: CreatedWorkspace;
  onClose: () => void;
}

/** The only sight of the signing secret, and what comes next. */
export function CreatedNote({ workspace, onClose }: CreatedNoteProps) {
  const { location_id, name, signing_secret, url } = workspace;
  return (
    <Dialog
      onClose={onClose}
      title={`${name} was created`}
      size="lg"
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <Stack gap="md">
        <Alert color="orange" icon={<IconKey size={18} aria-hidden />} title="Copy the signing secret now">
          It is not shown again. With it your system verifies that a call comes from this hub; if it is lost,
          rotate it.
        </Alert>
        <div>
          <Text size="sm" fw={600} mb={4}>
            Signing secret
          </Text>
          <CopyField value={signing_secret} label="the signing secret" />
        </div>
        <div>
          <Text size="sm" fw={600} mb={4}>
            Location ID
          </Text>
          <CopyField value={location_id} label="the location ID" />
          <Text size="xs" c="dimmed" mt={4}>
            Your system sends it with every message. It is the credential, too, unless an API key is required.
          </Text>
        </div>
        {url !== null && <TestEvent id={location_id} />}
        <Text size="sm">
          Next: connect it and give it devices under{' '}
          <Link to={`/sims?assign=${location_id}`}>Subaccount SIMs</Link>.
        </Text>
        <Group justify="flex-end">
          <Button component={Link} to={`/workspaces?instructions=${location_id}`} variant="default">
            Instructions
          </Button>
          <Button onClick={onClose}>I have copied the secret</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
