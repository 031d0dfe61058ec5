import { Alert, Button, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { refresh } from '../../api/query-client.ts';
import { type ApiKey, createApiKey, revokeApiKey, useApiKeys, type Workspace } from '../../api/workspaces.ts';
import { useApiForm } from '../../forms/use-api-form.ts';
import { CopyField } from '../../ui/copy.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { FailureNote } from '../../ui/failure-note.tsx';
import { tellDone, tellFailure } from '../../ui/notices.ts';
import { QueryView } from '../../ui/query-view.tsx';
import { Time } from '../../ui/time.tsx';

interface ApiKeysProps {
  workspace: Workspace;
  /** Called when a key stands there, which is shown only once. */
  onSecret: () => void;
}

export function ApiKeys({ workspace: { location_id: id, require_api_key }, onSecret }: ApiKeysProps) {
  const keys = useApiKeys(id);
  const [made, setMade] = useState<string>();
  return (
    <Stack gap="sm">
      <div>
        <Title order={3}>API keys</Title>
        <Text size="sm" c="dimmed">
          {require_api_key
            ? 'Every call of POST /webhook needs one: Authorization: Bearer <key>.'
            : 'Not asked for at present: the location ID is enough. Require them under Details, Advanced.'}
        </Text>
      </div>
      {made !== undefined && (
        <Alert color="orange" icon={<IconKey size={18} aria-hidden />} title="The new key: copy it now">
          <CopyField value={made} label="the API key" />
        </Alert>
      )}
      <QueryView query={keys} lines={2}>
        {(list) =>
          list.length > 0 ? <KeyTable id={id} keys={list} /> : <Text size="sm">There is no key yet.</Text>
        }
      </QueryView>
      <NewKey
        id={id}
        onMade={(key) => {
          setMade(key);
          onSecret();
        }}
      />
    </Stack>
  );
}

function KeyTable({ id, keys }: { id: string; keys: ApiKey[] }) {
  const columns: Column<ApiKey>[] = [
    { key: 'name', label: 'Name', show: ({ name }) => name, role: 'title' },
    { key: 'made', label: 'Made', show: ({ created_at }) => <Time at={created_at} /> },
    {
      key: 'used',
      label: 'Last used',
      show: ({ last_used_at }) => (last_used_at === null ? 'Never' : <Time at={last_used_at} />),
    },
    {
      key: 'act',
      label: 'Actions',
      role: 'actions',
      align: 'right',
      show: (key) => <Revoke id={id} apiKey={key} />,
    },
  ];
  return <DataTable label="API keys" columns={columns} rows={keys} keyOf={(key) => key.id} />;
}

function Revoke({ id, apiKey }: { id: string; apiKey: ApiKey }) {
  const [asks, setAsks] = useState(false);
  const { mutate, isPending } = useMutation({
    mutationFn: () => revokeApiKey(id, apiKey.id),
    onSuccess: async () => {
      await refresh('workspaces');
      tellDone(`The key “${apiKey.name}” is revoked.`);
    },
    onError: tellFailure,
  });
  if (!asks)
    return (
      <Button size="compact-xs" variant="subtle" color="red" onClick={() => setAsks(true)}>
        Revoke
      </Button>
    );
  return (
    <Group gap={6} wrap="nowrap" justify="flex-end">
      <Button size="compact-xs" color="red" loading={isPending} onClick={() => mutate()}>
        Revoke for good
      </Button>
      <Button size="compact-xs" variant="default" onClick={() => setAsks(false)}>
        Keep
      </Button>
    </Group>
  );
}

function NewKey({ id, onMade }: { id: string; onMade: (key: string) => void }) {
  const { form, failure, isSending, submit } = useApiForm({
    initialValues: { name: '' },
    validate: ({ name }) => ({ name: name.trim() === '' ? 'Say what it is for.' : undefined }),
    send: ({ name }) => createApiKey(id, name.trim()),
    onDone: ({ key }) => {
      form.reset();
      onMade(key);
      void refresh('workspaces');
    },
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="xs">
        <Group gap="xs" align="flex-end">
          <TextInput
            label="What the key is for"
            placeholder="Production CRM"
            style={{ flex: '1 1 220px' }}
            {...form.getInputProps('name')}
          />
          <Button type="submit" variant="default" loading={isSending}>
            Create key
          </Button>
        </Group>
        {failure !== null && <FailureNote error={failure} />}
      </Stack>
    </form>
  );
}
