import { Alert, Button, type ButtonProps, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { ApiFailure, describeFailure } from '../api/failures.ts';
import { Dialog } from './dialog.tsx';
import { FailureNote } from './failure-note.tsx';
import { tellFailure } from './notices.ts';

interface ForcedActionProps<Result> extends ButtonProps {
  children: ReactNode;
  /** Asked without force first: what the hub then warns of is told, and may be done all the same. */
  run: (force: boolean) => Promise<Result>;
  onDone: (result: Result) => void;
  /** On the button below the warning. */
  verb: string;
  'aria-label'?: string;
}

/** A button for what the hub does only by force where it may do harm. The warning is the hub's own. */
export function ForcedAction<Result>({ children, run, onDone, verb, ...button }: ForcedActionProps<Result>) {
  const [warning, setWarning] = useState<ApiFailure>();
  const gentle = useMutation({
    mutationFn: () => run(false),
    onSuccess: onDone,
    onError: (error) => {
      if (error instanceof ApiFailure && isWarning(error)) setWarning(error);
      else tellFailure(error);
    },
  });
  return (
    <>
      <Button {...button} loading={gentle.isPending} onClick={() => gentle.mutate()}>
        {children}
      </Button>
      {warning && (
        <Warning
          warning={warning}
          verb={verb}
          run={() => run(true)}
          onDone={(result) => {
            setWarning(undefined);
            onDone(result);
          }}
          onClose={() => setWarning(undefined)}
        />
      )}
    </>
  );
}

interface WarningProps<Result> {
  warning: ApiFailure;
  verb: string;
  run: () => Promise<Result>;
  onDone: (result: Result) => void;
  onClose: () => void;
}

function Warning<Result>({ warning, verb, run, onDone, onClose }: WarningProps<Result>) {
  const { mutate, isPending, error } = useMutation({ mutationFn: run, onSuccess: onDone });
  return (
    <Dialog onClose={onClose} title="Are you sure?">
      <Stack gap="md">
        <Alert color="orange" variant="light" icon={<IconAlertTriangle size={18} aria-hidden />}>
          <Text size="sm">{describeFailure(warning)}</Text>
        </Alert>
        {error && <FailureNote error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            Leave it
          </Button>
          <Button color="red" loading={isPending} onClick={() => mutate()}>
            {verb}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function isWarning({ code, details }: ApiFailure): boolean {
  return code === 'conflict' && details.some(({ field }) => field === 'force');
}
