import { Anchor, Button, Collapse, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Fragment, useId } from 'react';
import { Link } from 'react-router';
import type { AuditTarget } from '../../../../../shared/api/audit.ts';
import type { AuditEntry } from '../../api/audit.ts';
import { useDevices } from '../../api/devices.ts';
import { useUsers } from '../../api/users.ts';
import { useWorkspaceNames } from '../../api/workspaces.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Time } from '../../ui/time.tsx';
import { ACTION_WORDS } from '../../words.ts';
import classes from './audit.module.css';
import { describeChange } from './describe-change.ts';

interface AuditTableProps {
  entries: AuditEntry[];
  isStale: boolean;
}

export function AuditTable({ entries, isStale }: AuditTableProps) {
  const names = useNames();
  const columns: Column<AuditEntry>[] = [
    {
      key: 'action',
      label: 'What',
      role: 'title',
      show: ({ action }) => (
        <Text size="sm" fw={600} style={{ whiteSpace: 'nowrap' }}>
          {ACTION_WORDS[action] ?? action}
        </Text>
      ),
    },
    { key: 'target', label: 'Concerns', show: (entry) => <Target entry={entry} names={names} /> },
    {
      key: 'changes',
      label: 'Changes',
      width: '30%',
      show: (entry) => <Changes entry={entry} names={names} />,
    },
    { key: 'actor', label: 'By', show: (entry) => <Actor entry={entry} /> },
    { key: 'at', label: 'When', show: ({ at }) => <Time at={at} /> },
  ];
  return (
    <DataTable label="Audit log" columns={columns} rows={entries} keyOf={({ id }) => id} isStale={isStale} />
  );
}

/** Names by id, of what is still there. */
function useNames(): ReadonlyMap<string, string> {
  const workspaces = useWorkspaceNames();
  const { data: devices = [] } = useDevices();
  const { data: users = [] } = useUsers();
  return new Map([...workspaces, ...[...devices, ...users].map(({ id, name }) => [id, name] as const)]);
}

const PLACES: Partial<Record<AuditTarget['kind'], (id: string) => string>> = {
  workspace: (id) => `/workspaces?edit=${id}`,
  device: (id) => `/devices/${id}`,
  message: (id) => `/messages/${id}`,
  delivery: (id) => `/deliveries/${id}`,
  user: (id) => `/users?edit=${id}`,
};

interface TargetProps {
  entry: AuditEntry;
  names: ReadonlyMap<string, string>;
}

function Target({ entry: { target, location_id, changes }, names }: TargetProps) {
  const { kind, id } = target;
  const to = PLACES[kind]?.(encodeURIComponent(id));
  const name = names.get(id) ?? nameIn(changes) ?? `${kind.replace('_', ' ')} …${id.slice(-6)}`;
  const isGone = ['workspace', 'device', 'user'].includes(kind) && !names.has(id);
  const within = kind !== 'workspace' && location_id !== null ? (names.get(location_id) ?? null) : null;
  return (
    <div>
      {to === undefined || isGone || id === 'unknown' ? (
        <Text size="sm" title={id}>
          {kind === 'hub' ? 'The hub' : name}
        </Text>
      ) : (
        <Anchor component={Link} to={to} size="sm" title={id}>
          {name}
        </Anchor>
      )}
      {within !== null && (
        <Text size="xs" c="dimmed">
          of {within}
        </Text>
      )}
    </div>
  );
}

/** What has no name any more may have told it when it was changed. */
function nameIn({ name, email }: Record<string, unknown>): string | undefined {
  return [name, email].find((value): value is string => typeof value === 'string');
}

function Actor({ entry: { actor, source, request_id } }: { entry: AuditEntry }) {
  return (
    <div title={`Request ${request_id}`}>
      <Text size="sm" className={classes.actor}>
        <Breakable text={actor} />
      </Text>
      <Text size="xs" c="dimmed">
        {source}
      </Text>
    </div>
  );
}

/** An address goes on in the next line where it has a joint, not amid a word. */
function Breakable({ text }: { text: string }) {
  return text.split(JOINTS).map((part, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text stay where they are
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}

/** Before "@", after a dot. */
const JOINTS = /(?=@)|(?<=\.)/;

function Changes({ entry: { changes }, names }: TargetProps) {
  const [isOpen, { toggle }] = useDisclosure(false);
  const id = useId();
  const lines = Object.entries(changes).map(([field, value]) => describeChange(field, value, names));
  if (lines.length === 0) return <Text c="dimmed">–</Text>;
  const [first, ...rest] = lines;
  return (
    <div className={classes.changes}>
      <div>{first}</div>
      {rest.length > 0 && (
        <>
          <Collapse expanded={isOpen} id={id}>
            {rest.map((line) => (
              <div key={line}>{line}</div>
            ))}
          </Collapse>
          <Button
            size="compact-xs"
            variant="subtle"
            onClick={toggle}
            aria-expanded={isOpen}
            aria-controls={id}
          >
            {isOpen ? 'Less' : `${rest.length} more`}
          </Button>
        </>
      )}
    </div>
  );
}
