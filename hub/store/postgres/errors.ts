import { StoreUnavailableError } from '../store.ts';

/**
 * SQLSTATE classes and codes that speak of the connection, the server or its disk, not of the statement: 08 connection,
 * 53 resources, 57P0x shutdown and start, 58 system, XX internal, 25006 a standby, 25P03 and 57014 a time-out, 28/3D000
 * what an operator changes meanwhile. (PostgreSQL, Appendix A)
 */
const UNAVAILABLE = /^(08...|53...|57P0.|57014|58...|XX...|25006|25P0[34]|28...|3D000|55P03)$/;
/** Two steps met in a way that only one could go on; the other is done again. */
const CONFLICT = /^(40001|40P01)$/;

/** The error to throw for what a step met: StoreUnavailableError where the database could not be reached or written. */
export function asStoreError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StoreUnavailableError) return error;
  const code = codeOf(error);
  // With a digit in it: the system's EPIPE is as long as a SQLSTATE.
  const isOfServer = code !== undefined && /^(?=.*\d)[0-9A-Z]{5}$/.test(code);
  if (isOfServer ? !UNAVAILABLE.test(code) : !isOfConnection(error, code)) return error;
  const shown = isOfServer ? `${error.message} (${code})` : error.message || code;
  return new StoreUnavailableError(`The database cannot be used now: ${shown}.`, { cause: error });
}

/** The server said itself that nothing was committed; what breaks the connection says nothing of it. */
export function isCommitRefused(error: unknown): boolean {
  return error instanceof Error && /^(23|25|40|53|55)...$/.test(codeOf(error) ?? '');
}

export function isConflict(error: unknown): boolean {
  return error instanceof Error && CONFLICT.test(codeOf(error) ?? '');
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

// The driver gives its own failures no code: it says "Connection terminated unexpectedly" and "timeout exceeded when
// trying to connect". What the system refuses comes with an errno such as ECONNREFUSED.
function isOfConnection(error: Error, code: string | undefined): boolean {
  if (code !== undefined && /^E[A-Z_]+$/.test(code)) return true;
  return /connection|timeout exceeded|not queryable|client was closed|calling end on the pool/i.test(
    error.message,
  );
}
