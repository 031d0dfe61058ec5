import type { AuditAction, AuditTarget } from '../../shared/api/audit.ts';
import type { Caller } from '../api/route.ts';
import type { Store } from '../store/store.ts';
import type { Accounts } from './accounts.ts';

/** What the routes about people need of the rest of the hub. */
export interface AccountDependencies {
  store: Store;
  accounts: Accounts;
  now: () => number;
  publicUrl: () => string;
  /** HUB_PUBLIC_URL, where it is set. */
  givenUrl: string | undefined;
  /** Writes down what a caller did. */
  audit: (
    caller: Caller,
    change: { action: AuditAction; target: AuditTarget; changes?: Record<string, unknown> },
  ) => Promise<void>;
}
