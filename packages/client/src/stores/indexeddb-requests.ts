import { SyncError } from '../sync-error.ts';

/** What a request answers. */
export function answer<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Resolves when everything that the transaction wrote is kept, rejects when none of it is. */
export function completion(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('The transaction was aborted.'));
  });
}

/**
 * Opens a database, and brings it up to the schema that `migrations` end with. It closes itself when another tab wants to
 * upgrade or delete it.
 *
 * @param closed called after the browser, or another tab's wish, has closed it
 * @throws SyncError `STORE` when a tab keeps an older version open
 */
export function openDatabase(
  name: string,
  migrations: readonly ((database: IDBDatabase) => void)[],
  closed: () => void,
): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, migrations.length);
    let isBlocked = false;
    request.onupgradeneeded = ({ oldVersion }) => {
      for (const migrate of migrations.slice(oldVersion)) migrate(request.result);
    };
    request.onblocked = () => {
      isBlocked = true;
      const message = 'A tab with an older version of this site is open. Close it.';
      reject(new SyncError('STORE', message, { retryable: true }));
    };
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const database = request.result;
      // It may open long after everybody was told that it does not.
      if (isBlocked) database.close();
      database.onversionchange = () => {
        database.close();
        closed();
      };
      database.onclose = closed;
      resolve(database);
    };
  });
}
