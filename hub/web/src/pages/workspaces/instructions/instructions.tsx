import { Drawer, Tabs, Text } from '@mantine/core';
import { useWorkspace, type Workspace } from '../../../api/workspaces.ts';
import { QueryView } from '../../../ui/query-view.tsx';
import { ReceivePart } from './receive-part.tsx';
import { SendPart } from './send-part.tsx';
import { VerifyPart } from './verify-part.tsx';

interface InstructionsProps {
  id: string;
  onClose: () => void;
}

/** What the people who write the client system need, with this workspace's own values. */
export function Instructions({ id, onClose }: InstructionsProps) {
  const workspace = useWorkspace(id);
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size={760}
      title={
        <Text component="span" fw={600} fz="lg">
          {workspace.data ? `Instructions for ${workspace.data.name}` : 'Instructions'}
        </Text>
      }
    >
      <QueryView query={workspace}>{(data) => <Parts workspace={data} />}</QueryView>
    </Drawer>
  );
}

function Parts({ workspace }: { workspace: Workspace }) {
  return (
    <Tabs defaultValue="send">
      <Tabs.List mb="lg">
        <Tabs.Tab value="send">1. Send</Tabs.Tab>
        <Tabs.Tab value="receive">2. Receive events</Tabs.Tab>
        <Tabs.Tab value="verify">3. Verify them</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="send">
        <SendPart workspace={workspace} />
      </Tabs.Panel>
      <Tabs.Panel value="receive">
        <ReceivePart workspace={workspace} />
      </Tabs.Panel>
      <Tabs.Panel value="verify">
        <VerifyPart workspace={workspace} />
      </Tabs.Panel>
    </Tabs>
  );
}
