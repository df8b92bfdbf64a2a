import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Another process holds the lock. */
export class DirectoryInUseError extends Error {
  override readonly name = 'DirectoryInUseError';
  constructor(file: string) {
    super(
      `Another holdall uses this data directory (it holds ${file}). Stop it first, or choose another directory.`,
    );
  }
}

/**
 * Keeps a second server off a data directory: two would overwrite each other's keys. SQLite's lock is used because Node
 * has no other that the kernel releases when its process is killed.
 *
 * @throws DirectoryInUseError
 */
export function lockDirectory(file: string): Disposable {
  closeSync(openSync(file, 'a', 0o600));
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (error instanceof Error && error.message.includes('locked')) throw new DirectoryInUseError(file);
    throw error;
  }
  return { [Symbol.dispose]: () => lock.close() };
}
