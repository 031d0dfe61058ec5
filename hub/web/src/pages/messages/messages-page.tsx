import { Button } from '@mantine/core';
import { IconDownload, IconMessageOff, IconMessages } from '@tabler/icons-react';
import { Link } from 'react-router';
import { exportAddress, type Message, useMessages } from '../../api/messages.ts';
import type { Page } from '../../api/request.ts';
import { EmptyNote } from '../../ui/empty-note.tsx';
import { EndNote } from '../../ui/end-note.tsx';
import { useFilters } from '../../ui/filters.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { OlderButton, Pager, useCursor } from '../../ui/pager.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { SteadyRows } from '../../ui/steady-rows.tsx';
import { FILTERS, readFilter } from './filter.ts';
import { MessageFilters } from './message-filters.tsx';
import { MessageTable } from './message-table.tsx';

export function MessagesPage() {
  const filters = useFilters(FILTERS);
  const filter = readFilter(filters.values);
  const cursor = useCursor();
  const messages = useMessages(filter, cursor);
  return (
    <>
      <PageHeader
        title="Messages"
        description="What clients sent and what came in, newest first. It updates by itself."
        actions={
          <Button
            component="a"
            href={exportAddress(filter)}
            download
            variant="default"
            leftSection={<IconDownload size={16} aria-hidden />}
            title="The messages that these filters find; of more than 100,000 the newest"
          >
            Export as CSV
          </Button>
        }
      />
      <MessageFilters filters={filters} />
      <QueryView query={messages}>
        {(page) => (
          <MessageList
            page={page}
            view={JSON.stringify([filter, cursor])}
            isStale={messages.isPlaceholderData}
            isFiltered={filters.isFiltered}
            onClear={filters.clear}
          />
        )}
      </QueryView>
    </>
  );
}

interface MessageListProps {
  page: Page<Message>;
  view: string;
  isStale: boolean;
  isFiltered: boolean;
  onClear: () => void;
}

function MessageList({ page, view, isStale, isFiltered, onClear }: MessageListProps) {
  return (
    <>
      {page.items.length > 0 ? (
        <SteadyRows rows={page.items} keyOf={({ id }) => id} view={view} isStale={isStale} nameOf={nameOf}>
          {(rows, gone) => <MessageTable messages={rows} gone={gone} isStale={isStale} />}
        </SteadyRows>
      ) : (
        <NothingFound nextCursor={page.next_cursor} isFiltered={isFiltered} onClear={onClear} />
      )}
      <Pager nextCursor={page.next_cursor} count={page.items.length} />
    </>
  );
}

function nameOf(count: number): string {
  return count === 1 ? 'message' : 'messages';
}

interface NothingFoundProps {
  nextCursor: string | null;
  isFiltered: boolean;
  onClear: () => void;
}

function NothingFound({ nextCursor, isFiltered, onClear }: NothingFoundProps) {
  const cursor = useCursor();
  if (nextCursor !== null)
    return (
      <EmptyNote
        icon={IconMessageOff}
        title="Nothing found so far"
        action={<OlderButton cursor={nextCursor}>Search further back</OlderButton>}
      >
        The newest messages were searched, and there are older ones. A time, a workspace or a whole phone
        number finds faster.
      </EmptyNote>
    );
  if (cursor !== undefined) return <EndNote icon={IconMessageOff} />;
  if (isFiltered)
    return (
      <EmptyNote
        icon={IconMessageOff}
        title="No message is like that"
        action={
          <Button variant="default" onClick={onClear}>
            Show all messages
          </Button>
        }
      >
        Nothing fits all of these filters. The search looks at ids and numbers, not at what was said.
      </EmptyNote>
    );
  return (
    <EmptyNote
      icon={IconMessages}
      title="No message yet"
      action={
        <Button component={Link} to="/workspaces" variant="default">
          Go to the workspaces
        </Button>
      }
    >
      Once a client sends to <code>POST /webhook</code>, or somebody writes to a device, it stands here. The
      instructions of a workspace have a ready curl for the first one.
    </EmptyNote>
  );
}
