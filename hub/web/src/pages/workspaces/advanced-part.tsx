import { Button, Collapse } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { type ReactNode, useId } from 'react';

interface AdvancedPartProps {
  /** Opened by itself, when something in it is wrong. */
  hasFault: boolean;
  children: ReactNode;
}

export function AdvancedPart({ hasFault, children }: AdvancedPartProps) {
  const [isOpen, { toggle }] = useDisclosure(false);
  const id = useId();
  const isShown = isOpen || hasFault;
  return (
    <div>
      <Button
        variant="subtle"
        color="gray"
        size="compact-sm"
        leftSection={
          isShown ? <IconChevronDown size={15} aria-hidden /> : <IconChevronRight size={15} aria-hidden />
        }
        onClick={toggle}
        aria-expanded={isShown}
        aria-controls={id}
      >
        Advanced
      </Button>
      <Collapse expanded={isShown} id={id} pt={isShown ? 'sm' : 0}>
        {children}
      </Collapse>
    </div>
  );
}
