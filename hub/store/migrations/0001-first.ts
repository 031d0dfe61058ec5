import { hubs } from './0001-hubs.ts';
import { recordKeeping } from './0001-record-keeping.ts';

/**
 * The first schema. Every queue is a partial index that a row enters and leaves as it moves, so a claim costs the same
 * whatever lies finished in the table. What has an owner is QUEUED or pending, and what has a due time is pending; where an
 * index says no more than that, a statement can say as little, and no planner takes it for the statement of another index.
 */
export const first = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE workspaces (
  seq INTEGER PRIMARY KEY,
  location_id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  address TEXT,
  email TEXT,
  phone TEXT,
  url TEXT,
  headers TEXT NOT NULL,
  signing_secret TEXT NOT NULL,
  connected INTEGER NOT NULL,
  require_api_key INTEGER NOT NULL,
  webhook_enabled INTEGER NOT NULL,
  webhook_disabled_reason TEXT,
  previous_secret TEXT,
  previous_secret_until INTEGER,
  failing_since INTEGER,
  channels TEXT NOT NULL,
  extra_events TEXT NOT NULL,
  routes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER
) STRICT;
CREATE INDEX workspaces_deleted ON workspaces (location_id) WHERE deleted_at IS NOT NULL;

CREATE TABLE api_keys (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  location_id TEXT NOT NULL REFERENCES workspaces (location_id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER
) STRICT;
CREATE INDEX api_keys_workspace ON api_keys (location_id, seq);

CREATE TABLE devices (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  address TEXT,
  channels TEXT NOT NULL,
  token_hash TEXT UNIQUE,
  paired_at INTEGER,
  paused INTEGER NOT NULL,
  last_seen_at INTEGER,
  bridge_version TEXT,
  os_version TEXT,
  hostname TEXT,
  findings TEXT NOT NULL,
  pace TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE enrollments (
  code_hash TEXT PRIMARY KEY,
  device_id TEXT NOT NULL UNIQUE REFERENCES devices (id) ON DELETE CASCADE,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE assignments (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  location_id TEXT NOT NULL REFERENCES workspaces (location_id) ON DELETE CASCADE,
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  channel TEXT NOT NULL,
  UNIQUE (location_id, channel, device_id)
) STRICT;
CREATE INDEX assignments_device ON assignments (device_id, channel, seq);

CREATE TABLE journals (
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  journal_id TEXT NOT NULL,
  acked_seq INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  PRIMARY KEY (device_id, journal_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE set_aside (
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  journal_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  entry TEXT NOT NULL,
  error TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (device_id, journal_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX set_aside_at ON set_aside (at);

CREATE TABLE conversations (
  phone TEXT NOT NULL,
  location_id TEXT NOT NULL REFERENCES workspaces (location_id) ON DELETE CASCADE,
  device_id TEXT NOT NULL,
  last_at INTEGER NOT NULL,
  PRIMARY KEY (phone, location_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX conversations_workspace ON conversations (location_id);

CREATE TABLE groups (
  id TEXT PRIMARY KEY,
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  wire_id TEXT NOT NULL,
  channel TEXT NOT NULL,
  name TEXT,
  participants TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  UNIQUE (device_id, wire_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE extras (
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  guid TEXT NOT NULL,
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (device_id, guid, kind, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX extras_at ON extras (at);

CREATE TABLE opt_outs (
  location_id TEXT NOT NULL REFERENCES workspaces (location_id) ON DELETE CASCADE,
  phone TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (location_id, phone)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  direction TEXT NOT NULL CHECK (direction IN ('out', 'in')),
  location_id TEXT,
  message_id TEXT NOT NULL,
  user_id TEXT,
  phone TEXT NOT NULL,
  text TEXT NOT NULL,
  attachments TEXT NOT NULL,
  channel TEXT NOT NULL,
  status TEXT NOT NULL,
  device_id TEXT,
  guid TEXT,
  group_id TEXT,
  only_device TEXT NOT NULL DEFAULT '',
  from_me INTEGER NOT NULL DEFAULT 0,
  error_code TEXT,
  error_message TEXT,
  content_hash TEXT,
  resend_of TEXT,
  expires_at INTEGER,
  offered_at INTEGER,
  owner TEXT,
  lease_until INTEGER,
  held INTEGER NOT NULL DEFAULT 0,
  steps INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX messages_client_id ON messages (location_id, message_id) WHERE direction = 'out';
CREATE UNIQUE INDEX messages_guid ON messages (device_id, guid) WHERE direction = 'in';
CREATE INDEX messages_sent_guid ON messages (device_id, guid) WHERE direction = 'out' AND guid IS NOT NULL;
CREATE INDEX messages_unrouted ON messages (location_id, channel, only_device, seq)
  WHERE status = 'QUEUED' AND device_id IS NULL AND held = 0;
CREATE INDEX messages_held ON messages (location_id, phone, seq) WHERE status = 'QUEUED' AND held > 0;
CREATE INDEX messages_offerable ON messages (device_id, seq, phone)
  WHERE status = 'QUEUED' AND device_id IS NOT NULL AND owner IS NULL;
CREATE INDEX messages_leased ON messages (lease_until) WHERE owner IS NOT NULL;
CREATE INDEX messages_asked ON messages (device_id, phone) WHERE owner IS NOT NULL;
CREATE INDEX messages_expiring ON messages (expires_at)
  WHERE status = 'QUEUED' AND owner IS NULL AND direction = 'out';
CREATE INDEX messages_dispatched ON messages (device_id, seq) WHERE status = 'DISPATCHED';
CREATE INDEX messages_failed ON messages (seq) WHERE status = 'FAILED';
CREATE INDEX messages_resends ON messages (resend_of) WHERE resend_of IS NOT NULL;
CREATE INDEX messages_workspace ON messages (location_id, seq);
CREATE INDEX messages_phone ON messages (phone, seq);

CREATE TABLE timeline (
  message_seq INTEGER NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
  n INTEGER NOT NULL,
  at INTEGER NOT NULL,
  status TEXT NOT NULL,
  source TEXT NOT NULL,
  detail TEXT,
  PRIMARY KEY (message_seq, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE files (
  sha256 TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  mime_type TEXT NOT NULL,
  used_at INTEGER NOT NULL,
  needed_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX files_used ON files (used_at);

CREATE TABLE attachments (
  message_seq INTEGER NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
  n INTEGER NOT NULL,
  location_id TEXT,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'ready', 'unavailable')),
  url TEXT,
  host TEXT,
  tries INTEGER NOT NULL,
  next_try_at INTEGER,
  owner TEXT,
  lease_until INTEGER,
  sha256 TEXT,
  name TEXT,
  mime_type TEXT,
  size INTEGER,
  PRIMARY KEY (message_seq, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachments_due ON attachments (location_id, host, message_seq, n)
  WHERE state = 'waiting' AND owner IS NULL AND next_try_at IS NULL;
CREATE INDEX attachments_resting ON attachments (next_try_at)
  WHERE state = 'waiting' AND owner IS NULL AND next_try_at IS NOT NULL;
CREATE INDEX attachments_leased ON attachments (location_id, host) WHERE state = 'waiting' AND owner IS NOT NULL;
CREATE INDEX attachments_file ON attachments (sha256) WHERE sha256 IS NOT NULL;

CREATE TABLE file_grants (
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  sha256 TEXT NOT NULL REFERENCES files (sha256) ON DELETE CASCADE,
  PRIMARY KEY (device_id, sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX file_grants_file ON file_grants (sha256);

CREATE TABLE uploads (
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  sha256 TEXT NOT NULL REFERENCES files (sha256) ON DELETE CASCADE,
  size INTEGER NOT NULL,
  PRIMARY KEY (device_id, sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX uploads_file ON uploads (sha256);

CREATE TABLE deliveries (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  location_id TEXT NOT NULL REFERENCES workspaces (location_id) ON DELETE CASCADE,
  phone TEXT NOT NULL,
  message_seq INTEGER,
  type TEXT NOT NULL,
  body TEXT NOT NULL,
  status TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  next_attempt_at INTEGER,
  owner TEXT,
  lease_until INTEGER,
  last_error TEXT,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX deliveries_due ON deliveries (location_id, next_attempt_at)
  WHERE owner IS NULL AND next_attempt_at IS NOT NULL;
CREATE INDEX deliveries_leased ON deliveries (lease_until) WHERE owner IS NOT NULL;
CREATE INDEX deliveries_conversation ON deliveries (location_id, phone, seq) WHERE status = 'pending';
CREATE INDEX deliveries_kept ON deliveries (status, seq) WHERE status IN ('dead', 'recorded');
CREATE INDEX deliveries_kept_of_workspace ON deliveries (location_id, status, seq) WHERE status IN ('dead', 'recorded');
CREATE INDEX deliveries_replayable ON deliveries (location_id, created_at, seq) WHERE status IN ('dead', 'recorded');
CREATE INDEX deliveries_workspace ON deliveries (location_id, seq);
CREATE INDEX deliveries_message ON deliveries (message_seq);

CREATE TABLE attempts (
  delivery_seq INTEGER NOT NULL REFERENCES deliveries (seq) ON DELETE CASCADE,
  n INTEGER NOT NULL,
  at INTEGER NOT NULL,
  latency_ms INTEGER NOT NULL,
  http_status INTEGER,
  error TEXT,
  error_message TEXT,
  response TEXT,
  PRIMARY KEY (delivery_seq, n)
) STRICT, WITHOUT ROWID;
${recordKeeping}${hubs}`;
