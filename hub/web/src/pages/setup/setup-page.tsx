import { Alert, Anchor, Button, Loader, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from 'react-router';
import { ApiFailure } from '../../api/failures.ts';
import { useMe } from '../../api/me.ts';
import { queryClient } from '../../api/query-client.ts';
import { noteSignedIn } from '../../api/session-end.ts';
import { readSetupLink, type SetupLink, takeSetupLink } from '../../api/setup.ts';
import { judgePassword, NewPasswordField } from '../../forms/new-password-field.tsx';
import { useApiForm } from '../../forms/use-api-form.ts';
import { Gate } from '../../shell/gate.tsx';
import { FailureNote } from '../../ui/failure-note.tsx';

const WORDS = {
  first_admin: {
    title: 'Set up Bluewire',
    description: 'This link makes an administrator of this hub. It works once.',
    verb: 'Create account',
  },
  invite: {
    title: 'Welcome to Bluewire',
    description: 'You were invited. Choose a password to begin.',
    verb: 'Begin',
  },
  reset: {
    title: 'Choose a new password',
    description: 'It takes the place of the old one, and ends every session.',
    verb: 'Save password',
  },
} as const;

export function SetupPage() {
  const { code = '' } = useParams();
  const { data, error, refetch } = useQuery({
    queryKey: ['setup', code],
    queryFn: ({ signal }) => readSetupLink(code, signal),
    // A link does not change while its form is filled in, and each look at a wrong one counts as a guess.
    refetchInterval: false,
    refetchOnWindowFocus: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (data) return <SetupForm code={code} link={data} />;
  if (error)
    return (
      <Gate title="This link does not work">
        <FailureNote error={error} onRetry={error instanceof ApiFailure ? undefined : () => void refetch()} />
        <Text size="sm">
          Ask whoever sent it for a new one, or{' '}
          <Anchor component={Link} to="/login" inherit underline="always">
            sign in
          </Anchor>
          .
        </Text>
      </Gate>
    );
  return (
    <Gate title="One moment">
      <Loader aria-label="Loading" />
    </Gate>
  );
}

function SetupForm({ code, link: { purpose, email, name } }: { code: string; link: SetupLink }) {
  const navigate = useNavigate();
  const { title, description, verb } = WORDS[purpose];
  const isOpen = purpose === 'first_admin';
  const { form, failure, isSending, submit } = useApiForm({
    initialValues: { name: name ?? '', email: email ?? '', password: '' },
    validate: (values) => ({
      name: isOpen && values.name.trim() === '' ? 'Type your name.' : undefined,
      email: isOpen && values.email.trim() === '' ? 'Type your e-mail address.' : undefined,
      password: judgePassword(values.password),
    }),
    send: ({ password, ...who }) => takeSetupLink(code, isOpen ? { ...who, password } : { password }),
    onDone: async () => {
      noteSignedIn();
      // Somebody else may have been signed in here before: the panel does not open as theirs.
      await queryClient.resetQueries({ queryKey: ['users'] });
      await navigate('/', { replace: true });
      await queryClient.resetQueries();
    },
  });
  return (
    <Gate title={title} description={description}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <SignedInNote email={email} />
          {failure !== null && <FailureNote error={failure} />}
          {isOpen && <TextInput label="Name" autoComplete="name" autoFocus {...form.getInputProps('name')} />}
          <TextInput
            label="E-mail"
            type="email"
            autoComplete="username"
            readOnly={!isOpen}
            description={isOpen ? undefined : `You sign in with it${name ? `, ${name}` : ''}.`}
            {...form.getInputProps('email')}
          />
          <NewPasswordField label="Password" input={form.getInputProps('password')} />
          <Button type="submit" loading={isSending} fullWidth>
            {verb}
          </Button>
        </Stack>
      </form>
    </Gate>
  );
}

/** To whoever opens a link that is not for them, or forgot that somebody else is signed in. */
function SignedInNote({ email }: { email: string | null }) {
  const { data: me, isError } = useMe();
  if (me === undefined || isError || me.email === email) return null;
  return (
    <Alert color="orange" role="note" title={`${me.name} is signed in here`}>
      Going on signs {me.email ?? me.name} out of this browser: the link is{' '}
      {email === null ? 'for a new administrator' : `for ${email}`}. To stay signed in, open it in another
      browser.
    </Alert>
  );
}
