import { Anchor, Group, Text } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { User } from '../../api/users.ts';
import { useWorkspaceNames } from '../../api/workspaces.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { StatusBadge } from '../../ui/status-badge.tsx';
import { Time } from '../../ui/time.tsx';

export function UserTable({ users }: { users: User[] }) {
  const names = useWorkspaceNames();
  const columns: Column<User>[] = [
    { key: 'name', label: 'Name', role: 'title', show: (user) => <Name user={user} /> },
    {
      key: 'role',
      label: 'Role',
      show: ({ role }) => (role === 'admin' ? 'Administrator' : 'Sub-account user'),
    },
    { key: 'state', label: 'State', show: ({ state }) => <StatusBadge status={state} /> },
    { key: 'scope', label: 'Workspaces', show: (user) => describeScope(user, names) },
    {
      key: 'devices',
      label: 'Devices',
      show: ({ role, device_allowance, devices_enrolled }) =>
        role === 'admin' ? 'All' : describeAllowance(devices_enrolled, device_allowance),
    },
    {
      key: 'login',
      label: 'Last sign-in',
      show: ({ last_login_at }) => (last_login_at === null ? 'Never' : <Time at={last_login_at} />),
    },
  ];
  return <DataTable label="Users" columns={columns} rows={users} keyOf={({ id }) => id} />;
}

function Name({ user: { id, name, email, two_factor_enabled } }: { user: User }) {
  return (
    <div>
      <Group gap={6} wrap="nowrap">
        <Anchor component={Link} to={`/users?edit=${id}`} preventScrollReset fw={600} c="bright" size="sm">
          {name}
        </Anchor>
        {two_factor_enabled && (
          <IconShieldCheck size={15} color="var(--mantine-color-green-6)" aria-label="Second factor is on" />
        )}
      </Group>
      <Text size="xs" c="dimmed">
        {email}
      </Text>
    </div>
  );
}

function describeScope({ role, workspaces }: User, names: ReadonlyMap<string, string>): string {
  if (role === 'admin') return 'All';
  if (workspaces.length === 0) return 'None';
  const known = workspaces.map((id) => names.get(id)).filter((name) => name !== undefined);
  const [first, second] = known;
  if (known.length <= 2) return [first, second].filter(Boolean).join(', ');
  return `${first}, ${second} and ${known.length - 2} more`;
}

function describeAllowance(enrolled: number, allowance: number | null): string {
  if (allowance === null) return `${enrolled} enrolled`;
  return allowance === 0 && enrolled === 0 ? 'None allowed' : `${enrolled} of ${allowance} enrolled`;
}
