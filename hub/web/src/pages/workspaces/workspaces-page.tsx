import { Button, Group, Text } from '@mantine/core';
import { IconBuildingStore, IconPlus, IconSearchOff } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { useIsAdmin } from '../../api/me.ts';
import { useWorkspaces, type Workspace } from '../../api/workspaces.ts';
import { EmptyNote } from '../../ui/empty-note.tsx';
import { FilterBar, FilterText } from '../../ui/filter-bar.tsx';
import { useDialogs, useFilters } from '../../ui/filters.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { DeleteWorkspace } from './delete-workspace.tsx';
import { NewWorkspace } from './new-workspace.tsx';
import { WorkspaceTable } from './workspace-table.tsx';

const EditWorkspace = lazy(() =>
  import('./edit-workspace.tsx').then((file) => ({ default: file.EditWorkspace })),
);
const Instructions = lazy(() =>
  import('./instructions/instructions.tsx').then((file) => ({ default: file.Instructions })),
);
const DIALOGS = ['new', 'edit', 'instructions', 'delete'] as const;
const FILTERS = ['q'] as const;

export function WorkspacesPage() {
  const workspaces = useWorkspaces();
  const isAdmin = useIsAdmin();
  const { set } = useDialogs(DIALOGS);
  const add = isAdmin && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => set({ new: '1' })}>
      Add New Workspace
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Workspaces / Webhooks"
        description="A workspace is one client system: it sends with its location ID, and hears back at its webhook."
        actions={add}
      />
      <QueryView query={workspaces}>
        {(list) =>
          list.length === 0 ? (
            <EmptyNote icon={IconBuildingStore} title="No workspace yet" action={add}>
              {isAdmin
                ? 'Add the first: its location ID is what your CRM, bot or back end sends its messages with.'
                : 'An administrator gives you workspaces; none has been yet.'}
            </EmptyNote>
          ) : (
            <WorkspaceList workspaces={list} />
          )
        }
      </QueryView>
      <Suspense>
        <Dialogs />
      </Suspense>
    </>
  );
}

function WorkspaceList({ workspaces }: { workspaces: Workspace[] }) {
  const { values, isFiltered, set, clear } = useFilters(FILTERS);
  const found = workspaces.filter((workspace) => matches(workspace, values.q));
  return (
    <>
      <FilterBar isFiltered={isFiltered} onClear={clear}>
        <FilterText
          isSearch
          label="Find a workspace"
          placeholder="Name, location ID or URL"
          value={values.q}
          onChange={(q) => set({ q })}
        />
      </FilterBar>
      {found.length === 0 ? (
        <EmptyNote
          icon={IconSearchOff}
          title="No workspace is like that"
          action={
            <Button variant="default" onClick={clear}>
              Show all
            </Button>
          }
        >
          Nothing has “{values.q}” in its name, location ID, URL or contact.
        </EmptyNote>
      ) : (
        <WorkspaceTable workspaces={found} />
      )}
      <Group mt="sm">
        <Text size="xs" c="dimmed">
          {workspaces.length === 1 ? '1 workspace' : `${workspaces.length} workspaces`}
        </Text>
      </Group>
    </>
  );
}

function matches(workspace: Workspace, text = ''): boolean {
  const { name, location_id, url, email, phone } = workspace;
  const wanted = text.toLowerCase();
  return [name, location_id, url, email, phone].some((field) => field?.toLowerCase().includes(wanted));
}

/** What is open stands in the address. */
function Dialogs() {
  const { values, set } = useDialogs(DIALOGS);
  const isAdmin = useIsAdmin();
  const close = (): void => set({ new: null, edit: null, instructions: null, delete: null });
  if (values.new && isAdmin) return <NewWorkspace onClose={close} />;
  if (values.edit) return <EditWorkspace key={values.edit} id={values.edit} onClose={close} />;
  if (values.delete && isAdmin)
    return <DeleteWorkspace key={values.delete} id={values.delete} onClose={close} />;
  if (values.instructions) return <Instructions id={values.instructions} onClose={close} />;
  return null;
}
