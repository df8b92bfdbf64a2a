import type { DatasetChange, LocalStore } from '../local-store.ts';
import { SyncError } from '../sync-error.ts';
import { answer, completion, openDatabase } from './indexeddb-requests.ts';
import { closedStore, isExpected, readHead, readNote, readRecord } from './kept-rows.ts';

/** Heads by [owner, dataset], records by [owner, dataset, key], notes by name. */
const tables = ['heads', 'records', 'notes'] as const;

/** Each brings the schema from its index to the next. One that has been released is never changed. */
const migrations: readonly ((database: IDBDatabase) => void)[] = [
  (database) => {
    for (const table of tables) database.createObjectStore(table);
  },
];

/**
 * Without it browsers call a transaction complete that a loss of power undoes. In Chromium on an SSD a commit of one
 * record took 1 to 9 ms with it and 1 ms without; from a hundred records on there was no difference.
 */
const durability: IDBTransactionOptions = { durability: 'strict' };

/** What `indexedDbStore` is told. */
export interface IndexedDbSettings {
  /** Of the database; `holdall` when absent. */
  readonly name?: string;
}

/**
 * Keeps datasets in the browser. All tabs of an origin that name the same database share them.
 *
 * A closure, where the other stores are classes: minified it is much smaller. For the same reason it does without `idb`,
 * which alone would be half of what an app may have to load for this store.
 */
export function indexedDbStore({ name = 'holdall' }: IndexedDbSettings = {}): LocalStore {
  /** Opened at the first use, and again after the browser or another tab's upgrade has closed it. */
  let opened: Promise<IDBDatabase> | undefined;
  let isClosed = false;

  function open(): Promise<IDBDatabase> {
    if (opened) return opened;
    const opening = openDatabase(name, migrations, () => forget(opening));
    opened = opening;
    return opening;
  }

  async function forget(opening = opened): Promise<void> {
    if (opened === opening) opened = undefined;
    // When it did not open, whoever waited for it was told.
    await opening?.then((database) => database.close()).catch(() => {});
  }

  /**
   * What `work` answers, once the transaction is complete. Within it nothing but its own requests is awaited: a browser
   * ends a transaction that it finds idle. When the browser closes the database meanwhile, as mobile ones do with pages in
   * the background, nothing was written, and it is done once more.
   */
  async function run<Result>(
    mode: IDBTransactionMode,
    work: (table: (name: (typeof tables)[number]) => IDBObjectStore) => Promise<Result> | Result,
    isSecond = false,
  ): Promise<Result> {
    if (isClosed) throw closedStore();
    let transaction: IDBTransaction | undefined;
    try {
      const begun = (await open()).transaction(tables, mode, durability);
      transaction = begun;
      const completed = completion(begun);
      const working = (async () => work((table) => begun.objectStore(table)))();
      const [result] = await Promise.all([working, completed]);
      return result;
    } catch (error) {
      abort(transaction);
      // Requests of an aborted transaction only say that it was aborted.
      const cause = transaction?.error ?? error;
      const reason = reasons[nameOf(cause)];
      if (!transaction || !(reason || cause instanceof SyncError)) forget();
      if (cause instanceof SyncError) throw cause;
      if (!reason && !isSecond) return run(mode, work, true);
      throw new SyncError('STORE', reason ?? `IndexedDB failed: ${cause}`, { cause });
    }
  }

  return {
    load: (owner, dataset) =>
      run('readonly', async (table) => {
        const range = allOf(owner, dataset);
        const [head, keys, rows] = await Promise.all([
          answer(table('heads').get([owner, dataset])),
          answer(table('records').getAllKeys(range)),
          answer(table('records').getAll(range)),
        ]);
        if (head === undefined) return undefined;
        return {
          head: readHead(head, dataset),
          records: rows.map((row, index) => readRecord(row, dataset, partOf(keys[index], 2))),
        };
      }),
    datasets: (owner) =>
      run('readonly', async (table) => {
        const [keys, rows] = await Promise.all([
          answer(table('heads').getAllKeys(allOf(owner))),
          answer(table('heads').getAll(allOf(owner))),
        ]);
        return rows.map((row, index) => readHead(row, partOf(keys[index], 1)));
      }),
    owners: () =>
      run('readonly', async (table) => {
        const keys = await answer(table('heads').getAllKeys());
        return [...new Set(keys.map((key) => partOf(key, 0)))];
      }),
    commit: (changes) =>
      run('readwrite', async (table) => {
        const heads = changes.map(({ owner, dataset }) => answer(table('heads').get([owner, dataset])));
        const rows: unknown[] = await Promise.all(heads);
        if (!changes.every((change, index) => isExpected(rows[index], change))) return false;
        for (const change of changes) apply(change, table('heads'), table('records'));
        return true;
      }),
    note: (note) => run('readonly', async (table) => readNote(await answer(table('notes').get(note)), note)),
    setNote: (note, text) =>
      run('readwrite', (table) => {
        if (text === undefined) table('notes').delete(note);
        else table('notes').put(text, note);
      }),
    close() {
      isClosed = true;
      return forget();
    },
  };
}

/** By the names that browsers give their errors. */
const reasons: Readonly<Record<string, string>> = {
  QuotaExceededError: 'The browser has no space left for this site. Nothing was written.',
  VersionError: 'A newer version of this site has written the database. Reload the page.',
};

/** Nobody waits for the answers: the transaction does, and fails when one of them does. */
function apply(
  { owner, dataset, head, put, erase }: DatasetChange,
  heads: IDBObjectStore,
  records: IDBObjectStore,
): void {
  if (head === undefined) {
    heads.delete([owner, dataset]);
    records.delete(allOf(owner, dataset));
    return;
  }
  heads.put(head, [owner, dataset]);
  for (const key of erase) records.delete([owner, dataset, key]);
  for (const record of put) records.put(record, [owner, dataset, record.key]);
}

/** All keys that begin with these parts: an array sorts after every text. */
function allOf(...parts: string[]): IDBKeyRange {
  return IDBKeyRange.bound(parts, [...parts, []]);
}

function partOf(key: IDBValidKey | undefined, index: number): string {
  return (key as string[])[index] as string;
}

function abort(transaction: IDBTransaction | undefined): void {
  try {
    transaction?.abort();
  } catch {
    // It has ended already.
  }
}

function nameOf(error: unknown): string {
  return String((error as Error | undefined)?.name);
}
