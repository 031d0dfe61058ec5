import { ActionIcon, Button, Group, PasswordInput, Stack, Text, TextInput, Tooltip } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { tellFailure } from '../../ui/notices.ts';
import { fillIn, readHeaderValues } from './header-values.ts';
import { createRow, type HeaderRow, type WorkspaceValues } from './workspace-values.ts';

interface HeaderRowsProps {
  form: UseFormReturnType<WorkspaceValues>;
  /** The workspace whose values the hub has stored, if one. */
  storedIn: string | null;
}

/** Headers that go with every call of the webhook. Values stay masked until somebody asks. */
export function HeaderRows({ form, storedIn }: HeaderRowsProps) {
  const [shown, setShown] = useState<ReadonlySet<string>>(new Set());
  const { headers } = form.getValues();
  const { mutateAsync: reveal, isPending } = useMutation({
    mutationFn: readHeaderValues,
    onError: tellFailure,
  });

  const show = async (row: HeaderRow): Promise<void> => {
    if (row.storedAs !== null && row.value === '' && storedIn !== null) {
      const stored = await reveal(storedIn).catch(() => undefined);
      if (stored === undefined) return;
      const fill = (rows: HeaderRow[]): HeaderRow[] => rows.map((one) => fillIn(one, stored));
      // Looking at it changes nothing.
      const before = form.getInitialValues();
      const initial = { ...before, headers: fill(before.headers) };
      form.setInitialValues(initial);
      form.resetDirty(initial);
      form.setFieldValue('headers', fill);
    }
    setShown(new Set([...shown, row.id]));
  };
  const hide = (row: HeaderRow): void => setShown(new Set([...shown].filter((id) => id !== row.id)));

  return (
    <Stack gap="xs" role="group" aria-label="Headers">
      <Text size="sm" fw={600}>
        Headers
      </Text>
      {headers.map((row, index) => (
        <Row
          key={row.id}
          row={row}
          index={index}
          form={form}
          isShown={shown.has(row.id)}
          isBusy={isPending}
          onToggle={(wanted) => (wanted ? void show(row) : hide(row))}
        />
      ))}
      <Group>
        <Button
          size="xs"
          variant="light"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => form.insertListItem('headers', createRow())}
        >
          Add Header
        </Button>
      </Group>
    </Stack>
  );
}

interface RowProps {
  row: HeaderRow;
  index: number;
  form: UseFormReturnType<WorkspaceValues>;
  isShown: boolean;
  isBusy: boolean;
  onToggle: (wanted: boolean) => void;
}

function Row({ row, index, form, isShown, isBusy, onToggle }: RowProps) {
  const number = index + 1;
  return (
    <Group gap="xs" align="flex-start" wrap="nowrap">
      <TextInput
        aria-label={`Name of header ${number}`}
        placeholder="X-Header"
        autoComplete="off"
        style={{ flex: 2, minWidth: 0 }}
        {...form.getInputProps(`headers.${index}.key`)}
      />
      <PasswordInput
        aria-label={`Value of header ${number}`}
        placeholder={row.storedAs !== null ? '•••• kept as it is' : 'Value'}
        autoComplete="new-password"
        style={{ flex: 3, minWidth: 0 }}
        visible={isShown}
        onVisibilityChange={onToggle}
        visibilityToggleButtonProps={{
          'aria-label': `${isShown ? 'Hide' : 'Show'} the value of header ${number}`,
          tabIndex: 0,
          loading: isBusy,
        }}
        {...form.getInputProps(`headers.${index}.value`)}
      />
      <Tooltip label="Remove">
        <ActionIcon
          size={36}
          aria-label={`Remove header ${number}`}
          onClick={() => form.removeListItem('headers', index)}
        >
          <IconTrash size={16} aria-hidden />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}
