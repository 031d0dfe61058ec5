import { Anchor, Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { useIsAdmin } from '../../api/me.ts';
import type { Workspace } from '../../api/workspaces.ts';
import { Copyable } from '../../ui/copy.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { useSearchWith } from '../../ui/filters.ts';
import { Badge } from '../../ui/status-badge.tsx';
import ui from '../../ui/ui.module.css';
import { WebhookHealth } from './webhook-health.tsx';

/** More are shown on demand: thousands of rows at once make the page slow. */
const SHOWN_AT_FIRST = 100;

const COLUMNS: Column<Workspace>[] = [
  {
    key: 'name',
    label: 'Name',
    role: 'title',
    width: 190,
    show: (workspace) => <Name workspace={workspace} />,
  },
  {
    key: 'id',
    label: 'Location ID',
    show: ({ location_id }) => <Copyable value={location_id} label="the location ID" shown={10} />,
  },
  { key: 'url', label: 'Webhook URL', clips: true, show: ({ url }) => <Url url={url} /> },
  { key: 'health', label: 'Health', show: (workspace) => <WebhookHealth workspace={workspace} /> },
  {
    key: 'actions',
    label: 'Actions',
    role: 'actions',
    align: 'right',
    show: (workspace) => <Actions workspace={workspace} />,
  },
];

export function WorkspaceTable({ workspaces }: { workspaces: Workspace[] }) {
  const [shown, setShown] = useState(SHOWN_AT_FIRST);
  return (
    <>
      <DataTable
        label="Workspaces"
        columns={COLUMNS}
        rows={workspaces.slice(0, shown)}
        keyOf={({ location_id }) => location_id}
      />
      {workspaces.length > shown && (
        <Group justify="center" mt="sm">
          <Button variant="default" size="xs" onClick={() => setShown(shown + SHOWN_AT_FIRST)}>
            Show more
          </Button>
        </Group>
      )}
    </>
  );
}

function Name({ workspace: { name, location_id, connected, email, phone } }: { workspace: Workspace }) {
  const searchWith = useSearchWith();
  return (
    <div>
      <Group gap={8} miw={170}>
        <Anchor
          component={Link}
          to={searchWith({ edit: location_id })}
          preventScrollReset
          fw={550}
          c="bright"
          size="sm"
        >
          {name}
        </Anchor>
        {!connected && <Badge tone="quiet">Not connected</Badge>}
      </Group>
      {(email || phone) && (
        <Text size="xs" c="dimmed">
          {[email, phone].filter(Boolean).join(' · ')}
        </Text>
      )}
    </div>
  );
}

function Url({ url }: { url: string | null }) {
  if (url === null) return <Text c="dimmed">–</Text>;
  return (
    <span className={ui.twoLines} title={url}>
      {url}
    </span>
  );
}

function Actions({ workspace: { name, location_id } }: { workspace: Workspace }) {
  const isAdmin = useIsAdmin();
  const searchWith = useSearchWith();
  return (
    <Group gap={4} wrap="nowrap" justify="flex-end">
      <Action to={searchWith({ edit: location_id })} label="Edit" name={name} />
      <Action to={searchWith({ instructions: location_id })} label="Instructions" name={name} />
      {isAdmin && <Action to={searchWith({ delete: location_id })} label="Delete" name={name} color="red" />}
    </Group>
  );
}

interface ActionProps {
  to: { search: string };
  label: string;
  name: string;
  color?: string;
}

function Action({ to, label, name, color }: ActionProps) {
  return (
    <Button
      component={Link}
      to={to}
      size="compact-sm"
      variant="subtle"
      color={color}
      fw={500}
      aria-label={`${label} ${name}`}
      preventScrollReset
    >
      {label}
    </Button>
  );
}
