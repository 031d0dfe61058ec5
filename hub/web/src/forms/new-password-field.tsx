import { PasswordInput, Progress, Stack, Text } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { MIN_PASSWORD } from '../words.ts';

interface NewPasswordFieldProps {
  label: string;
  /** From the form's `getInputProps`. */
  input: ReturnType<UseFormReturnType<Record<string, unknown>>['getInputProps']>;
}

/** Length is what makes a password strong, so length is all that is asked for. */
export function NewPasswordField({ label, input }: NewPasswordFieldProps) {
  const length = String(input.value ?? '').length;
  const isLongEnough = length >= MIN_PASSWORD;
  return (
    <Stack gap={6}>
      <PasswordInput label={label} autoComplete="new-password" {...input} />
      <Progress
        value={Math.min(100, (length / MIN_PASSWORD) * 100)}
        color={isLongEnough ? 'green' : 'orange'}
        size={4}
        aria-label="Length of the password"
      />
      <Text size="xs" c="dimmed">
        {isLongEnough ? 'Long enough.' : `At least ${MIN_PASSWORD} characters: a few words in a row do well.`}
      </Text>
    </Stack>
  );
}

/** What is wrong with a new password, before the hub is asked. */
export function judgePassword(password: string): string | undefined {
  if (password.length >= MIN_PASSWORD) return undefined;
  return `A password has at least ${MIN_PASSWORD} characters.`;
}
