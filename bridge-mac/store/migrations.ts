import type { Database } from 'better-sqlite3';

/** One per schema version, in order; a published one never changes. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE journal (seq INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL) STRICT;

  CREATE TABLE sends (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    conversation TEXT NOT NULL,
    recipient TEXT NOT NULL,
    channel TEXT NOT NULL,
    text TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    since INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    route INTEGER NOT NULL DEFAULT 0,
    baseline INTEGER,
    attempted_at INTEGER,
    last_error TEXT,
    row_id INTEGER,
    guid TEXT
  ) STRICT;
  CREATE UNIQUE INDEX sends_guid ON sends (guid) WHERE guid IS NOT NULL;
  CREATE INDEX sends_lane ON sends (conversation, position)
    WHERE state IN ('accepted', 'attempting', 'handed_over', 'unknown');
  CREATE INDEX sends_accepted ON sends (position) WHERE state = 'accepted';
  CREATE INDEX sends_state ON sends (state, since);

  CREATE TABLE cursor (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    row_id INTEGER NOT NULL,
    guid TEXT,
    dated INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE pending_rows (row_id INTEGER PRIMARY KEY, guid TEXT NOT NULL, since INTEGER NOT NULL) STRICT;

  CREATE TABLE seen_messages (
    guid TEXT PRIMARY KEY,
    twin BLOB NOT NULL,
    seen_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX seen_messages_twin ON seen_messages (twin);
  CREATE INDEX seen_messages_seen_at ON seen_messages (seen_at);
  `,
];

/** Brings the database to this program's schema. Throws a sentence when it is of a newer program. */
export function migrate(db: Database): void {
  db.transaction(() => {
    const version = Number(db.pragma('user_version', { simple: true }));
    if (version > MIGRATIONS.length) {
      throw new Error(
        `The bridge's database has schema ${version}, written by a newer Bluewire; this one knows ${MIGRATIONS.length}. Update Bluewire.`,
      );
    }
    for (const migration of MIGRATIONS.slice(version)) db.exec(migration);
    db.pragma(`user_version = ${MIGRATIONS.length}`);
  }).immediate();
}
