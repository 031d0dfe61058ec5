import { Paper, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTitle } from '../ui/page-header.tsx';
import { Brand } from './brand.tsx';
import { HubDownBanner } from './hub-down-banner.tsx';
import classes from './shell.module.css';

interface GateProps {
  title: string;
  description?: ReactNode;
  children: ReactNode;
}

/** The frame of the pages before one is signed in. */
export function Gate({ title, description, children }: GateProps) {
  useTitle(title);
  return (
    <>
      <HubDownBanner />
      <main className={classes.gate}>
        <Stack gap="lg" className={classes.gateCard}>
          <Brand size={34} />
          <Paper withBorder radius="lg" p={{ base: 'lg', xs: 'xl' }} shadow="xs">
            <Title order={1} fz="xl">
              {title}
            </Title>
            {description && (
              <Text size="sm" c="dimmed" mt={4}>
                {description}
              </Text>
            )}
            <Stack mt="lg">{children}</Stack>
          </Paper>
        </Stack>
      </main>
    </>
  );
}
