import { Alert, Button, Group, type ModalProps, Stack } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { Dialog } from '../ui/dialog.tsx';
import { FailureNote } from '../ui/failure-note.tsx';
import ui from '../ui/ui.module.css';
import type { ApiForm } from './use-api-form.ts';

interface CloseGuard {
  /** Whether it asks if what was typed may go. */
  asks: boolean;
  close: () => void;
  discard: () => void;
  keep: () => void;
}

/** Lets a form go by mistake only when nothing was typed into it. */
export function useCloseGuard<Values extends Record<string, unknown>>(
  { form }: ApiForm<Values>,
  onClose: () => void,
): CloseGuard {
  const [asks, setAsks] = useState(false);
  return {
    asks,
    close: () => (form.isDirty() ? setAsks(true) : onClose()),
    discard: onClose,
    keep: () => setAsks(false),
  };
}

interface FormBodyProps<Values extends Record<string, unknown>> {
  api: ApiForm<Values>;
  guard: CloseGuard;
  /** On the button that sends. */
  verb: string;
  children: ReactNode;
}

/** What a dialog's form consists of beside its fields. */
export function FormBody<Values extends Record<string, unknown>>({
  api,
  guard,
  verb,
  children,
}: FormBodyProps<Values>) {
  return (
    <form onSubmit={api.submit} noValidate>
      <Stack gap="md">
        {children}
        {api.failure !== null && <FailureNote error={api.failure} withDetails />}
        <div className={ui.footer}>
          {guard.asks ? (
            <DiscardNote guard={guard} />
          ) : (
            <Group justify="flex-end">
              <Button variant="default" onClick={guard.close}>
                Cancel
              </Button>
              <Button type="submit" loading={api.isSending}>
                {verb}
              </Button>
            </Group>
          )}
        </div>
      </Stack>
    </form>
  );
}

function DiscardNote({ guard: { keep, discard } }: { guard: CloseGuard }) {
  return (
    <Alert role="alert" color="orange" title="Throw away what you have typed?">
      <Group justify="flex-end" mt="xs">
        <Button size="xs" variant="default" onClick={keep} autoFocus>
          Keep editing
        </Button>
        <Button size="xs" color="red" onClick={discard}>
          Throw away
        </Button>
      </Group>
    </Alert>
  );
}

interface FormDialogProps<Values extends Record<string, unknown>> {
  title: string;
  api: ApiForm<Values>;
  verb: string;
  onClose: () => void;
  size?: ModalProps['size'];
  children: ReactNode;
}

/** A dialog that is one form. */
export function FormDialog<Values extends Record<string, unknown>>({
  title,
  api,
  verb,
  onClose,
  size = 'md',
  children,
}: FormDialogProps<Values>) {
  const guard = useCloseGuard(api, onClose);
  return (
    <Dialog onClose={guard.close} title={title} size={size} closeOnClickOutside={false}>
      <FormBody api={api} guard={guard} verb={verb}>
        {children}
      </FormBody>
    </Dialog>
  );
}
