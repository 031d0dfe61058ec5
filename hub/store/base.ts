import type { Kysely, Transaction } from 'kysely';
import type { Schema } from './schema.ts';
import type { Vault } from './vault.ts';

/** How the queries that are the same on every database run. Every error passes the store's own classification. */
export interface Base {
  vault: Vault;
  /** The operator that finds a pattern whatever the case of its letters. */
  like: 'like' | 'ilike';
  /** Reads, or writes one statement. */
  query<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T>;
  /**
   * Changes workspaces, devices or assignments in one transaction, and forgets what was remembered of them. What `hold`
   * names is kept from all other steps meanwhile (see StoreContext).
   */
  change<T>(
    work: (db: Transaction<Schema>) => Promise<T>,
    hold?: (db: Transaction<Schema>) => Promise<string[]>,
  ): Promise<T>;
}
