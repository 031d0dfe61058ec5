import { Avatar, Group, Menu, Text, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import {
  IconDeviceDesktop,
  IconLogout,
  IconMoon,
  IconSelector,
  IconSun,
  IconUser,
} from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';
import { signOut } from '../api/account.ts';
import { type Me, useMe } from '../api/me.ts';
import { queryClient } from '../api/query-client.ts';
import { tellFailure } from '../ui/notices.ts';
import classes from './shell.module.css';

const SCHEMES = [
  { scheme: 'light', label: 'Light', icon: IconSun },
  { scheme: 'dark', label: 'Dark', icon: IconMoon },
  { scheme: 'auto', label: 'As the system', icon: IconDeviceDesktop },
] as const;

/** Who is signed in, and what concerns them alone. */
export function AccountMenu() {
  const { data: me } = useMe();
  if (!me) return null;
  return (
    <Menu position="top-start" width={232} withinPortal>
      <Menu.Target>
        <UnstyledButton className={classes.account}>
          <WhoIAm me={me} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} to="/account" leftSection={<IconUser size={16} aria-hidden />}>
          Account and security
        </Menu.Item>
        <Menu.Divider />
        <SchemeItems />
        <Menu.Divider />
        <SignOutItem />
      </Menu.Dropdown>
    </Menu>
  );
}

function WhoIAm({ me }: { me: Me }) {
  return (
    <Group gap={10} wrap="nowrap">
      <Avatar size={32} radius="xl" color="wire" variant="filled" name={me.name} aria-hidden />
      <div style={{ minWidth: 0, flex: 1 }}>
        <Text size="sm" fw={550} truncate>
          {me.name}
        </Text>
        <Text size="xs" c="dimmed" truncate>
          {me.role === 'admin' ? 'Administrator' : 'Sub-account user'}
        </Text>
      </div>
      <IconSelector size={16} aria-hidden opacity={0.6} />
    </Group>
  );
}

function SchemeItems() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <>
      <Menu.Label>Appearance</Menu.Label>
      {SCHEMES.map(({ scheme, label, icon: Icon }) => (
        <Menu.Item
          key={scheme}
          role="menuitemradio"
          aria-checked={colorScheme === scheme}
          leftSection={<Icon size={16} aria-hidden />}
          rightSection={colorScheme === scheme ? <span aria-hidden>✓</span> : null}
          onClick={() => setColorScheme(scheme)}
        >
          {label}
        </Menu.Item>
      ))}
    </>
  );
}

function SignOutItem() {
  const navigate = useNavigate();
  const { mutate } = useMutation({
    mutationFn: signOut,
    onSuccess: async () => {
      await navigate('/login');
      queryClient.clear();
    },
    onError: tellFailure,
  });
  return (
    <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => mutate()}>
      Sign out
    </Menu.Item>
  );
}
