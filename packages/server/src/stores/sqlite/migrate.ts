import { readdirSync, readFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

/** One step of the schema, from version `version - 1` to `version`. */
export interface Migration {
  readonly version: number;
  readonly sql: string;
}

/** The file was written by a newer Holdall than this one. */
export class SchemaTooNewError extends Error {
  override readonly name = 'SchemaTooNewError';
  constructor(found: number, known: number) {
    super(
      `The database has schema version ${found}, but this version of Holdall knows versions up to ${known}. ` +
        'Start the version of Holdall that wrote it or a newer one, or restore a backup made before the upgrade.',
    );
  }
}

/** Every migration there is, in order: the numbered files of `migrations/`. */
export function readMigrations(): readonly Migration[] {
  const folder = new URL('./migrations/', import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'));
  return files.sort().map((file, index) => {
    const version = Number.parseInt(file, 10);
    if (version !== index + 1) throw new Error(`Migration ${file} should have the number ${index + 1}.`);
    return { version, sql: readFileSync(new URL(file, folder), 'utf8') };
  });
}

/** Brings the schema up to the last of `migrations`. What fails leaves the version before it, complete. */
export function migrate(db: DatabaseSync, migrations: readonly Migration[] = readMigrations()): void {
  const known = migrations.length;
  const found = schemaVersion(db);
  if (found > known) throw new SchemaTooNewError(found, known);
  for (const migration of migrations.slice(found)) apply(db, migration);
}

function apply(db: DatabaseSync, { version, sql }: Migration): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have been faster since the version was read.
    if (schemaVersion(db) < version) db.exec(`${sql}; PRAGMA user_version = ${version}`);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw new Error(`Migration ${version} of the database failed.`, { cause: error });
  }
}

function schemaVersion(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.user_version);
}
