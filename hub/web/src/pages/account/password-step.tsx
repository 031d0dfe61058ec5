import { Button, Group, PasswordInput, Stack } from '@mantine/core';
import { explainAuth } from '../../forms/auth-failures.ts';
import { useApiForm } from '../../forms/use-api-form.ts';
import { FailureNote } from '../../ui/failure-note.tsx';

interface PasswordStepProps<Result> {
  verb: string;
  color?: string;
  /** Does what the password is asked for. */
  send: (body: { password: string }) => Promise<Result>;
  onDone: (result: Result) => void;
  onCancel: () => void;
}

/** Asks for the password again, before the second factor is touched. */
export function PasswordStep<Result>({ verb, color, send, onDone, onCancel }: PasswordStepProps<Result>) {
  const { form, failure, isSending, submit } = useApiForm({
    initialValues: { password: '' },
    validate: ({ password }) => ({ password: password === '' ? 'Type your password.' : undefined }),
    send: (values) => send(values).catch(explainAuth),
    onDone,
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm" maw={420}>
        <PasswordInput
          label="Your password"
          autoComplete="current-password"
          autoFocus
          {...form.getInputProps('password')}
        />
        {failure !== null && <FailureNote error={failure} />}
        <Group>
          <Button type="submit" color={color} loading={isSending}>
            {verb}
          </Button>
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
