import { StoreUnavailableError } from '../store.ts';

/** SQLite's result codes that speak of the disk, the file or memory, not of the statement. */
const UNAVAILABLE =
  /^SQLITE_(FULL|IOERR|BUSY|LOCKED|READONLY|CANTOPEN|CORRUPT|NOTADB|NOMEM|PROTOCOL|PERM|AUTH)(_|$)/;

/** The error to throw for what a step met: StoreUnavailableError where the database could not be read or written. */
export function asStoreError(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || !UNAVAILABLE.test(String(error.code))) return error;
  return new StoreUnavailableError(`The database cannot be used now: ${error.message} (${error.code}).`, {
    cause: error,
  });
}
