import { Button, Group, Stack, Text } from '@mantine/core';
import { IconBan, IconMessages, IconRepeat } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { cancelMessage, type Message, resendMessage } from '../../api/messages.ts';
import { refresh } from '../../api/query-client.ts';
import { pathOf } from '../../api/request.ts';
import { useWorkspaces } from '../../api/workspaces.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { FailureNote } from '../../ui/failure-note.tsx';
import { ForcedAction } from '../../ui/forced-action.tsx';
import { tellDone } from '../../ui/notices.ts';

/** What can be done with a message in its state. */
export function MessageActions({ message }: { message: Message }) {
  const { location_id, phone, group_id, direction, status } = message;
  const { data: workspaces } = useWorkspaces();
  const isHomeless = workspaces?.every((workspace) => workspace.location_id !== location_id) ?? false;
  return (
    <>
      {location_id !== null && (
        <Button
          component={Link}
          to={pathOf`/conversations/${location_id}/${group_id ?? phone}`}
          variant="default"
          leftSection={<IconMessages size={16} aria-hidden />}
        >
          Conversation
        </Button>
      )}
      {direction === 'out' && status === 'QUEUED' && <CancelButton id={message.id} />}
      {direction === 'out' && status === 'FAILED' && !isHomeless && <ResendButton id={message.id} />}
    </>
  );
}

function ResendButton({ id }: { id: string }) {
  const navigate = useNavigate();
  return (
    <ForcedAction
      leftSection={<IconRepeat size={16} aria-hidden />}
      verb="Send it again"
      run={(force) => resendMessage(id, force)}
      onDone={async (again) => {
        tellDone(`Queued again, as ${again.message_id}.`);
        await refresh('messages');
        await navigate(pathOf`/messages/${again.id}`);
      }}
    >
      Send again
    </ForcedAction>
  );
}

function CancelButton({ id }: { id: string }) {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconBan size={16} aria-hidden />}
        onClick={() => setAsking(true)}
      >
        Cancel
      </Button>
      {isAsking && <ConfirmCancel id={id} onClose={() => setAsking(false)} />}
    </>
  );
}

function ConfirmCancel({ id, onClose }: { id: string; onClose: () => void }) {
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => cancelMessage(id),
    onSuccess: async () => {
      onClose();
      tellDone('Canceled: it will not be sent.');
      await refresh('messages', 'deliveries');
    },
  });
  return (
    <Dialog onClose={onClose} title="Cancel this message?">
      <Stack gap="md">
        <Text size="sm">It ends as FAILED with the code canceled, and its client is told so.</Text>
        {error && <FailureNote error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Leave it queued
          </Button>
          <Button color="red" loading={isPending} onClick={() => mutate()} data-autofocus>
            Cancel the message
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
