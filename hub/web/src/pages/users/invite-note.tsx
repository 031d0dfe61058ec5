import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconLink } from '@tabler/icons-react';
import type { Invite, User } from '../../api/users.ts';
import { CopyField } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { isLocal } from '../../ui/is-local.ts';
import { Time } from '../../ui/time.tsx';

interface InviteNoteProps {
  user: User;
  invite: Invite;
  onClose: () => void;
}

/** The only sight of the link. */
export function InviteNote({ user: { name, state }, invite, onClose }: InviteNoteProps) {
  return (
    <Dialog
      onClose={onClose}
      title={state === 'invited' ? `Invitation for ${name}` : `New password for ${name}`}
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <Stack gap="md">
        <Alert color="orange" icon={<IconLink size={18} aria-hidden />} title="Copy the link now">
          It is not shown again. Pass it on to {name} by a way that you trust: whoever opens it first chooses
          the password.
        </Alert>
        <CopyField value={invite.invite_url} label="the link" />
        {isLocal(invite.invite_url) && (
          <Text size="sm" role="note">
            Only this machine can open it: set <code>HUB_PUBLIC_URL</code> to the address under which others
            reach the hub, restart it, and make a new link.
          </Text>
        )}
        <Text size="sm" c="dimmed">
          It works once, and ends <Time at={invite.expires_at} />.
        </Text>
        <Group justify="flex-end">
          <Button onClick={onClose}>I have copied the link</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
