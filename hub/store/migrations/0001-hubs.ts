/** The part of the first schema that tells which hubs share the database, and which device is connected to which. */
export const hubs = `
CREATE TABLE hubs (
  id TEXT PRIMARY KEY,
  beat TEXT NOT NULL,
  since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE connections (
  device_id TEXT PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
  hub TEXT NOT NULL REFERENCES hubs (id) ON DELETE CASCADE,
  id TEXT NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;
CREATE INDEX connections_hub ON connections (hub);
`;
