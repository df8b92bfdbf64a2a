-- Integers stand for pools and datasets inside the file: they keep the index entries of ten million records small, and a
-- pool that is created again under the id of a deleted one shares nothing with it.
--
-- Foreign keys are enforced although one writer makes every change: they cost nothing measurable (an accepted patch looks
-- up its dataset anyway), and ON DELETE CASCADE makes the erasure of an identity one statement that forgets no table.

-- Without an id the pool is deleted, and stays only until `purge` has erased its identities.
CREATE TABLE identity_pool (
  pool INTEGER PRIMARY KEY,
  id TEXT UNIQUE,
  document TEXT NOT NULL
) STRICT;

-- Apart from identity_pool, so that counting does not rewrite the documents.
CREATE TABLE pool_usage (
  pool INTEGER PRIMARY KEY REFERENCES identity_pool ON DELETE CASCADE,
  storage_bytes INTEGER NOT NULL,
  last_modified_at INTEGER NOT NULL
) STRICT;

CREATE TABLE identity (
  id TEXT PRIMARY KEY,
  pool INTEGER NOT NULL REFERENCES identity_pool,
  created_at INTEGER NOT NULL,
  last_modified_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX identity_of_pool ON identity (pool);

-- `pool` repeats that of the identity, which never changes: the busiest statements then need not visit the identity.
CREATE TABLE dataset (
  dataset INTEGER PRIMARY KEY,
  identity_id TEXT NOT NULL REFERENCES identity ON DELETE CASCADE,
  name TEXT NOT NULL,
  pool INTEGER NOT NULL,
  sync_count INTEGER NOT NULL,
  deleted_at_sync_count INTEGER,
  live INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_modified_at INTEGER NOT NULL,
  last_modified_by TEXT NOT NULL,
  record_count INTEGER NOT NULL,
  tombstone_count INTEGER NOT NULL,
  storage_bytes INTEGER NOT NULL,
  -- [session id, expiry, session id, expiry, …], NULL when there are none.
  spent_sessions TEXT,
  UNIQUE (identity_id, name)
) STRICT;

-- Deleted datasets stay as tombstones; counting those that exist must not have to pass them all.
CREATE INDEX live_dataset ON dataset (identity_id) WHERE live;

-- A rowid table: in the b-tree of an index (which WITHOUT ROWID makes of a table) every comparison on the way down reads
-- the whole entry, and a value may have a megabyte. `value` comes last, so that the rest is read without it.
CREATE TABLE record (
  record INTEGER PRIMARY KEY,
  dataset INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE,
  key TEXT NOT NULL,
  sync_count INTEGER NOT NULL,
  last_modified_at INTEGER NOT NULL,
  last_modified_by TEXT NOT NULL,
  -- REAL, as a device may say anything.
  device_last_modified_at REAL NOT NULL,
  -- NULL in a tombstone.
  value TEXT,
  UNIQUE (dataset, key)
) STRICT;

CREATE INDEX record_in_order_of_change ON record (dataset, sync_count, key);

CREATE TABLE device (
  id TEXT NOT NULL,
  identity_id TEXT NOT NULL REFERENCES identity ON DELETE CASCADE,
  platform TEXT NOT NULL,
  token TEXT NOT NULL,
  registered_at INTEGER NOT NULL,
  PRIMARY KEY (identity_id, id),
  UNIQUE (identity_id, platform, token)
) STRICT;

-- Names its device without a foreign key: a device goes only with its identity, and so does the dataset.
CREATE TABLE subscription (
  dataset INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE,
  device_id TEXT NOT NULL,
  PRIMARY KEY (dataset, device_id)
) STRICT, WITHOUT ROWID;

-- The only places that know what hides a deleted pool and all in it: its missing id equals nothing and is not listed.
CREATE VIEW visible_identity AS
SELECT identity.*, identity_pool.id AS pool_id
FROM identity JOIN identity_pool ON identity_pool.pool = identity.pool
WHERE identity_pool.id IS NOT NULL;

CREATE VIEW visible_dataset AS
SELECT dataset.*, identity_pool.id AS pool_id
FROM dataset JOIN identity_pool ON identity_pool.pool = dataset.pool
WHERE identity_pool.id IS NOT NULL;
