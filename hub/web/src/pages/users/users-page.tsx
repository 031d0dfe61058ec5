import { Button } from '@mantine/core';
import { IconPlus, IconUsers } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import { useMe } from '../../api/me.ts';
import { type Invite, type User, useUsers } from '../../api/users.ts';
import { AdminsOnly } from '../../ui/admins-only.tsx';
import { EmptyNote } from '../../ui/empty-note.tsx';
import { useDialogs } from '../../ui/filters.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { InviteNote } from './invite-note.tsx';
import { UserTable } from './user-table.tsx';

const NewUser = lazy(() => import('./new-user.tsx').then((file) => ({ default: file.NewUser })));
const EditUser = lazy(() => import('./edit-user.tsx').then((file) => ({ default: file.EditUser })));
const DIALOGS = ['new', 'edit'] as const;

export function UsersPage() {
  const { data: me } = useMe();
  const { set } = useDialogs(DIALOGS);
  const isAdmin = me?.role === 'admin';
  const add = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => set({ new: '1' })}>
      Add user
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Users"
        description="Administrators may do everything. Sub-account users see the workspaces and devices that are given to them."
        actions={isAdmin && add}
      />
      {isAdmin ? <Users add={add} /> : <AdminsOnly />}
    </>
  );
}

function Users({ add }: { add: React.ReactNode }) {
  const users = useUsers();
  const { values, set } = useDialogs(DIALOGS);
  const [invited, setInvited] = useState<{ user: User; invite: Invite }>();
  const close = (): void => set({ new: null, edit: null });
  const show = (user: User, invite: Invite): void => {
    close();
    setInvited({ user, invite });
  };
  return (
    <QueryView query={users}>
      {(list) => (
        <>
          {list.length === 0 ? (
            <EmptyNote icon={IconUsers} title="Nobody here yet" action={add}>
              You are here with the admin token. Add the people who are to sign in.
            </EmptyNote>
          ) : (
            <UserTable users={list} />
          )}
          <Suspense>
            {values.new && <NewUser onInvited={show} onClose={close} />}
            {values.edit && (
              <EditUser
                key={values.edit}
                user={list.find(({ id }) => id === values.edit)}
                isCovered={invited !== undefined}
                onInvited={(user, invite) => setInvited({ user, invite })}
                onClose={close}
              />
            )}
          </Suspense>
          {invited && <InviteNote {...invited} onClose={() => setInvited(undefined)} />}
        </>
      )}
    </QueryView>
  );
}
