import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { DatasetChange, DatasetHead, KeptDataset, LocalStore, Owner } from '../local-store.ts';
import { closedStore, isExpected, parsed, readHead, readNote, readRecord } from './kept-rows.ts';
import { openSqliteFile, sqliteFailure } from './sqlite-file.ts';

/**
 * Keeps datasets in an SQLite file, for Node. It is opened at the first use, and several processes may share it. The
 * directory has to exist.
 *
 * `node:sqlite` is synchronous: the process waits for the disk during each commit, and for other processes that commit.
 */
export function sqliteStore(file: string): LocalStore {
  return new SqliteStore(file);
}

class SqliteStore implements LocalStore {
  readonly #file: string;
  #rows: SqliteRows | undefined;
  #isClosed = false;

  constructor(file: string) {
    this.#file = file;
  }

  async load(owner: Owner, dataset: string): Promise<KeptDataset | undefined> {
    return this.#run((rows) => rows.transaction('BEGIN', () => rows.load(owner, dataset)));
  }

  async datasets(owner: Owner): Promise<readonly DatasetHead[]> {
    return this.#run((rows) => rows.heads(owner));
  }

  async owners(): Promise<readonly Owner[]> {
    return this.#run((rows) => rows.owners());
  }

  async commit(changes: readonly DatasetChange[]): Promise<boolean> {
    return this.#run((rows) =>
      rows.transaction('BEGIN IMMEDIATE', () => {
        if (!changes.every((change) => isExpected(rows.head(change.owner, change.dataset), change)))
          return false;
        for (const change of changes) rows.apply(change);
        return true;
      }),
    );
  }

  async note(name: string): Promise<string | undefined> {
    return this.#run((rows) => rows.note(name));
  }

  async setNote(name: string, text: string | undefined): Promise<void> {
    this.#run((rows) => rows.setNote(name, text));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#rows?.close();
    this.#rows = undefined;
  }

  #run<Result>(work: (rows: SqliteRows) => Result): Result {
    if (this.#isClosed) throw closedStore();
    this.#rows ??= new SqliteRows(openSqliteFile(this.#file));
    try {
      return work(this.#rows);
    } catch (error) {
      throw sqliteFailure(error, this.#file);
    }
  }
}

/** The statements, prepared once. Rows are arrays, and every column holds JSON. */
class SqliteRows {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  transaction<Result>(begin: 'BEGIN' | 'BEGIN IMMEDIATE', work: () => Result): Result {
    this.#run(begin);
    try {
      const result = work();
      this.#run('COMMIT');
      return result;
    } catch (error) {
      // A full disk, among others, has made SQLite roll back by itself.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  load(owner: Owner, dataset: string): KeptDataset | undefined {
    const head = this.head(owner, dataset);
    if (head === undefined) return undefined;
    const rows = this.#all('SELECT key, record FROM record WHERE owner = ? AND dataset = ?', owner, dataset);
    return {
      head: readHead(head, dataset),
      records: rows.map(([key, record]) => readRecord(parsed(record), dataset, String(parsed(key)))),
    };
  }

  /** Undefined when there is none, and null when it is no JSON. */
  head(owner: Owner, dataset: string): unknown {
    const [row] = this.#all('SELECT head FROM head WHERE owner = ? AND dataset = ?', owner, dataset);
    return row && (parsed(row[0]) ?? null);
  }

  heads(owner: Owner): readonly DatasetHead[] {
    return this.#all('SELECT dataset, head FROM head WHERE owner = ?', owner)
      .map(([dataset, head]) => readHead(parsed(head), String(parsed(dataset))))
      .sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  owners(): readonly Owner[] {
    return this.#all('SELECT DISTINCT owner FROM head').map(([owner]) => String(parsed(owner)));
  }

  apply({ owner, dataset, head, put, erase }: DatasetChange): void {
    if (head === undefined) {
      this.#run('DELETE FROM head WHERE owner = ? AND dataset = ?', owner, dataset);
      this.#run('DELETE FROM record WHERE owner = ? AND dataset = ?', owner, dataset);
      return;
    }
    this.#run('INSERT OR REPLACE INTO head VALUES (?, ?, ?)', owner, dataset, head);
    for (const key of erase) {
      this.#run('DELETE FROM record WHERE owner = ? AND dataset = ? AND key = ?', owner, dataset, key);
    }
    for (const record of put) {
      this.#run('INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)', owner, dataset, record.key, record);
    }
  }

  note(name: string): string | undefined {
    const [row] = this.#all('SELECT text FROM note WHERE name = ?', name);
    return readNote(row && (parsed(row[0]) ?? null), name);
  }

  setNote(name: string, text: string | undefined): void {
    if (text === undefined) this.#run('DELETE FROM note WHERE name = ?', name);
    else this.#run('INSERT OR REPLACE INTO note VALUES (?, ?)', name, text);
  }

  close(): void {
    this.#database.close();
  }

  #all(sql: string, ...values: readonly unknown[]): readonly (readonly string[])[] {
    return this.#prepared(sql).all(...texts(values)) as unknown as readonly (readonly string[])[];
  }

  #run(sql: string, ...values: readonly unknown[]): void {
    this.#prepared(sql).run(...texts(values));
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#database.prepare(sql);
    statement.setReturnArrays(true);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function texts(values: readonly unknown[]): string[] {
  return values.map((value) => JSON.stringify(value));
}
