import { Button, Stack, Text } from '@mantine/core';
import { IconPlugConnected } from '@tabler/icons-react';
import { useDevices } from '../../api/devices.ts';
import { useWorkspaces, type Workspace } from '../../api/workspaces.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { EmptyNote } from '../../ui/empty-note.tsx';
import { useDialogs } from '../../ui/filters.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { AssignDevices } from './assign-devices.tsx';
import { ConnectLocation } from './connect-location.tsx';
import { ConnectedWorkspace } from './connected-workspace.tsx';

const DIALOGS = ['connect', 'assign'] as const;

export function SimsPage() {
  const workspaces = useWorkspaces();
  const { values, set } = useDialogs(DIALOGS);
  const connect = (
    <Button
      leftSection={<IconPlugConnected size={16} aria-hidden />}
      onClick={() => set({ connect: '1' })}
      disabled={workspaces.data?.length === 0}
    >
      Connect Location
    </Button>
  );
  const close = (): void => set({ connect: null, assign: null });
  return (
    <>
      <PageHeader
        title="Subaccount SIMs"
        description="The connected workspaces, and the SIM numbers, WhatsApp and iMessage devices that serve each of them, channel by channel."
        actions={connect}
      />
      <QueryView query={workspaces}>
        {(list) => (
          <>
            <Connected
              workspaces={list.filter(({ connected }) => connected)}
              hasAny={list.length > 0}
              action={connect}
            />
            {values.connect && <ConnectLocation workspaces={list} onClose={close} />}
            {values.assign && <Assign id={values.assign} workspaces={list} onClose={close} />}
          </>
        )}
      </QueryView>
    </>
  );
}

interface ConnectedProps {
  workspaces: Workspace[];
  hasAny: boolean;
  action: React.ReactNode;
}

function Connected({ workspaces, hasAny, action }: ConnectedProps) {
  const { data: devices } = useDevices();
  if (workspaces.length === 0)
    return (
      <EmptyNote
        icon={IconPlugConnected}
        title="No workspace is connected"
        action={hasAny ? action : undefined}
      >
        {hasAny
          ? 'A workspace sends and receives once it is connected and has a device. Connect the first.'
          : 'There is no workspace yet: add one under Workspaces / Webhooks, then connect it here.'}
      </EmptyNote>
    );
  return (
    <Stack gap="md">
      {workspaces.map((workspace) => (
        <ConnectedWorkspace key={workspace.location_id} workspace={workspace} devices={devices ?? []} />
      ))}
    </Stack>
  );
}

interface AssignProps {
  id: string;
  workspaces: Workspace[];
  onClose: () => void;
}

function Assign({ id, workspaces, onClose }: AssignProps) {
  const devices = useDevices();
  const workspace = workspaces.find(({ location_id }) => location_id === id);
  if (workspace && devices.data)
    return <AssignDevices key={id} workspace={workspace} devices={devices.data} onClose={onClose} />;
  return (
    <Dialog onClose={onClose} title="Assign devices">
      {workspace ? (
        <QueryView query={devices}>{() => null}</QueryView>
      ) : (
        <Text size="sm">The workspace that this link led to is not here, or not given to you.</Text>
      )}
    </Dialog>
  );
}
