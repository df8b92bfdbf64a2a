-- What proves who an identity is. The key begins with the pool, as one subject may have an identity in each.
CREATE TABLE login (
  pool INTEGER NOT NULL,
  provider TEXT NOT NULL,
  subject TEXT NOT NULL,
  identity_id TEXT NOT NULL REFERENCES identity ON DELETE CASCADE,
  PRIMARY KEY (pool, provider, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX login_of_identity ON login (identity_id);

ALTER TABLE identity ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE identity ADD COLUMN merged_into TEXT;

-- 1 in what a disabled identity still has, so that an update of a dataset need not visit the identity.
ALTER TABLE dataset ADD COLUMN frozen INTEGER NOT NULL DEFAULT 0;
