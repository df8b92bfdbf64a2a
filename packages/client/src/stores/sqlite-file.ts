import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { SyncError } from '../sync-error.ts';

/** How long to wait for another process to finish its commit. The whole process waits. */
const lockTimeoutMs = 5000;

/**
 * Each brings the schema from its index to the next. One that has been released is never changed.
 *
 * Owners, names and keys are kept as JSON: SQLite ends a text at U+0000 and does not keep a lone surrogate.
 */
const migrations: readonly string[] = [
  `
    CREATE TABLE head (owner TEXT, dataset TEXT, head TEXT NOT NULL, PRIMARY KEY (owner, dataset)) WITHOUT ROWID;
    CREATE TABLE record (
      owner TEXT, dataset TEXT, key TEXT, record TEXT NOT NULL, PRIMARY KEY (owner, dataset, key)
    ) WITHOUT ROWID;
    CREATE TABLE note (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
  `,
];

/**
 * Opens the file, or creates it readable for its owner only (SQLite gives its log the same mode).
 *
 * @throws SyncError `STORE`
 */
export function openSqliteFile(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    closeSync(openSync(file, 'a', 0o600));
    database = new DatabaseSync(file, { timeout: lockTimeoutMs });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    migrate(database, file);
    return database;
  } catch (error) {
    database?.close();
    throw sqliteFailure(error, file);
  }
}

function migrate(database: DatabaseSync, file: string): void {
  if (schemaVersion(database, file) === migrations.length) return;
  // Another process may do the same now; whoever gets the lock second finds it done.
  database.exec('BEGIN IMMEDIATE');
  for (const migration of migrations.slice(schemaVersion(database, file))) database.exec(migration);
  database.exec(`PRAGMA user_version = ${migrations.length}; COMMIT`);
}

function schemaVersion(database: DatabaseSync, file: string): number {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (version <= migrations.length) return version;
  throw new SyncError(
    'STORE',
    `${file} was written by a newer version of this package (its schema is ${version}, and this version knows ` +
      `${migrations.length}). Update @holdall/client, or use another file.`,
  );
}

/** What went wrong with the file, in words. */
export function sqliteFailure(error: unknown, file: string): SyncError {
  if (error instanceof SyncError) return error;
  switch (primaryCode(error)) {
    case 5: // SQLITE_BUSY
      return new SyncError('STORE', `Another process keeps ${file} locked.`, {
        cause: error,
        retryable: true,
      });
    case 11: // SQLITE_CORRUPT
    case 26: // SQLITE_NOTADB
      return new SyncError(
        'STORE',
        `${file} is damaged, or is not an SQLite database. Put back a copy, or move it away to start again with what ` +
          'the service has.',
        { cause: error },
      );
    case 13: // SQLITE_FULL
      return new SyncError('STORE', `There is no space left for ${file}. Nothing was written.`, {
        cause: error,
      });
    default:
      return new SyncError('STORE', `${file} cannot be used: ${messageOf(error)}`, { cause: error });
  }
}

/** SQLite's own number for the error; the bits above the lowest eight tell more of the same. */
function primaryCode(error: unknown): number | undefined {
  const { errcode } = error as { readonly errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
