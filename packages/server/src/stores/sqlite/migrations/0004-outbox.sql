-- Pools whose changes are streamed, beside their documents: every accepted update asks, and most pools are not here.
CREATE TABLE pool_stream (
  pool INTEGER PRIMARY KEY REFERENCES identity_pool ON DELETE CASCADE,
  name TEXT NOT NULL
) STRICT;

INSERT INTO pool_stream
SELECT pool, coalesce(document ->> '$.streams.StreamName', '') FROM identity_pool
WHERE id IS NOT NULL AND document ->> '$.streams.StreamingStatus' = 'ENABLED';

-- What can be sent side by side. A lane is here while it has deliveries.
CREATE TABLE outbox_lane (
  lane INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  destination TEXT NOT NULL,
  name TEXT NOT NULL,
  -- When its first delivery was queued.
  oldest_at INTEGER NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  -- When it may be claimed: for a leased lane, when the lease is over. NULL while it is held.
  ready_at INTEGER,
  lease TEXT,
  UNIQUE (kind, destination, name)
) STRICT;

CREATE INDEX ready_lane ON outbox_lane (kind, destination, ready_at);
CREATE INDEX oldest_lane ON outbox_lane (kind, destination, oldest_at);

-- AUTOINCREMENT, so that the id of a delivery that is done never is that of a later one.
CREATE TABLE outbox_delivery (
  delivery INTEGER PRIMARY KEY AUTOINCREMENT,
  lane INTEGER NOT NULL,
  queued_at INTEGER NOT NULL,
  payload TEXT NOT NULL
) STRICT;

CREATE INDEX delivery_of_lane ON outbox_delivery (lane);

CREATE TABLE dead_letter (
  delivery INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  destination TEXT NOT NULL,
  name TEXT NOT NULL,
  queued_at INTEGER NOT NULL,
  died_at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  payload TEXT NOT NULL
) STRICT;

-- How much there is of each: counting it would take as long as there is much.
CREATE TABLE outbox_total (
  kind TEXT NOT NULL,
  destination TEXT NOT NULL,
  queued INTEGER NOT NULL,
  dead INTEGER NOT NULL,
  PRIMARY KEY (kind, destination)
) STRICT, WITHOUT ROWID;

-- What was too long for a stream, fetched from us until it expires.
CREATE TABLE stream_payload (
  id TEXT PRIMARY KEY,
  expires_at INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;

CREATE INDEX stream_payload_by_expiry ON stream_payload (expires_at);

-- What the push target answered when the device was made known to it, and to which platform application.
ALTER TABLE device ADD COLUMN application TEXT;
ALTER TABLE device ADD COLUMN endpoint TEXT;
