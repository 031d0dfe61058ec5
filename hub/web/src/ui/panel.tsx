import { Group, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './ui.module.css';

interface PanelProps {
  title?: string;
  description?: ReactNode;
  actions?: ReactNode;
  children?: ReactNode;
}

/** A framed part of a page. */
export function Panel({ title, description, actions, children }: PanelProps) {
  return (
    <section className={classes.panel} style={{ padding: '16px 18px' }} aria-label={title}>
      {(title || actions) && (
        <Group justify="space-between" align="flex-start" mb={children ? 'sm' : 0} gap="sm">
          <div style={{ flex: '1 1 260px', minWidth: 0 }}>
            {title && <Title order={2}>{title}</Title>}
            {description && (
              <Text size="sm" c="dimmed" mt={2}>
                {description}
              </Text>
            )}
          </div>
          {actions && <Group gap="xs">{actions}</Group>}
        </Group>
      )}
      {children}
    </section>
  );
}
