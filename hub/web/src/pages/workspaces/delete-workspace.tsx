import { List, Skeleton, Text } from '@mantine/core';
import { useDevices } from '../../api/devices.ts';
import { refresh } from '../../api/query-client.ts';
import { deleteWorkspace, useWaiting, useWorkspace, type Workspace } from '../../api/workspaces.ts';
import { ConfirmByName } from '../../ui/confirm-by-name.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { tellDone } from '../../ui/notices.ts';
import { QueryView } from '../../ui/query-view.tsx';

interface DeleteWorkspaceProps {
  id: string;
  onClose: () => void;
}

/** Lists what breaks, and asks for the name. */
export function DeleteWorkspace({ id, onClose }: DeleteWorkspaceProps) {
  const workspace = useWorkspace(id);
  if (workspace.data === undefined)
    return (
      <Dialog onClose={onClose} title="Delete workspace">
        <QueryView query={workspace}>{() => null}</QueryView>
      </Dialog>
    );
  const { name } = workspace.data;
  return (
    <ConfirmByName
      title={`Delete ${name}?`}
      name={name}
      verb="Delete workspace"
      confirm={() => deleteWorkspace(id)}
      onDone={async () => {
        await refresh('workspaces', 'messages', 'deliveries', 'devices');
        tellDone(`${name} is deleted.`);
        onClose();
      }}
      onClose={onClose}
    >
      <WhatBreaks workspace={workspace.data} />
    </ConfirmByName>
  );
}

function WhatBreaks({ workspace }: { workspace: Workspace }) {
  const { location_id, devices, connected } = workspace;
  const { data: all = [] } = useDevices();
  const { data: waiting } = useWaiting(location_id);
  const names = devices.map(({ device_id }) => all.find(({ id }) => id === device_id)?.name ?? 'one more');
  return (
    <div>
      <Text size="sm" mb="xs">
        This cannot be undone:
      </Text>
      <List size="sm" spacing={4}>
        <List.Item>
          Its location ID, API keys and signing secret stop working at once
          {connected ? ': it is connected, and its system may be sending.' : '.'}
        </List.Item>
        <List.Item>
          {devices.length === 0
            ? 'No device is assigned to it.'
            : `${devices.length === 1 ? 'One device stops' : `${devices.length} devices stop`} serving it: ${names.join(', ')}.`}
        </List.Item>
        <List.Item>
          {waiting === undefined ? (
            <Skeleton height={12} width={220} component="span" display="inline-block" />
          ) : (
            `Queued messages that will not be sent: ${waiting.messages}. Webhook events that will not be delivered: ${waiting.events}.`
          )}
        </List.Item>
        <List.Item>Its messages stay on record; what its webhook was told of them does not.</List.Item>
      </List>
    </div>
  );
}
