import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { backup } from 'node:sqlite';
import { openForReading } from './connections.ts';

/** Every page in one step: between steps, the copy would begin again whenever something was written. */
const allPages = 2 ** 31 - 1;

/**
 * Copies the database to `path` as it is at one moment, while others read and write it, in this process or in another.
 *
 * @throws Error when there is no database, or when `path` exists
 */
export async function backupDatabase(file: string, path: string): Promise<void> {
  if (!existsSync(file)) throw new Error(`There is no database at ${file}.`);
  createPrivate(path);
  // Its own connection, as the copy keeps it locked.
  const source = openForReading(file);
  try {
    await backup(source, path, { rate: allPages });
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    source.close();
  }
}

/** Refuses what exists, and gives the copy its mode before there is anything in it. */
function createPrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new Error(`${path} exists already: a backup never replaces a file.`, { cause });
  }
}
