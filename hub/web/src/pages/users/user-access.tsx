import { Button, Group, Stack, Switch, Text } from '@mantine/core';
import { IconLink, IconTrash } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { refresh } from '../../api/query-client.ts';
import { changeUser, type Invite, inviteUser, removeUser, type User } from '../../api/users.ts';
import { ConfirmByName } from '../../ui/confirm-by-name.tsx';
import { FailureNote } from '../../ui/failure-note.tsx';
import { tellDone } from '../../ui/notices.ts';

interface UserAccessProps {
  user: User;
  onInvited: (user: User, invite: Invite) => void;
  onClose: () => void;
}

/** Whether and how somebody gets in. */
export function UserAccess({ user, onInvited, onClose }: UserAccessProps) {
  return (
    <Stack gap="lg">
      <Enabled user={user} />
      <NewLink user={user} onInvited={onInvited} />
      {user.two_factor_enabled && <SecondFactor user={user} />}
      <Removal user={user} onClose={onClose} />
    </Stack>
  );
}

function Enabled({ user }: { user: User }) {
  const { mutate, isPending, error } = useMutation({
    mutationFn: (disabled: boolean) => changeUser(user.id, { disabled }),
    onSuccess: async (_, disabled) => {
      await refresh('users', 'audit');
      tellDone(disabled ? `${user.name} is signed out and kept out.` : `${user.name} may sign in again.`);
    },
  });
  return (
    <Stack gap="xs">
      <Switch
        label="May sign in"
        description="Switched off, every session ends at once; nothing else is lost."
        checked={user.state !== 'disabled'}
        disabled={isPending}
        onChange={({ currentTarget }) => mutate(!currentTarget.checked)}
      />
      {error && <FailureNote error={error} />}
    </Stack>
  );
}

function NewLink({ user, onInvited }: Omit<UserAccessProps, 'onClose'>) {
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => inviteUser(user.id),
    onSuccess: (invite) => onInvited(user, invite),
  });
  return (
    <Stack gap="xs">
      <Text size="sm">
        {user.state === 'invited'
          ? 'The invitation was not used yet. A new link takes the place of the old one.'
          : 'A password that is lost is chosen anew with a link that you pass on.'}
      </Text>
      <Group>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconLink size={14} aria-hidden />}
          loading={isPending}
          onClick={() => mutate()}
        >
          {user.state === 'invited' ? 'New invitation link' : 'Link to a new password'}
        </Button>
      </Group>
      {error && <FailureNote error={error} />}
    </Stack>
  );
}

function SecondFactor({ user }: { user: User }) {
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => changeUser(user.id, { two_factor_enabled: false }),
    onSuccess: async () => {
      await refresh('users', 'audit');
      tellDone(`${user.name} signs in with the password alone.`);
    },
  });
  return (
    <Stack gap="xs">
      <Text size="sm">
        Who has lost the authenticator and the backup codes signs in again without a second factor.
      </Text>
      <Group>
        <Button variant="default" size="xs" loading={isPending} onClick={() => mutate()}>
          Take the second factor away
        </Button>
      </Group>
      {error && <FailureNote error={error} />}
    </Stack>
  );
}

function Removal({ user, onClose }: { user: User; onClose: () => void }) {
  const [asks, setAsks] = useState(false);
  return (
    <Group>
      <Button
        variant="light"
        color="red"
        size="xs"
        leftSection={<IconTrash size={14} aria-hidden />}
        onClick={() => setAsks(true)}
      >
        Delete user
      </Button>
      {asks && (
        <ConfirmByName
          title={`Delete ${user.name}?`}
          name={user.name}
          verb="Delete user"
          confirm={() => removeUser(user.id)}
          onDone={async () => {
            await refresh('users', 'audit');
            tellDone(`${user.name} is deleted.`);
            onClose();
          }}
          onClose={() => setAsks(false)}
        >
          <Text size="sm">
            Their sessions end at once. The devices that they enrolled stay, and so does what the audit log
            says of them.
          </Text>
        </ConfirmByName>
      )}
    </Group>
  );
}
