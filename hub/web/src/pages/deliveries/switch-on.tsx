import { Anchor, Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link } from 'react-router';
import { refresh } from '../../api/query-client.ts';
import { changeWorkspace } from '../../api/workspaces.ts';
import { tellDone, tellFailure } from '../../ui/notices.ts';

/** Milliseconds: there is a link to follow in it. */
const READING_TIME_MS = 12_000;

/** Says that a webhook is on again, with the way to what was not sent meanwhile. */
export function offerReplay(workspace: string): void {
  tellDone(
    <>
      The webhook is switched on.{' '}
      <Anchor
        component={Link}
        to={`/deliveries?${new URLSearchParams({ workspace, replay: workspace })}`}
        size="sm"
        underline="always"
      >
        Replay what was not sent
      </Anchor>
    </>,
    READING_TIME_MS,
  );
}

interface SwitchOnProps {
  workspace: string;
  /** Says what is done: where the replay is at hand it need not be offered. */
  onDone: (workspace: string) => void;
}

export function SwitchOn({ workspace, onDone }: SwitchOnProps) {
  const { mutate, isPending } = useMutation({
    mutationFn: () => changeWorkspace(workspace, { webhook_enabled: true }),
    onSuccess: async () => {
      await refresh('workspaces', 'notices', 'deliveries');
      onDone(workspace);
    },
    onError: tellFailure,
  });
  return (
    <Button size="xs" variant="default" loading={isPending} onClick={() => mutate()}>
      Switch on again
    </Button>
  );
}
