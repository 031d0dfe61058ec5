import { Button, Group, Text } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useLocation, useNavigate, useSearchParams } from 'react-router';

interface PagerProps {
  nextCursor: string | null;
  /** Items on this page. */
  count: number;
}

/** The page of a list that the address names; undefined for the first. */
export function useCursor(): string | undefined {
  const [search] = useSearchParams();
  return search.get('cursor') ?? undefined;
}

/** Where one is among the pages, and how to go to another. The way back is remembered in the history. */
function usePages() {
  const [search] = useSearchParams();
  const { state, pathname } = useLocation() as { state: { before?: string[] } | null; pathname: string };
  const navigate = useNavigate();
  const here = search.get('cursor');
  const before = state?.before ?? [];
  const go = (cursor: string | null, visited: string[]): void => {
    const next = new URLSearchParams(search);
    if (cursor === null || cursor === '') next.delete('cursor');
    else next.set('cursor', cursor);
    void navigate({ pathname, search: next.toString() }, { state: { before: visited } });
  };
  return { here, before, go, goOlder: (cursor: string) => go(cursor, [...before, here ?? '']) };
}

/** Leads further back from a page on which nothing was found. */
export function OlderButton({ cursor, children }: { cursor: string; children: ReactNode }) {
  const { goOlder } = usePages();
  return (
    <Button variant="default" onClick={() => goOlder(cursor)}>
      {children}
    </Button>
  );
}

/** Leads from page to page. Each has an address of its own. */
export function Pager({ nextCursor, count }: PagerProps) {
  const { here, before, go, goOlder } = usePages();
  if (here === null && nextCursor === null) return null;
  return (
    <Group justify="space-between" mt="sm" component="nav" aria-label="Pages">
      <Text size="xs" c="dimmed">
        {count === 1 ? '1 on this page' : `${count} on this page`}, newest first
      </Text>
      <Group gap="xs">
        {here !== null && before.length === 0 && (
          <Button size="xs" variant="default" onClick={() => go(null, [])}>
            First page
          </Button>
        )}
        <Button
          size="xs"
          variant="default"
          leftSection={<IconChevronLeft size={14} aria-hidden />}
          disabled={before.length === 0}
          onClick={() => go(before.at(-1) ?? null, before.slice(0, -1))}
        >
          Newer
        </Button>
        <Button
          size="xs"
          variant="default"
          rightSection={<IconChevronRight size={14} aria-hidden />}
          disabled={nextCursor === null}
          onClick={() => nextCursor !== null && goOlder(nextCursor)}
        >
          Older
        </Button>
      </Group>
    </Group>
  );
}
