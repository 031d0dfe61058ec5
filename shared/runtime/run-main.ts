const EXIT_GRACE_MS = 10_000;
/** A service manager signals every process of a service, and npm and the launcher pass theirs on: one wish, told thrice. */
const SAME_WISH_MS = 1000;

/**
 * Runs a long-lived program: SIGINT and SIGTERM abort the signal that `main` is given; when `main` has come back the
 * process ends with `process.exitCode`, 0 when it was not set. A failure is one sentence on stderr and exit status 1. A signal
 * more than a second after the first, or ten seconds without an end, exits at once.
 */
export async function runMain(main: (signal: AbortSignal) => Promise<void>): Promise<void> {
  refuseOldNode();
  const stopping = new AbortController();
  let askedAt = 0;
  const stop = (): void => {
    if (stopping.signal.aborted) {
      if (performance.now() - askedAt > SAME_WISH_MS) process.exit(1);
      return;
    }
    askedAt = performance.now();
    stopping.abort();
    setTimeout(() => process.exit(1), EXIT_GRACE_MS).unref();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    await main(stopping.signal);
    process.exit();
  } catch (error) {
    console.error(describeFailure(error));
    process.exit(1);
  }
}

/** What a person is told of a failure: its own sentence, and those of its causes that say more. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause === undefined) return error.message;
  const cause = describeFailure(error.cause);
  return error.message.includes(cause) ? error.message : `${error.message} (${cause})`;
}

/** Resolves when `signal` is aborted. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}

// better-sqlite3 13 needs Node-API 10 and crashes without a word on less.
function refuseOldNode(): void {
  if (Number(process.versions.napi) >= 10) return;
  console.error(
    `Bluewire needs Node 22.14 or newer; this is ${process.version}. Its npm scripts bring their own.`,
  );
  process.exit(1);
}
