import { Alert, Button, Group, Modal, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { type Replay, replay, useReplayable } from '../../api/deliveries.ts';
import { refresh } from '../../api/query-client.ts';
import { useWorkspaces } from '../../api/workspaces.ts';
import { FailureNote } from '../../ui/failure-note.tsx';
import { tellDone } from '../../ui/notices.ts';
import { countUp } from './count-up.ts';

type Which = 'both' | 'dead' | 'recorded';
const WHICH: { value: Which; label: string }[] = [
  { value: 'both', label: 'Both' },
  { value: 'dead', label: 'Given up' },
  { value: 'recorded', label: 'Only recorded' },
];

interface ReplayDialogProps {
  workspace: string | undefined;
  onClose: () => void;
}

/** Sends again what failed since a time: says how much that is before it is done. */
export function ReplayDialog({ workspace: initial, onClose }: ReplayDialogProps) {
  const [workspace, setWorkspace] = useState(initial);
  const [local, setLocal] = useState('');
  const [which, setWhich] = useState<Which>('both');
  const { data: workspaces = [] } = useWorkspaces();
  const since = instantOf(local);
  const replayable = useReplayable(workspace, since);
  const { dead = 0, recorded = 0 } = replayable.data ?? {};
  const count = { both: dead + recorded, dead, recorded }[which];
  const { mutate, isPending, error } = useMutation({
    mutationFn: (id: string) => replay(id, bodyOf(since, which)),
    onSuccess: async ({ replayed }) => {
      onClose();
      tellDone(
        replayed === 1 ? '1 event is in line again.' : `${countUp(replayed)} events are in line again.`,
      );
      await refresh('deliveries', 'messages', 'notices');
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (workspace !== undefined && !isPending) mutate(workspace);
  };
  return (
    <Modal opened onClose={onClose} title="Replay failed events">
      <form onSubmit={submit}>
        <Stack gap="md">
          <Select
            label="Workspace"
            placeholder="Choose one"
            data={workspaces.map(({ location_id, name }) => ({ value: location_id, label: name }))}
            value={workspace ?? null}
            onChange={(value) => setWorkspace(value ?? undefined)}
            searchable
            limit={200}
            allowDeselect={false}
            openOnFocus={false}
            data-autofocus
          />
          <TextInput
            type="datetime-local"
            label="Since"
            description="In your time zone. Left empty: all that is kept."
            value={local}
            onChange={({ currentTarget }) => setLocal(currentTarget.value)}
          />
          <div>
            <Text size="sm" fw={500} mb={4} id="replay-which">
              Which
            </Text>
            <SegmentedControl
              fullWidth
              data={WHICH}
              value={which}
              onChange={(value) => setWhich(value as Which)}
              aria-labelledby="replay-which"
            />
          </div>
          {workspace !== undefined && (
            <Forecast count={count} isCounting={replayable.isPending || replayable.isPlaceholderData} />
          )}
          {error && <FailureNote error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Close
            </Button>
            <Button type="submit" loading={isPending} disabled={workspace === undefined || count === 0}>
              {count === 0 ? 'Replay' : `Replay ${countUp(count)}`}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Forecast({ count, isCounting }: { count: number; isCounting: boolean }) {
  if (isCounting)
    return (
      <Text size="sm" c="dimmed" role="status">
        Counting …
      </Text>
    );
  return (
    <Alert color={count === 0 ? 'gray' : 'blue'} variant="light" role="status">
      {count === 0
        ? 'Nothing of that kind is kept from this time on.'
        : `${countUp(count)} ${count === 1 ? 'event goes' : 'events go'} out again: in order within each conversation, with the webhook-id of before, so that a receiver knows what it took already.`}
    </Alert>
  );
}

function instantOf(local: string): string | undefined {
  const time = Date.parse(local);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

function bodyOf(since: string | undefined, which: Which): Replay {
  return { ...(since !== undefined && { since }), ...(which !== 'both' && { status: which }) };
}
