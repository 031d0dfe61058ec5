import { refresh } from '../../api/query-client.ts';
import { createUser, type Invite, type User } from '../../api/users.ts';
import { FormDialog } from '../../forms/form-dialog.tsx';
import { useApiForm } from '../../forms/use-api-form.ts';
import { bodyOfUser, judgeUser, UserFields, type UserValues } from './user-fields.tsx';

interface NewUserProps {
  onInvited: (user: User, invite: Invite) => void;
  onClose: () => void;
}

export function NewUser({ onInvited, onClose }: NewUserProps) {
  const api = useApiForm<UserValues, User & Invite>({
    initialValues: { name: '', email: '', role: 'user', workspaces: [], devices: [], device_allowance: 0 },
    validate: judgeUser,
    send: (values) => createUser(bodyOfUser(values)),
    onDone: ({ invite_url, expires_at, ...user }) => {
      void refresh('users', 'audit');
      onInvited(user, { invite_url, expires_at });
    },
  });
  return (
    <FormDialog title="Add user" api={api} verb="Add user" onClose={onClose}>
      <UserFields form={api.form} />
    </FormDialog>
  );
}
