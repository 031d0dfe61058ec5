import { Button, Group, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import {
  listSessions,
  readSession,
  revokeOtherSessions,
  revokeSession,
  type Session,
} from '../../api/account.ts';
import { refresh } from '../../api/query-client.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { tellDone, tellFailure } from '../../ui/notices.ts';
import { Panel } from '../../ui/panel.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { Badge } from '../../ui/status-badge.tsx';
import { Time } from '../../ui/time.tsx';
import { describeBrowser } from './describe-browser.ts';

/** Where one is signed in. */
export function SessionsPanel() {
  const sessions = useQuery({
    queryKey: ['users', 'sessions'],
    queryFn: async ({ signal }) => {
      const [all, mine] = await Promise.all([listSessions(signal), readSession(signal)]);
      return all.map((session) => ({ ...session, isMine: session.id === mine?.id })).sort(byUse);
    },
  });
  const { mutate, isPending } = useMutation({
    mutationFn: revokeOtherSessions,
    onSuccess: async () => {
      await refresh('users');
      tellDone('Your other sessions are ended.');
    },
    onError: tellFailure,
  });
  return (
    <Panel
      title="Sessions"
      description="Where you are signed in. End what you do not know, and change your password."
      actions={
        <Button
          size="xs"
          variant="default"
          loading={isPending}
          disabled={(sessions.data?.length ?? 0) < 2}
          onClick={() => mutate()}
        >
          End all others
        </Button>
      }
    >
      <QueryView query={sessions} lines={2}>
        {(list) => <DataTable label="Sessions" columns={COLUMNS} rows={list} keyOf={({ id }) => id} />}
      </QueryView>
    </Panel>
  );
}

type Listed = Session & { isMine: boolean };

function byUse(a: Listed, b: Listed): number {
  if (a.isMine !== b.isMine) return a.isMine ? -1 : 1;
  return Date.parse(b.updatedAt) - Date.parse(a.updatedAt);
}

const COLUMNS: Column<Listed>[] = [
  {
    key: 'browser',
    label: 'Browser',
    role: 'title',
    show: ({ userAgent, isMine }) => (
      <Group gap={8}>
        <Text size="sm" title={userAgent ?? undefined}>
          {describeBrowser(userAgent)}
        </Text>
        {isMine && <Badge tone="good">This one</Badge>}
      </Group>
    ),
  },
  { key: 'address', label: 'Address', show: ({ ipAddress }) => ipAddress || '–' },
  { key: 'since', label: 'Signed in', show: ({ createdAt }) => <Time at={createdAt} /> },
  { key: 'until', label: 'Ends', show: ({ expiresAt }) => <Time at={expiresAt} /> },
  {
    key: 'actions',
    label: 'Actions',
    role: 'actions',
    align: 'right',
    show: (session) => (session.isMine ? null : <End session={session} />),
  },
];

function End({ session }: { session: Listed }) {
  const { mutate, isPending } = useMutation({
    mutationFn: () => revokeSession(session.token),
    onSuccess: async () => {
      await refresh('users');
      tellDone('The session is ended.');
    },
    onError: tellFailure,
  });
  return (
    <Button size="compact-xs" variant="subtle" color="red" loading={isPending} onClick={() => mutate()}>
      End
    </Button>
  );
}
