import { resolve } from 'node:path';
import { dataFiles } from './data-files.ts';
import { backupDatabase } from './stores/sqlite/backup-database.ts';

/**
 * Copies the database of a data directory to a file, while a server uses it or not.
 *
 * @throws Error when there is no database, or when the file exists
 */
export async function backupData(data: string, to: string): Promise<void> {
  await backupDatabase(dataFiles(resolve(data)).database, resolve(to));
}
