import { existsSync } from 'node:fs';
import type { Finding } from '../../shared/wire/health.ts';

/** chat.db cannot be read. `finding` is what the operator is told, with what to do. */
export class ChatDbUnreadableError extends Error {
  override readonly name = 'ChatDbUnreadableError';
  readonly finding: Finding;

  constructor(finding: Finding, cause?: unknown) {
    super(finding.message, cause === undefined ? undefined : { cause });
    this.finding = finding;
  }
}

const CHECK = 'chat_db';

export const READABLE: Finding = { check: CHECK, ok: true, message: "Messages' database can be read." };

/**
 * What is wrong when opening or reading `path` failed. macOS answers "unable to open" or "authorization denied" for
 * a database that is there but not granted; both mean Full Disk Access, which is granted to the node binary.
 */
export function explainUnreadable(path: string, error: unknown, nodePath: string): ChatDbUnreadableError {
  const code = (error as { code?: unknown } | null)?.code;
  const access = `Grant Full Disk Access to ${nodePath}: System Settings → Privacy & Security → Full Disk Access, then restart the bridge.`;
  if (code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT') {
    return unreadable(`${path} is not a database that can be read (${code}).`, 'Open Messages once.', error);
  }
  if (isMissing(path)) {
    return unreadable(
      `Messages' database is missing or hidden: ${path}.`,
      `Sign in to Messages on this Mac. ${access}`,
      error,
    );
  }
  return unreadable(`Messages' database cannot be read: ${path} (${String(code ?? error)}).`, access, error);
}

/** The file opens, but it lacks what every Messages database has. */
export function explainForeign(path: string, lacking: string): ChatDbUnreadableError {
  return unreadable(`${path} is not a Messages database: it lacks ${lacking}.`, 'Check BRIDGE_CHAT_DB.');
}

function unreadable(message: string, remedy: string, cause?: unknown): ChatDbUnreadableError {
  // What is sent cannot be proven without the database.
  const finding: Finding = {
    check: CHECK,
    ok: false,
    message: message.slice(0, 500),
    remedy: remedy.slice(0, 500),
    blocks_sending: true,
  };
  return new ChatDbUnreadableError(finding, cause);
}

function isMissing(path: string): boolean {
  return !existsSync(path);
}
