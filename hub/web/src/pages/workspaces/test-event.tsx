import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconSend } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import type { TestResult } from '../../../../../shared/api/workspaces.ts';
import { sendTestEvent } from '../../api/workspaces.ts';
import { CodeBlock } from '../../ui/copy.tsx';
import { FailureNote } from '../../ui/failure-note.tsx';

interface TestEventProps {
  id: string;
}

/** Sends a test event and shows what the receiver said to it. */
export function TestEvent({ id }: TestEventProps) {
  const { mutate, data, error, isPending } = useMutation({ mutationFn: () => sendTestEvent(id) });
  return (
    <Stack gap="xs">
      <Group>
        <Button
          variant="default"
          leftSection={<IconSend size={15} aria-hidden />}
          loading={isPending}
          onClick={() => mutate()}
        >
          Send test event
        </Button>
      </Group>
      <div role="status" aria-live="polite">
        {data && !isPending && <Answer result={data} />}
      </div>
      {error && !isPending && <FailureNote error={error} />}
    </Stack>
  );
}

function Answer({ result: { status, body, latency_ms, error } }: { result: TestResult }) {
  const isGood = status !== null && status >= 200 && status < 300;
  return (
    <Alert
      color={isGood ? 'green' : 'red'}
      title={status === null ? 'No answer' : `The receiver answered ${status} in ${latency_ms} ms`}
    >
      <Stack gap="xs">
        <Text size="sm">{error ?? 'Any 2xx within 15 seconds is success: events will arrive.'}</Text>
        {body ? (
          <CodeBlock value={body} label="the answer" />
        ) : (
          status !== null && (
            <Text size="xs" c="dimmed">
              Its body was empty.
            </Text>
          )
        )}
      </Stack>
    </Alert>
  );
}
