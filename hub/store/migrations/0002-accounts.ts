/** People who use the panel: who they are, what they may see, and how they sign in. */
export const accounts = `
CREATE TABLE users (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  email TEXT NOT NULL UNIQUE,
  email_verified INTEGER NOT NULL DEFAULT 0,
  role TEXT NOT NULL CHECK (role IN ('admin', 'user')),
  device_allowance INTEGER,
  two_factor_enabled INTEGER NOT NULL DEFAULT 0,
  disabled INTEGER NOT NULL DEFAULT 0,
  joined_at INTEGER,
  last_login_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  account_id TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  password TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (user_id, provider_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token TEXT NOT NULL UNIQUE,
  expires_at INTEGER NOT NULL,
  ip_address TEXT,
  user_agent TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiring ON sessions (expires_at);

CREATE TABLE verifications (
  id TEXT PRIMARY KEY,
  identifier TEXT NOT NULL,
  value TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX verifications_identifier ON verifications (identifier);
CREATE INDEX verifications_expiring ON verifications (expires_at);

CREATE TABLE two_factors (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  secret TEXT NOT NULL,
  backup_codes TEXT NOT NULL,
  verified INTEGER,
  failed_verification_count INTEGER,
  locked_until INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX two_factors_user ON two_factors (user_id);

CREATE TABLE rate_limits (
  id TEXT PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  count INTEGER NOT NULL,
  last_request INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX rate_limits_old ON rate_limits (last_request);

CREATE TABLE setup_links (
  code_hash TEXT PRIMARY KEY,
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX setup_links_user ON setup_links (user_id);
CREATE INDEX setup_links_expiring ON setup_links (expires_at);

CREATE TABLE user_workspaces (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  location_id TEXT NOT NULL REFERENCES workspaces (location_id) ON DELETE CASCADE,
  PRIMARY KEY (user_id, location_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_workspaces_workspace ON user_workspaces (location_id);

CREATE TABLE user_devices (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  PRIMARY KEY (user_id, device_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_devices_device ON user_devices (device_id);

ALTER TABLE devices ADD COLUMN enrolled_by TEXT REFERENCES users (id) ON DELETE SET NULL;
CREATE INDEX devices_enrolled_by ON devices (enrolled_by) WHERE enrolled_by IS NOT NULL;
`;
