import { Alert, Anchor, Button, Group, Stack, Switch, Text, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { refresh } from '../../api/query-client.ts';
import { connectWorkspace, type Workspace } from '../../api/workspaces.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { useSearchWith } from '../../ui/filters.ts';
import { tellDone, tellFailure } from '../../ui/notices.ts';
import classes from './sims.module.css';

const MANY = 8;

interface ConnectLocationProps {
  workspaces: Workspace[];
  onClose: () => void;
}

/** Every workspace with its switch. */
export function ConnectLocation({ workspaces, onClose }: ConnectLocationProps) {
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  const found = workspaces.filter(({ name, location_id }) =>
    [name, location_id].some((field) => field.toLowerCase().includes(wanted)),
  );
  return (
    <Dialog onClose={onClose} title="Connect Location">
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          A connected workspace sends and receives through its devices. Off, it does neither.
        </Text>
        {workspaces.length > MANY && (
          <TextInput
            type="search"
            aria-label="Find a workspace"
            placeholder="Find a workspace"
            leftSection={<IconSearch size={16} aria-hidden />}
            value={text}
            onChange={({ currentTarget }) => setText(currentTarget.value)}
          />
        )}
        <ul className={`${classes.rows} ${classes.scroll}`}>
          {found.map((workspace) => (
            <li key={workspace.location_id} className={classes.row}>
              <ConnectSwitch workspace={workspace} />
            </li>
          ))}
          {found.length === 0 && (
            <li className={classes.row}>
              <Text size="sm" c="dimmed">
                No workspace is called that.
              </Text>
            </li>
          )}
        </ul>
        <Group justify="flex-end">
          <Button onClick={onClose}>Done</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function ConnectSwitch({ workspace }: { workspace: Workspace }) {
  const { name, location_id, connected } = workspace;
  const searchWith = useSearchWith();
  const [asks, setAsks] = useState(false);
  const { mutate, isPending } = useMutation({
    mutationFn: (on: boolean) => connectWorkspace(location_id, on),
    onSuccess: async (_, on) => {
      await refresh('workspaces', 'messages');
      tellDone(on ? `${name} is connected.` : `${name} is disconnected.`);
    },
    onError: tellFailure,
    onSettled: () => setAsks(false),
  });
  return (
    <>
      <Switch
        label={name}
        description={countDevices(workspace)}
        labelPosition="left"
        styles={{ body: { justifyContent: 'space-between' }, labelWrapper: { minWidth: 0 } }}
        checked={connected}
        disabled={isPending}
        onChange={({ currentTarget }) => (currentTarget.checked ? mutate(true) : setAsks(true))}
      />
      {connected && workspace.devices.length === 0 && workspace.served_channels.length === 0 && (
        <Anchor
          component={Link}
          to={searchWith({ connect: null, assign: location_id })}
          preventScrollReset
          size="sm"
          aria-label={`Assign devices to ${name}`}
        >
          Assign devices
        </Anchor>
      )}
      {asks && (
        <Alert color="orange" role="alert" mt="xs" title={`Disconnect ${name}?`}>
          <Text size="sm">
            Its system’s messages are refused from then on, and what comes in for it is not told.
          </Text>
          <Group mt="sm" gap="xs">
            <Button size="xs" color="red" loading={isPending} onClick={() => mutate(false)}>
              Disconnect
            </Button>
            <Button size="xs" variant="default" onClick={() => setAsks(false)} autoFocus>
              Stay connected
            </Button>
          </Group>
        </Alert>
      )}
    </>
  );
}

function countDevices({ devices, served_channels }: Workspace): string {
  if (devices.length === 0)
    return served_channels.length > 0 ? 'Served by a device that is not shown to you' : 'No device yet';
  return devices.length === 1 ? '1 device' : `${devices.length} devices`;
}
