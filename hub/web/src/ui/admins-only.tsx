import { IconLock } from '@tabler/icons-react';
import { EmptyNote } from './empty-note.tsx';

/** In place of a page that is not for the viewer. */
export function AdminsOnly() {
  return (
    <EmptyNote icon={IconLock} title="For administrators">
      Your account sees the workspaces and devices that were given to you. Ask an administrator for what is
      missing.
    </EmptyNote>
  );
}
