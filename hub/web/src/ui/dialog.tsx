import { Modal, type ModalProps } from '@mantine/core';
import { useEffect, useState } from 'react';

/** A dialog, for as long as it is rendered. Afterwards the focus is where it was before, or at the page's heading. */
export function Dialog(props: Omit<ModalProps, 'opened' | 'returnFocus'>) {
  const [opener] = useState(() => document.activeElement);
  useEffect(() => () => giveBack(opener), [opener]);
  return <Modal opened returnFocus={false} {...props} />;
}

function giveBack(opener: Element | null): void {
  // Another dialog has taken its place.
  if (document.activeElement?.closest('[role=dialog]')) return;
  const isThere = opener instanceof HTMLElement && opener !== document.body && opener.isConnected;
  const target = isThere ? opener : document.querySelector<HTMLElement>('main h1');
  target?.focus({ preventScroll: true });
}
