import { MultiSelect, NumberInput, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useDevices } from '../../api/devices.ts';
import type { User } from '../../api/users.ts';
import { useWorkspaces } from '../../api/workspaces.ts';

/** The form of a user. An empty allowance: no limit. */
export interface UserValues extends Record<string, unknown> {
  name: string;
  email: string;
  role: User['role'];
  workspaces: string[];
  devices: string[];
  device_allowance: number | '';
}

export function bodyOfUser({ name, email, device_allowance, ...rest }: UserValues) {
  return {
    name: name.trim(),
    email: email.trim(),
    role: rest.role,
    workspaces: rest.role === 'admin' ? [] : rest.workspaces,
    devices: rest.role === 'admin' ? [] : rest.devices,
    device_allowance: device_allowance === '' ? null : device_allowance,
  };
}

export function judgeUser({ name, email }: UserValues) {
  return {
    name: name.trim() === '' ? 'Type their name.' : undefined,
    email: email.trim() === '' ? 'Type their e-mail address.' : undefined,
  };
}

interface UserFieldsProps {
  form: UseFormReturnType<UserValues>;
}

export function UserFields({ form }: UserFieldsProps) {
  const { role } = form.getValues();
  return (
    <>
      <TextInput label="Name" withAsterisk data-autofocus {...form.getInputProps('name')} />
      <TextInput
        label="E-mail"
        withAsterisk
        type="email"
        description="What they sign in with. The hub sends no mail: you pass the link on."
        {...form.getInputProps('email')}
      />
      <Stack gap={4}>
        <Text size="sm" fw={600} id="role">
          Role
        </Text>
        <SegmentedControl
          aria-labelledby="role"
          data={[
            { value: 'user', label: 'Sub-account user' },
            { value: 'admin', label: 'Administrator' },
          ]}
          value={role}
          onChange={(value) => form.setFieldValue('role', value as User['role'])}
        />
        {role === 'admin' && (
          <Text size="xs" c="dimmed">
            Sees and may do everything, other users included.
          </Text>
        )}
      </Stack>
      {role === 'user' && <ScopeFields form={form} />}
    </>
  );
}

function ScopeFields({ form }: UserFieldsProps) {
  const { data: workspaces = [] } = useWorkspaces();
  const { data: devices = [] } = useDevices();
  return (
    <>
      <MultiSelect
        label="Workspaces"
        description="They see these, and their messages and deliveries; nothing else."
        placeholder="None"
        data={workspaces.map(({ location_id, name }) => ({ value: location_id, label: name }))}
        searchable
        clearable
        {...form.getInputProps('workspaces')}
      />
      <MultiSelect
        label="Devices"
        description="They may assign, rename and pause these; besides those that they enroll themselves."
        placeholder="None"
        data={devices.map(({ id, name }) => ({ value: id, label: name }))}
        searchable
        clearable
        {...form.getInputProps('devices')}
      />
      <NumberInput
        label="Device allowance"
        description="How many devices they may enroll themselves. No limit when it is empty."
        min={0}
        allowDecimal={false}
        maw={260}
        {...form.getInputProps('device_allowance')}
      />
    </>
  );
}
