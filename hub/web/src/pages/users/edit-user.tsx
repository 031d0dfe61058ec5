import { Tabs, Text } from '@mantine/core';
import { refresh } from '../../api/query-client.ts';
import { changeUser, type Invite, type User } from '../../api/users.ts';
import { differenceOf } from '../../forms/difference-of.ts';
import { FormBody, useCloseGuard } from '../../forms/form-dialog.tsx';
import { type ApiForm, useApiForm } from '../../forms/use-api-form.ts';
import { useFreshValues } from '../../forms/use-fresh-values.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { tellDone } from '../../ui/notices.ts';
import { UserAccess } from './user-access.tsx';
import { bodyOfUser, judgeUser, UserFields, type UserValues } from './user-fields.tsx';

interface EditUserProps {
  user: User | undefined;
  /** Whether another dialog lies above this one. */
  isCovered: boolean;
  onInvited: (user: User, invite: Invite) => void;
  onClose: () => void;
}

export function EditUser({ user, ...props }: EditUserProps) {
  if (user === undefined)
    return (
      <Dialog onClose={props.onClose} title="No such user">
        <Text size="sm">Whoever this link led to is not here any more.</Text>
      </Dialog>
    );
  return <Loaded user={user} {...props} />;
}

function valuesOf({ name, email, role, workspaces, devices, device_allowance }: User): UserValues {
  return { name, email, role, workspaces, devices, device_allowance: device_allowance ?? '' };
}

function Loaded({ user, isCovered, onInvited, onClose }: EditUserProps & { user: User }) {
  const api: ApiForm<UserValues> = useApiForm<UserValues, User>({
    initialValues: valuesOf(user),
    validate: judgeUser,
    send: (values) =>
      changeUser(user.id, differenceOf(bodyOfUser(api.form.getInitialValues()), bodyOfUser(values))),
    onDone: () => {
      void refresh('users', 'audit');
      tellDone(`${user.name} is saved.`);
      onClose();
    },
  });
  useFreshValues(api.form, valuesOf(user));
  const guard = useCloseGuard(api, onClose);
  return (
    <Dialog onClose={guard.close} title={user.name} closeOnClickOutside={false} closeOnEscape={!isCovered}>
      <Tabs defaultValue="details">
        <Tabs.List mb="md">
          <Tabs.Tab value="details">Details</Tabs.Tab>
          <Tabs.Tab value="access">Access</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="details">
          <FormBody api={api} guard={guard} verb="Save changes">
            <UserFields form={api.form} />
          </FormBody>
        </Tabs.Panel>
        <Tabs.Panel value="access">
          <UserAccess user={user} onInvited={onInvited} onClose={onClose} />
        </Tabs.Panel>
      </Tabs>
    </Dialog>
  );
}
