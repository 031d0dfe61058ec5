import { stdSerializers } from 'pino';
import { StoreUnavailableError } from './store/store.ts';

/** An error as the log tells it. That the database is away takes no stack: where it was noticed says nothing of why. */
export function showError(error: unknown): unknown {
  if (!(error instanceof StoreUnavailableError)) return stdSerializers.err(error as Error);
  const { name, message, cause } = error;
  const isTold = !(cause instanceof Error) || message.includes(cause.message);
  return { type: name, message: isTold ? message : `${message} (${cause.message})` };
}
