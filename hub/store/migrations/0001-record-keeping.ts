/** The part of the first schema that tells operators what happened and who changed what. */
export const recordKeeping = `
CREATE TABLE notices (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  location_id TEXT NOT NULL REFERENCES workspaces (location_id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  since INTEGER NOT NULL,
  detail TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  resolved_at INTEGER
) STRICT;
CREATE UNIQUE INDEX notices_open ON notices (location_id, kind) WHERE resolved_at IS NULL;
CREATE INDEX notices_workspace ON notices (location_id, seq);

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  target_kind TEXT NOT NULL,
  target_id TEXT NOT NULL,
  location_id TEXT,
  changes TEXT NOT NULL,
  request_id TEXT NOT NULL,
  source TEXT NOT NULL
) STRICT;
CREATE INDEX audit_workspace ON audit (location_id, seq);
CREATE INDEX audit_actor ON audit (actor, seq);
CREATE INDEX audit_action ON audit (action, seq);
CREATE INDEX audit_target ON audit (target_id, seq);
`;
