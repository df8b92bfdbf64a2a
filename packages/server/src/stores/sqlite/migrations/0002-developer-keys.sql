-- A document, as a pool's: keys are few, and read one at a time.
CREATE TABLE developer_key (
  access_key_id TEXT PRIMARY KEY,
  document TEXT NOT NULL
) STRICT, WITHOUT ROWID;
