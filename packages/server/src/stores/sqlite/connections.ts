import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** How long to wait for another process (a backup tool, the sqlite3 shell) that holds a lock. */
const lockTimeoutMs = 5000;

/**
 * Both caches are small on purpose: with two million records, 4, 16 and 64 MB gave the same speed, because the operating
 * system caches the file anyway. For the same reason nothing is mapped into memory: it made scattered reads twice as fast,
 * but every page ever touched then counts as the process's own memory.
 */
const writerCacheKiB = 16_384;
const readerCacheKiB = 8_192;

/** 32 MB of log between checkpoints: pages that change again and again are copied into the file once. */
const checkpointPages = 8_000;

/** The connection that writes; creates the file, readable for its owner only (SQLite gives its log the same mode). */
export function openForWriting(file: string): DatabaseSync {
  closeSync(openSync(file, 'a', 0o600));
  const db = new DatabaseSync(file, { timeout: lockTimeoutMs });
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -${writerCacheKiB};
    PRAGMA wal_autocheckpoint = ${checkpointPages};
  `);
  return db;
}

/** A connection that cannot write, to a file whose schema is up to date. */
export function openForReading(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { readOnly: true, timeout: lockTimeoutMs });
  db.exec(`PRAGMA cache_size = -${readerCacheKiB}`);
  return db;
}
