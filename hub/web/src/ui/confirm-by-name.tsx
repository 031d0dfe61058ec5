import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Dialog } from './dialog.tsx';
import { FailureNote } from './failure-note.tsx';

interface ConfirmByNameProps {
  title: string;
  /** What has to be typed. */
  name: string;
  /** What will break. */
  children: ReactNode;
  /** On the button: what is done. */
  verb: string;
  confirm: () => Promise<unknown>;
  /** Awaited: what was confirmed goes from the page before the dialog does, or the focus would go with it. */
  onDone: () => Promise<void>;
  onClose: () => void;
}

/** Asks for the name before something goes that cannot be brought back. Shown for as long as it is rendered. */
export function ConfirmByName({ title, name, children, verb, confirm, onDone, onClose }: ConfirmByNameProps) {
  const [typed, setTyped] = useState('');
  const { mutate, isPending, error } = useMutation({ mutationFn: confirm, onSuccess: onDone });
  const isSame = asShown(typed) === asShown(name);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isSame && !isPending) mutate();
  };
  return (
    <Dialog onClose={onClose} title={title}>
      <form onSubmit={submit}>
        <Stack gap="md">
          {children}
          <TextInput
            label={
              <>
                Type <b>{name}</b> to confirm
              </>
            }
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
            data-autofocus
          />
          {error && <FailureNote error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Keep it
            </Button>
            <Button type="submit" color="red" disabled={!isSame} loading={isPending}>
              {verb}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

/** A page shows several spaces as one. */
function asShown(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ');
}
