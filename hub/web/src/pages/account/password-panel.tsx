import { Button, Checkbox, Group, PasswordInput, Stack } from '@mantine/core';
import { changePassword } from '../../api/account.ts';
import { refresh } from '../../api/query-client.ts';
import { explainAuth } from '../../forms/auth-failures.ts';
import { judgePassword, NewPasswordField } from '../../forms/new-password-field.tsx';
import { useApiForm } from '../../forms/use-api-form.ts';
import { FailureNote } from '../../ui/failure-note.tsx';
import { tellDone } from '../../ui/notices.ts';
import { Panel } from '../../ui/panel.tsx';

export function PasswordPanel() {
  const { form, failure, isSending, submit } = useApiForm({
    initialValues: { currentPassword: '', newPassword: '', revokeOtherSessions: true },
    validate: ({ currentPassword, newPassword }) => ({
      currentPassword: currentPassword === '' ? 'Type your current password.' : undefined,
      newPassword: judgePassword(newPassword),
    }),
    send: (values) => changePassword(values).catch(explainAuth),
    onDone: () => {
      form.reset();
      void refresh('users');
      tellDone('The password is changed.');
    },
  });
  return (
    <Panel title="Password">
      <form onSubmit={submit} noValidate>
        <Stack gap="sm" maw={420}>
          <PasswordInput
            label="Current password"
            autoComplete="current-password"
            {...form.getInputProps('currentPassword')}
          />
          <NewPasswordField label="New password" input={form.getInputProps('newPassword')} />
          <Checkbox
            label="End my other sessions"
            {...form.getInputProps('revokeOtherSessions', { type: 'checkbox' })}
          />
          {failure !== null && <FailureNote error={failure} />}
          <Group>
            <Button type="submit" loading={isSending}>
              Change password
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
