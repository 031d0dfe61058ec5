import { Button } from '@mantine/core';
import { IconHistory, IconSearchOff } from '@tabler/icons-react';
import { useAudit } from '../../api/audit.ts';
import { useMe } from '../../api/me.ts';
import { useWorkspaces } from '../../api/workspaces.ts';
import { AdminsOnly } from '../../ui/admins-only.tsx';
import { EmptyNote } from '../../ui/empty-note.tsx';
import { FilterBar, FilterSelect, FilterText } from '../../ui/filter-bar.tsx';
import { useFilters } from '../../ui/filters.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { Pager, useCursor } from '../../ui/pager.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { ACTION_WORDS, ACTIONS } from '../../words.ts';
import { AuditTable } from './audit-table.tsx';

const FILTERS = ['workspace', 'action', 'actor', 'target'] as const;
const ACTION_CHOICES = ACTIONS.map((value) => ({ value, label: ACTION_WORDS[value] }));

export function AuditPage() {
  const { data: me } = useMe();
  return (
    <>
      <PageHeader
        title="Audit log"
        description="Who changed what, and from where. Secrets are never in it."
      />
      {me?.role === 'admin' ? <Entries /> : <AdminsOnly />}
    </>
  );
}

function Entries() {
  const { values, isFiltered, set, clear } = useFilters(FILTERS);
  const { data: workspaces = [] } = useWorkspaces();
  const entries = useAudit({ ...values, cursor: useCursor() });
  return (
    <>
      <FilterBar isFiltered={isFiltered} onClear={clear}>
        <FilterSelect
          label="Action"
          any="Any"
          choices={ACTION_CHOICES}
          value={values.action}
          onChange={(action) => set({ action })}
        />
        <FilterSelect
          label="Workspace"
          any="Any"
          choices={workspaces.map(({ location_id, name }) => ({ value: location_id, label: name }))}
          value={values.workspace}
          onChange={(workspace) => set({ workspace })}
        />
        <FilterText
          label="By"
          placeholder="E-mail, or admin token"
          value={values.actor}
          onChange={(actor) => set({ actor })}
        />
        <FilterText
          label="Concerns"
          placeholder="ID of what was changed"
          value={values.target}
          onChange={(target) => set({ target })}
        />
      </FilterBar>
      <QueryView query={entries}>
        {({ items, next_cursor }) => (
          <>
            {items.length > 0 ? (
              <AuditTable entries={items} isStale={entries.isPlaceholderData} />
            ) : (
              <Nothing isFiltered={isFiltered} onClear={clear} />
            )}
            <Pager nextCursor={next_cursor} count={items.length} />
          </>
        )}
      </QueryView>
    </>
  );
}

function Nothing({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (!isFiltered)
    return (
      <EmptyNote icon={IconHistory} title="Nothing was changed yet">
        Every change that is made here or by the API will be listed, with who made it.
      </EmptyNote>
    );
  return (
    <EmptyNote
      icon={IconSearchOff}
      title="No change is like that"
      action={
        <Button variant="default" onClick={onClear}>
          Show all
        </Button>
      }
    >
      Nothing in the log fits these filters.
    </EmptyNote>
  );
}
