import type { DatasetChange, DatasetHead, KeptDataset, LocalStore, Owner } from '../local-store.ts';
import { SyncError } from '../sync-error.ts';
import { exclusively } from './exclusively.ts';
import { closedStore, isExpected, readHead, readNote, readRecord } from './kept-rows.ts';
import { type KeyValue, KeyValueRows, type RowWrite } from './key-value-rows.ts';

export type { KeyValue };

export interface KeyValueSettings {
  /** What the names of all texts begin with; `holdall/` when absent. */
  readonly prefix?: string;
  /** Stores on the same storage have this object in common, so that they wait for each other; `keyValue` when absent. */
  readonly storage?: object;
}

/**
 * Keeps datasets in a storage of single texts, one record in each. What is to change at once is first written to a
 * journal, whose text makes it count, and then done; whoever finds a journal does what it says before anything else.
 *
 * One process at a time may use the storage.
 */
export function keyValueStore(keyValue: KeyValue, settings: KeyValueSettings = {}): LocalStore {
  return new KeyValueStore(keyValue, settings);
}

class KeyValueStore implements LocalStore {
  readonly #rows: KeyValueRows;
  readonly #storage: object;
  #isClosed = false;

  constructor(keyValue: KeyValue, { prefix = 'holdall/', storage = keyValue }: KeyValueSettings) {
    this.#rows = new KeyValueRows(keyValue, prefix);
    this.#storage = storage;
  }

  load(owner: Owner, dataset: string): Promise<KeptDataset | undefined> {
    return this.#run(async () => {
      const row = await this.#rows.read(headRow(owner, dataset));
      if (row === undefined) return undefined;
      const records = await this.#recordRows(owner, dataset);
      const values = await this.#rows.readAll(records);
      return {
        head: readHead(row, dataset),
        records: records.map((name, index) => readRecord(values[index], dataset, lastPart(name))),
      };
    });
  }

  datasets(owner: Owner): Promise<readonly DatasetHead[]> {
    return this.#run(async () => {
      const names = await this.#rows.names(rowName('head', owner, ''));
      const rows = await this.#rows.readAll(names);
      const heads = names.map((name, index) => readHead(rows[index], lastPart(name)));
      return heads.sort((left, right) => (left.name < right.name ? -1 : 1));
    });
  }

  owners(): Promise<readonly Owner[]> {
    return this.#run(async () => {
      const names = await this.#rows.names('head/');
      return [...new Set(names.map((name) => decoded(name.split('/')[1])))];
    });
  }

  commit(changes: readonly DatasetChange[]): Promise<boolean> {
    return this.#run(async () => {
      const heads = await this.#rows.readAll(changes.map(({ owner, dataset }) => headRow(owner, dataset)));
      if (!changes.every((change, index) => isExpected(heads[index], change))) return false;
      const writes = new Map<string, unknown>();
      for (const change of changes)
        for (const [name, row] of await this.#writes(change)) writes.set(name, row);
      await this.#rows.write([...writes]);
      return true;
    });
  }

  async #writes({ owner, dataset, head, put, erase }: DatasetChange): Promise<readonly RowWrite[]> {
    if (head === undefined) {
      const names = [headRow(owner, dataset), ...(await this.#recordRows(owner, dataset))];
      return names.map((name) => [name, null]);
    }
    return [
      [headRow(owner, dataset), head],
      ...erase.map((key): RowWrite => [rowName('record', owner, dataset, key), null]),
      ...put.map((record): RowWrite => [rowName('record', owner, dataset, record.key), record]),
    ];
  }

  note(name: string): Promise<string | undefined> {
    return this.#run(async () => readNote(await this.#rows.read(rowName('note', name)), name));
  }

  setNote(name: string, text: string | undefined): Promise<void> {
    return this.#run(() => this.#rows.write([[rowName('note', name), text ?? null]]));
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await exclusively(this.#storage, async () => {
      this.#isClosed = true;
    });
  }

  #recordRows(owner: Owner, dataset: string): Promise<readonly string[]> {
    return this.#rows.names(rowName('record', owner, dataset, ''));
  }

  #run<Result>(work: () => Promise<Result>): Promise<Result> {
    return exclusively(this.#storage, async () => {
      if (this.#isClosed) throw closedStore();
      try {
        await this.#rows.recover();
        return await work();
      } catch (error) {
        if (error instanceof SyncError) throw error;
        throw new SyncError('STORE', `The device's storage failed: ${error}`, { cause: error });
      }
    });
  }
}

function headRow(owner: Owner, dataset: string): string {
  return rowName('head', owner, dataset);
}

function rowName(...parts: readonly string[]): string {
  return parts.map(encoded).join('/');
}

function lastPart(name: string): string {
  return decoded(name.slice(name.lastIndexOf('/') + 1));
}

/** ASCII without `/` and `#`, for storages that cut or replace some characters; JSON escapes even lone surrogates. */
function encoded(part: string): string {
  return encodeURIComponent(JSON.stringify(part).slice(1, -1));
}

function decoded(part: string | undefined): string {
  return JSON.parse(`"${decodeURIComponent(part ?? '')}"`);
}
