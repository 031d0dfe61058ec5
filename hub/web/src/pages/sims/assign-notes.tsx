import { Alert, Button, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { Channel } from '../../../../../shared/channels.ts';
import { useIsAdmin } from '../../api/me.ts';
import { refresh } from '../../api/query-client.ts';
import { connectWorkspace, useWorkspaces, type Workspace } from '../../api/workspaces.ts';
import { tellDone, tellFailure } from '../../ui/notices.ts';
import { CHANNEL_NAMES } from '../../words.ts';

interface SharedNoteProps {
  workspace: string;
  /** Ids of those that are assigned to it. */
  devices: string[];
}

/** Where a device serves several workspaces: which of them hears of a stranger. */
export function SharedNote({ workspace, devices }: SharedNoteProps) {
  const { data: workspaces = [] } = useWorkspaces();
  const sharing = workspaces.filter(
    (other) =>
      other.location_id !== workspace && other.devices.some(({ device_id }) => devices.includes(device_id)),
  );
  if (sharing.length === 0) return null;
  return (
    <Text size="sm" c="dimmed" role="note">
      Devices chosen here also serve {nameSome(sharing)}. What comes in goes to the workspace that wrote with
      the person last; from people nobody wrote with before, to the one that was given the device first.
    </Text>
  );
}

/** Devices alone do not make it work. */
export function ConnectNote({ workspace: { location_id, name } }: { workspace: Workspace }) {
  const { mutate, isPending } = useMutation({
    mutationFn: () => connectWorkspace(location_id, true),
    onSuccess: async () => {
      await refresh('workspaces', 'messages');
      tellDone(`${name} is connected.`);
    },
    onError: tellFailure,
  });
  return (
    <Alert color="orange" title="Not connected yet">
      <Text size="sm">Its messages are refused until it is, whatever devices it has.</Text>
      <Button size="xs" mt="xs" loading={isPending} onClick={() => mutate()}>
        Connect it now
      </Button>
    </Alert>
  );
}

const MOST_NAMED = 3;

function nameSome(workspaces: Workspace[]): string {
  const named = workspaces.slice(0, MOST_NAMED).map(({ name }) => name);
  const left = workspaces.length - named.length;
  return left > 0 ? `${named.join(', ')} and ${left} more` : named.join(', ');
}

/** Channels that only devices serve which the viewer does not see. */
export function servedByOthers({ served_channels }: Workspace, seen: Workspace['devices']): Channel[] {
  return served_channels.filter((one) => !seen.some(({ channels }) => channels.includes(one)));
}

interface UnservedProps {
  channels: Channel[];
  byOthers: Channel[];
}

/** What becomes of messages on channels to which no device is assigned here. */
export function Unserved({ channels: unassigned, byOthers }: UnservedProps) {
  const others = unassigned.filter((one) => byOthers.includes(one));
  const channels = unassigned.filter((one) => !byOthers.includes(one));
  return (
    <>
      {others.length > 0 && (
        <Text size="sm" c="dimmed" role="status">
          Served by a device that is not shown to you: {others.map((one) => CHANNEL_NAMES[one]).join(', ')}.
        </Text>
      )}
      <Refused channels={channels} />
    </>
  );
}

/** To who does not see every device: what they take away may be served by one of the others, too. */
function Refused({ channels }: { channels: Channel[] }) {
  const isAdmin = useIsAdmin();
  if (channels.length === 0) return null;
  return (
    <Alert color="orange" py="xs" role="status">
      <Text size="sm">
        Without a device: {channels.map((channel) => CHANNEL_NAMES[channel]).join(', ')}. Messages on{' '}
        {channels.length === 1 ? 'it' : 'them'} are refused
        {isAdmin ? '.' : ', unless a device that is not shown to you serves them.'}
      </Text>
    </Alert>
  );
}
