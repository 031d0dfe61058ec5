import { notifications } from '@mantine/notifications';
import type { ReactNode } from 'react';
import { ApiFailure, describeFailure } from '../api/failures.ts';

/** Says in a corner of the page, to screen readers too, that something was done. */
export function tellDone(message: ReactNode, autoClose = 4_000): void {
  notifications.show({ message, color: 'green', autoClose });
}

/** Says that something was not done, where no field or form stands beside which to say it. */
export function tellFailure(error: unknown): void {
  const trace = error instanceof ApiFailure && error.isUnexpected && error.requestId;
  const message = describeFailure(error);
  notifications.show({
    title: 'That did not work',
    message: trace ? `${message} (request ${trace})` : message,
    color: 'red',
    autoClose: 12_000,
  });
}
