import type { ErrorDetail } from '../../../../shared/api/errors.ts';

interface Facts {
  message: string;
  status: number;
  code: string;
  details: ErrorDetail[];
  requestId: string | null;
  /** Seconds. */
  retryAfter: number | null;
}

/** The hub answered, and not with what was asked for. `message` is a sentence for people. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly status: number;
  readonly code: string;
  readonly details: ErrorDetail[];
  readonly requestId: string | null;
  /** Seconds. */
  readonly retryAfter: number | null;

  constructor(facts: Facts) {
    super(facts.message);
    this.status = facts.status;
    this.code = facts.code;
    this.details = facts.details;
    this.requestId = facts.requestId;
    this.retryAfter = facts.retryAfter;
  }

  /** The same, in other words, beside a field too. */
  rephrase(message: string): ApiFailure {
    return new ApiFailure({
      ...this,
      message,
      details: this.details.map(({ field }) => ({ field, message })),
    });
  }

  /** Whether the fault is the hub's: the request's id then helps who looks for it in the log. */
  get isUnexpected(): boolean {
    return this.status >= 500;
  }
}

/** No answer of the hub came: it is down, restarting, or the network is. */
export class HubUnreachable extends Error {
  override readonly name = 'HubUnreachable';

  constructor(cause?: unknown) {
    super('The hub cannot be reached at the moment.', { cause });
  }
}

/** The code of a page did not come: the hub is away, or was updated since this one was opened. */
export class PageUnloaded extends Error {
  override readonly name = 'PageUnloaded';

  constructor() {
    super(
      'Its code could not be fetched: the hub is away, or was updated since the panel was opened. Reload the page.',
    );
  }
}

const FOR_PEOPLE = [ApiFailure, HubUnreachable, PageUnloaded];

/** What to tell of anything thrown. */
export function describeFailure(error: unknown): string {
  if (error instanceof Error && FOR_PEOPLE.some((kind) => error instanceof kind))
    return sayForPeople(error.message);
  return 'Something went wrong in this page. Reload it; if it happens again, the browser’s console has the details.';
}

/** Without what only a program would have to send: the panel has buttons for it. */
function sayForPeople(message: string): string {
  return message
    .replace(/ with PATCH \{[^}]*\}/, ' under Workspaces / Webhooks')
    .replace(/ Send \{"force":true\}[^.]*\./, '')
    .replace(/: \{"force":true\} sends it once more\./, ', unless it has lost it.');
}
