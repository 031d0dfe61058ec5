import type { Database } from 'better-sqlite3';

/** One per schema version, in order; a published one never changes. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE journal (seq INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL) STRICT;

  CREATE TABLE sends (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    part INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    conversation TEXT NOT NULL,
    recipient TEXT NOT NULL,
    to_group INTEGER NOT NULL,
    channel TEXT NOT NULL,
    fallbacks TEXT NOT NULL,
    text TEXT NOT NULL,
    file TEXT,
    is_staged INTEGER NOT NULL DEFAULT 0,
    told TEXT NOT NULL DEFAULT '',
    expires_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    since INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    route TEXT,
    tried TEXT NOT NULL DEFAULT '[]',
    baseline INTEGER,
    attempted_at INTEGER,
    last_error TEXT,
    last_code TEXT,
    row_id INTEGER,
    guid TEXT,
    UNIQUE (id, part)
  ) STRICT;
  CREATE UNIQUE INDEX sends_guid ON sends (guid) WHERE guid IS NOT NULL;
  CREATE INDEX sends_lane ON sends (conversation, position)
    WHERE state IN ('accepted', 'attempting', 'handed_over', 'unknown');
  CREATE INDEX sends_accepted ON sends (position) WHERE state = 'accepted';
  CREATE INDEX sends_files ON sends (position) WHERE file IS NOT NULL;
  CREATE INDEX sends_state ON sends (state, since);

  CREATE TABLE spent_rows (guid TEXT PRIMARY KEY, since INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE routes (
    conversation TEXT NOT NULL,
    channel TEXT NOT NULL,
    route TEXT NOT NULL,
    PRIMARY KEY (conversation, channel)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE send_beginnings (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    spread REAL NOT NULL
  ) STRICT;
  CREATE INDEX send_beginnings_at ON send_beginnings (at);

  CREATE TABLE cursor (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    row_id INTEGER NOT NULL,
    guid TEXT,
    dated INTEGER NOT NULL,
    floor INTEGER
  ) STRICT;

  CREATE TABLE pending_rows (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    row_id INTEGER NOT NULL,
    guid TEXT NOT NULL UNIQUE,
    waited INTEGER NOT NULL DEFAULT 0,
    conversation TEXT
  ) STRICT;
  CREATE INDEX pending_rows_conversation ON pending_rows (conversation, position);

  CREATE TABLE incoming_files (
    message TEXT NOT NULL,
    file TEXT NOT NULL,
    result TEXT NOT NULL,
    PRIMARY KEY (message, file)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE own_addresses (address TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

  CREATE TABLE seen_messages (
    guid TEXT PRIMARY KEY,
    twin BLOB NOT NULL,
    seen_at INTEGER NOT NULL,
    edited INTEGER NOT NULL,
    edits INTEGER NOT NULL,
    retracted INTEGER NOT NULL
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
    // Writing the version that is there already would need room on a full disk.
    if (version === MIGRATIONS.length) return;
    for (const migration of MIGRATIONS.slice(version)) db.exec(migration);
    db.pragma(`user_version = ${MIGRATIONS.length}`);
  }).immediate();
}
