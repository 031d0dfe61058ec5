import { Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { signIn, verifyBackupCode, verifyTotp } from '../api/account.ts';
import { queryClient } from '../api/query-client.ts';
import { noteSignedIn } from '../api/session-end.ts';
import { FailureNote } from '../ui/failure-note.tsx';
import { explainAuth } from './auth-failures.ts';
import { useApiForm } from './use-api-form.ts';

interface SignInFormProps {
  initialEmail?: string;
  introduction?: string;
  /** Called before the page behind shows anything to whoever signed in. Its failure is told, and they may try again. */
  admit?: () => Promise<void>;
  onSignedIn?: () => void;
}

/** E-mail and password, then the authenticator's code where one is set up. */
export function SignInForm({ initialEmail = '', introduction, admit, onSignedIn }: SignInFormProps) {
  const [asksForCode, setAsksForCode] = useState(false);
  const finish = async (): Promise<void> => {
    await admit?.();
    noteSignedIn();
    void queryClient.invalidateQueries();
    onSignedIn?.();
  };
  return (
    <Stack gap="md">
      {introduction && (
        <Text size="sm" c="dimmed">
          {introduction}
        </Text>
      )}
      {asksForCode ? (
        <CodeStep onSignedIn={finish} onBack={() => setAsksForCode(false)} />
      ) : (
        <PasswordStep
          initialEmail={initialEmail}
          onSignedIn={finish}
          onCodeAsked={() => setAsksForCode(true)}
        />
      )}
    </Stack>
  );
}

interface PasswordStepProps {
  initialEmail: string;
  onSignedIn: () => Promise<void>;
  onCodeAsked: () => void;
}

function PasswordStep({ initialEmail, onSignedIn, onCodeAsked }: PasswordStepProps) {
  const { form, failure, isSending, submit } = useApiForm({
    initialValues: { email: initialEmail, password: '' },
    validate: ({ email, password }) => ({
      ...(email.trim() === '' && { email: 'Type your e-mail address.' }),
      ...(password === '' && { password: 'Type your password.' }),
    }),
    send: ({ email, password }) => signIn({ email: email.trim(), password }).catch(explainAuth),
    onDone: ({ twoFactorRedirect }) => (twoFactorRedirect ? onCodeAsked() : onSignedIn()),
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {failure !== null && <FailureNote error={failure} />}
        <TextInput
          label="E-mail"
          type="email"
          autoComplete="username"
          data-autofocus={initialEmail === '' || undefined}
          autoFocus={initialEmail === ''}
          {...form.getInputProps('email')}
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          data-autofocus={initialEmail !== '' || undefined}
          autoFocus={initialEmail !== ''}
          {...form.getInputProps('password')}
        />
        <Button type="submit" loading={isSending} fullWidth mt={4}>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}

interface CodeStepProps {
  onSignedIn: () => Promise<void>;
  onBack: () => void;
}

function CodeStep({ onSignedIn, onBack }: CodeStepProps) {
  const [usesBackup, setUsesBackup] = useState(false);
  const { form, failure, isSending, submit } = useApiForm({
    initialValues: { code: '' },
    validate: ({ code }) => (code.trim() === '' ? { code: 'Type the code.' } : {}),
    send: ({ code }) =>
      (usesBackup
        ? verifyBackupCode({ code: code.trim() })
        : verifyTotp({ code: code.replaceAll(/\s/g, '') })
      ).catch(explainAuth),
    onDone: onSignedIn,
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {failure !== null && <FailureNote error={failure} />}
        <TextInput
          key={String(usesBackup)}
          label={usesBackup ? 'Backup code' : 'Code of your authenticator'}
          description={
            usesBackup ? 'Each of them works once.' : 'Six digits, from the app in which you set Bluewire up.'
          }
          inputMode={usesBackup ? 'text' : 'numeric'}
          autoComplete="one-time-code"
          autoFocus
          {...form.getInputProps('code')}
        />
        <Button type="submit" loading={isSending} fullWidth>
          Verify
        </Button>
        <Stack gap={4} align="center">
          <Anchor component="button" type="button" size="sm" onClick={() => setUsesBackup(!usesBackup)}>
            {usesBackup ? 'Use the authenticator instead' : 'Use a backup code instead'}
          </Anchor>
          <Anchor component="button" type="button" size="sm" c="dimmed" onClick={onBack}>
            Start over
          </Anchor>
        </Stack>
      </Stack>
    </form>
  );
}
