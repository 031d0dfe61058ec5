import { Anchor, Group, Text, Title } from '@mantine/core';
import { IconChevronLeft } from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { Link, useLocation, useNavigationType } from 'react-router';
import classes from './ui.module.css';

interface PageHeaderProps {
  title: string;
  description?: ReactNode;
  /** Buttons at the right. */
  actions?: ReactNode;
  /** Where a page of one thing belongs. */
  back?: { to: string; label: string };
  /** What stands beside the title: a badge. */
  beside?: ReactNode;
}

/** Names the page, in the window's title too; whoever comes from another page has the focus on it. */
export function PageHeader({ title, description, actions, back, beside }: PageHeaderProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle(title);
  useFocusOnArrival(heading);
  return (
    <header className={classes.pageHeader}>
      {back && (
        <Anchor component={Link} to={back.to} size="sm" className={classes.back}>
          <IconChevronLeft size={15} aria-hidden />
          {back.label}
        </Anchor>
      )}
      <Group justify="space-between" align="flex-start" gap="md">
        <div className={classes.pageTitle}>
          <Group gap="sm">
            <Title order={1} ref={heading} tabIndex={-1} className={classes.heading}>
              {title}
            </Title>
            {beside}
          </Group>
          {description && (
            <Text c="dimmed" size="sm" mt={4} maw={720}>
              {description}
            </Text>
          )}
        </div>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
    </header>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Bluewire`;
  }, [title]);
}

/** The first page keeps the browser's own focus; `key` is `default` there. */
function useFocusOnArrival(heading: React.RefObject<HTMLHeadingElement | null>): void {
  const { key, pathname } = useLocation();
  const isFirst = key === 'default';
  const direction = useNavigationType();
  const last = useRef<string>(undefined);
  useEffect(() => {
    if (last.current === pathname) return;
    last.current = pathname;
    if (!isFirst) heading.current?.focus({ preventScroll: direction === 'POP' });
  }, [heading, pathname, isFirst, direction]);
}
