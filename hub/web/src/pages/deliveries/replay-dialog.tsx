import { Button, Group, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { type Replay, type Replayable, replay, useReplayable } from '../../api/deliveries.ts';
import { refresh } from '../../api/query-client.ts';
import { useWorkspaces } from '../../api/workspaces.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { FailureNote } from '../../ui/failure-note.tsx';
import { tellDone } from '../../ui/notices.ts';
import { countUp } from './count-up.ts';
import { mayReplay, ReplayForecast } from './replay-forecast.tsx';

type Which = 'both' | 'dead' | 'recorded';
const WHICH: { value: Which; label: string }[] = [
  { value: 'both', label: 'Both' },
  { value: 'dead', label: 'Dead letters' },
  { value: 'recorded', label: 'Recorded only' },
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
  const chosen = workspaces.find(({ location_id }) => location_id === workspace);
  const since = instantOf(local);
  const replayable = useReplayable(workspace, since);
  const count = replayable.data && countOf(replayable.data, which);
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
  const isReady = chosen !== undefined && mayReplay(chosen) && count !== undefined && count > 0;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isReady && !isPending) mutate(chosen.location_id);
  };
  return (
    <Dialog onClose={onClose} title="Replay failed events">
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
          {chosen && (
            <ReplayForecast
              workspace={chosen}
              count={count}
              failure={replayable.error}
              onRetry={() => void replayable.refetch()}
            />
          )}
          {error && <FailureNote error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Close
            </Button>
            <Button type="submit" loading={isPending} disabled={!isReady}>
              {count ? `Replay ${countUp(count)}` : 'Replay'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

function countOf({ dead, recorded }: Replayable, which: Which): number {
  return { both: dead + recorded, dead, recorded }[which];
}

function instantOf(local: string): string | undefined {
  const time = Date.parse(local);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

function bodyOf(since: string | undefined, which: Which): Replay {
  return { ...(since !== undefined && { since }), ...(which !== 'both' && { status: which }) };
}
