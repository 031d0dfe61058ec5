import { Alert, Button, Code, Group, List, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { ApiFailure, describeFailure } from '../api/failures.ts';

interface FailureNoteProps {
  error: unknown;
  title?: string;
  onRetry?: (() => void) | undefined;
  /** Whether the single faults of fields are listed: where no field stands beside which to say them. */
  withDetails?: boolean;
}

/** Says in place what did not work and what to do; of a fault of the hub, the id with which its log knows the request. */
export function FailureNote({ error, title, onRetry, withDetails = false }: FailureNoteProps) {
  const failure = error instanceof ApiFailure ? error : undefined;
  return (
    <Alert
      role="alert"
      color="red"
      variant="light"
      title={title}
      icon={<IconAlertTriangle size={18} aria-hidden />}
      styles={{ message: { color: 'inherit' } }}
    >
      <Text size="sm">{describeFailure(error)}</Text>
      {withDetails && failure && failure.details.length > 0 && <Faults failure={failure} />}
      {failure?.isUnexpected && failure.requestId && (
        <Text size="xs" c="dimmed" mt={4}>
          Request <Code>{failure.requestId}</Code>: the hub’s log tells more under this id.
        </Text>
      )}
      {onRetry && (
        <Group mt="sm">
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        </Group>
      )}
    </Alert>
  );
}

function Faults({ failure }: { failure: ApiFailure }) {
  return (
    <List size="sm" mt={4}>
      {failure.details.map(({ field, message }) => (
        <List.Item key={field + message}>
          <b>{field}</b> {message}
        </List.Item>
      ))}
    </List>
  );
}
