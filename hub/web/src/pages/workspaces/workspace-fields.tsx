import { SimpleGrid, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { WorkspaceValues } from './workspace-values.ts';

interface WorkspaceFieldsProps {
  form: UseFormReturnType<WorkspaceValues>;
}

/** The fields that every workspace has. */
export function WorkspaceFields({ form }: WorkspaceFieldsProps) {
  return (
    <>
      <TextInput
        label="Name"
        withAsterisk
        placeholder="My CRM"
        data-autofocus
        {...form.getInputProps('name')}
      />
      <TextInput label="Address" placeholder="Street, city" {...form.getInputProps('address')} />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
        <TextInput
          label="Email"
          type="email"
          placeholder="ops@example.com"
          {...form.getInputProps('email')}
        />
        <TextInput label="Phone Number" type="tel" {...form.getInputProps('phone')} />
      </SimpleGrid>
      <TextInput
        label="URL"
        description="Your system’s webhook. Statuses and incoming messages are POSTed there; without one they are only recorded."
        type="url"
        placeholder="https://crm.example.com/hooks/bluewire"
        {...form.getInputProps('url')}
      />
    </>
  );
}
