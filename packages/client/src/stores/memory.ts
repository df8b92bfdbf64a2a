import type { DatasetChange, DatasetHead, KeptDataset, LocalStore, Owner } from '../local-store.ts';
import { closedStore, isExpected } from './kept-rows.ts';

/** What memory stores keep. Stores on one share it, as the tabs of an origin do, and it outlives them. */
export interface Memory {
  readonly datasets: Map<Owner, Map<string, MemoryDataset>>;
  readonly notes: Map<string, string>;
}

/** Texts, so that nobody holds a part of what is kept. */
interface MemoryDataset {
  readonly head: string;
  readonly records: ReadonlyMap<string, string>;
}

/** A memory that has nothing yet. */
export function emptyMemory(): Memory {
  return { datasets: new Map(), notes: new Map() };
}

/** Keeps everything for as long as somebody holds `memory`: for tests, and where nothing may stay on the device. */
export function memoryStore(memory: Memory = emptyMemory()): LocalStore {
  return new MemoryStore(memory);
}

class MemoryStore implements LocalStore {
  readonly #memory: Memory;
  #isClosed = false;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  async load(owner: Owner, dataset: string): Promise<KeptDataset | undefined> {
    const kept = this.#open().datasets.get(owner)?.get(dataset);
    if (kept === undefined) return undefined;
    return {
      head: JSON.parse(kept.head),
      records: [...kept.records.values()].map((text) => JSON.parse(text)),
    };
  }

  async datasets(owner: Owner): Promise<readonly DatasetHead[]> {
    const kept = this.#open().datasets.get(owner)?.values() ?? [];
    const heads = [...kept].map(({ head }): DatasetHead => JSON.parse(head));
    return heads.sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  async owners(): Promise<readonly Owner[]> {
    return [...this.#open().datasets.keys()];
  }

  async commit(changes: readonly DatasetChange[]): Promise<boolean> {
    const { datasets } = this.#open();
    const isCurrent = (change: DatasetChange) => {
      const kept = datasets.get(change.owner)?.get(change.dataset);
      return isExpected(kept && JSON.parse(kept.head), change);
    };
    if (!changes.every(isCurrent)) return false;
    // Made before anything is kept, because a value that is no JSON throws.
    const changed = changes.map((change) => ({ change, result: this.#changed(change) }));
    for (const { change, result } of changed) this.#keep(change, result);
    return true;
  }

  #changed({ owner, dataset, head, put, erase }: DatasetChange): MemoryDataset | undefined {
    if (head === undefined) return undefined;
    const records = new Map(this.#memory.datasets.get(owner)?.get(dataset)?.records);
    for (const key of erase) records.delete(key);
    for (const record of put) records.set(record.key, JSON.stringify(record));
    return { head: JSON.stringify(head), records };
  }

  #keep({ owner, dataset }: DatasetChange, result: MemoryDataset | undefined): void {
    const { datasets } = this.#memory;
    const owned = datasets.get(owner) ?? new Map<string, MemoryDataset>();
    if (result) owned.set(dataset, result);
    else owned.delete(dataset);
    if (owned.size > 0) datasets.set(owner, owned);
    else datasets.delete(owner);
  }

  async note(name: string): Promise<string | undefined> {
    return this.#open().notes.get(name);
  }

  async setNote(name: string, text: string | undefined): Promise<void> {
    const { notes } = this.#open();
    if (text === undefined) notes.delete(name);
    else notes.set(name, text);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #open(): Memory {
    if (this.#isClosed) throw closedStore();
    return this.#memory;
  }
}
