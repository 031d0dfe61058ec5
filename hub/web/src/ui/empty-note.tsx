import { Group, Text, Title } from '@mantine/core';
import type { TablerIcon } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './ui.module.css';

interface EmptyNoteProps {
  icon: TablerIcon;
  title: string;
  /** Why nothing is here, and what to do next. */
  children: ReactNode;
  action?: ReactNode;
}

export function EmptyNote({ icon: Icon, title, children, action }: EmptyNoteProps) {
  return (
    <div className={classes.empty}>
      <span className={classes.emptyIcon}>
        <Icon size={23} stroke={1.7} aria-hidden />
      </span>
      <Title order={2}>{title}</Title>
      <Text size="sm" c="dimmed" maw={460}>
        {children}
      </Text>
      {action && <Group mt="sm">{action}</Group>}
    </div>
  );
}
