import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { retryPending } from '../../api/deliveries.ts';
import { refresh } from '../../api/query-client.ts';
import { tellDone, tellFailure } from '../../ui/notices.ts';
import { countUp } from './count-up.ts';

/** For when the receiver is back: what waits for its next attempt waits no longer. */
export function TryAll({ workspace }: { workspace: string }) {
  const { mutate, isPending } = useMutation({
    mutationFn: () => retryPending(workspace),
    onSuccess: async ({ retried }) => {
      await refresh('deliveries', 'notices');
      tellDone(
        retried === 0 ? 'None was waiting.' : `Tried now: ${countUp(retried)}, and what is behind them.`,
      );
    },
    onError: tellFailure,
  });
  return (
    <Button size="xs" variant="default" loading={isPending} onClick={() => mutate()}>
      Try all now
    </Button>
  );
}
