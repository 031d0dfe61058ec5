import { Anchor, Button, Stack } from '@mantine/core';
import { IconMapQuestion } from '@tabler/icons-react';
import { useEffect } from 'react';
import { Link, useRouteError } from 'react-router';
import { onRecovered } from '../api/connection.ts';
import { PageUnloaded } from '../api/failures.ts';
import { EmptyNote } from '../ui/empty-note.tsx';
import { FailureNote } from '../ui/failure-note.tsx';
import { PageHeader } from '../ui/page-header.tsx';

/** In place of a page that could not be shown: its code did not come, or something in it broke. */
export function BrokenPage() {
  const error = useRouteError();
  const isUnloaded = error instanceof TypeError && /import|module/i.test(error.message);
  useEffect(() => onRecovered(() => location.reload()), []);
  return (
    <Stack p="md" maw={640}>
      <PageHeader title={isUnloaded ? 'This page did not load' : 'Something went wrong'} />
      <FailureNote error={isUnloaded ? new PageUnloaded() : error} />
      <Stack gap="xs" align="flex-start">
        <Button variant="default" onClick={() => location.reload()}>
          Reload
        </Button>
        <Anchor component={Link} to="/" size="sm">
          Back to the overview
        </Anchor>
      </Stack>
    </Stack>
  );
}

export function NoSuchPage() {
  return (
    <>
      <PageHeader title="No such page" />
      <EmptyNote
        icon={IconMapQuestion}
        title="There is nothing at this address"
        action={
          <Button component={Link} to="/" variant="default">
            Go to the overview
          </Button>
        }
      >
        The link may be mistyped, or what it led to is gone.
      </EmptyNote>
    </>
  );
}
