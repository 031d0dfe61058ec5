import type { TablerIcon } from '@tabler/icons-react';
import { EmptyNote } from './empty-note.tsx';

/** Stands on an empty page that others lead to. */
export function EndNote({ icon }: { icon: TablerIcon }) {
  return (
    <EmptyNote icon={icon} title="Nothing further back">
      This is the end of the list: whatever was found stands on newer pages.
    </EmptyNote>
  );
}
