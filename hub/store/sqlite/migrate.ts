import type Database from 'better-sqlite3';
import { first } from '../migrations/0001-first.ts';
import { accounts } from '../migrations/0002-accounts.ts';
import { NewerSchemaError } from '../newer-schema-error.ts';

/** In order; a migration's number is its place here. Never edited once released: a change is a new one. */
const MIGRATIONS = [first, accounts] as const;

/** Brings the schema up to date in one transaction. Throws NewerSchemaError and then has changed nothing. */
export function migrate(db: Database.Database, file: string): void {
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version > MIGRATIONS.length)
    throw new NewerSchemaError(
      `The database ${file} was written by a newer Bluewire (schema ${version}, this one knows ${MIGRATIONS.length}): start that version, or restore a backup.`,
    );
  db.transaction(() => {
    for (const migration of MIGRATIONS.slice(version)) db.exec(migration);
    db.pragma(`user_version = ${MIGRATIONS.length}`);
  }).immediate();
}
