import { Listeners } from './listeners.ts';
import type { Readable } from './readable.ts';
import type { Origin, Replica } from './replica.ts';
import type { SyncError } from './sync-error.ts';
import type { Reading, ValueReader } from './value-reader.ts';

/** Keys that changed together. */
export interface ChangeSet {
  readonly origin: Origin;
  readonly added: readonly string[];
  readonly updated: readonly string[];
  readonly removed: readonly string[];
}

type Read = Reading & { readonly storedKey: string; readonly text: string };

/** The readable side of a replica: its texts as values, by the keys of the app. */
export class DatasetView {
  readonly #reader: ValueReader;
  readonly #changed: (changes: ChangeSet) => void;
  readonly #byStoredKey = new Map<string, Read>();
  /** Of stored keys that were ever read: a codec finds the key in the text, and a removed record has none. */
  readonly #keys = new Map<string, string>();
  readonly #byKey = new Map<string, Read>();
  /** What was written here need not be read back. */
  readonly #written = new Map<string, { text: string; key: string; value: unknown }>();
  readonly #listeners = new Listeners<void>();
  /** Made when it is asked for: a thousand edits need not make it a thousand times. */
  #values: Readonly<Record<string, unknown>> | undefined;
  #reading: Promise<unknown> = Promise.resolve();
  #replica: Replica | undefined;
  #detach = () => {};

  constructor(reader: ValueReader, changed: (changes: ChangeSet) => void) {
    this.#reader = reader;
    this.#changed = changed;
  }

  /** All values that can be read, by key, without a prototype. */
  readonly values: Readable<Readonly<Record<string, unknown>>> = {
    get: () => {
      this.#values ??= valuesOf(this.#byKey.values());
      return this.#values;
    },
    subscribe: (listener) => this.#listeners.add(listener),
  };

  get(key: string): Reading | undefined {
    return this.#byKey.get(key);
  }

  /** The key of a stored one; the stored one itself while nothing is known. */
  keyOf(storedKey: string): string {
    return this.#keys.get(storedKey) ?? storedKey;
  }

  storedText(key: string): { readonly storedKey: string; readonly text: string } | undefined {
    return this.#byKey.get(key);
  }

  /** What is known of a stored key, and of which of its texts; undefined when that is still to be read. */
  storedReading(storedKey: string): (Reading & { readonly text: string }) | undefined {
    return this.#byStoredKey.get(storedKey);
  }

  /** Keys whose values cannot be read, and why. */
  unreadable(): readonly (Read & { readonly error: SyncError })[] {
    return [...this.#byStoredKey.values()].filter((read) => 'error' in read);
  }

  /** Tries again to read what could not be read. */
  async reread(): Promise<void> {
    const unreadable = this.unreadable();
    for (const read of unreadable) this.#forget(read);
    this.#follow(new Set(unreadable.map(({ storedKey }) => storedKey)), 'local');
    await this.read();
  }

  /** Shows another replica from now on. Resolves when all of it is read. */
  async attach(replica: Replica): Promise<void> {
    this.detach();
    this.#replica = replica;
    this.#detach = replica.subscribe((keys, origin) => this.#follow(keys, origin));
    this.#follow(new Set([...this.#byStoredKey.keys(), ...replica.records.keys()]), 'identity');
    await this.#reading;
  }

  detach(): void {
    this.#detach();
    this.#replica = undefined;
  }

  /** Says what a text means before the replica has it. */
  expect(storedKey: string, text: string, key: string, value: unknown): void {
    this.#written.set(storedKey, { text, key, value });
  }

  /** Resolves when all that the replica has is read. */
  async read(): Promise<void> {
    let last: unknown;
    while (last !== this.#reading) {
      last = this.#reading;
      await this.#reading;
    }
  }

  #follow(storedKeys: ReadonlySet<string>, origin: Origin): void {
    const replica = this.#replica;
    if (!replica) return;
    const later: Promise<Entry>[] = [];
    const now: Entry[] = [];
    for (const storedKey of storedKeys) {
      const text = replica.records.get(storedKey)?.value ?? null;
      if (text === (this.#byStoredKey.get(storedKey)?.text ?? null)) continue;
      const written = this.#written.get(storedKey);
      this.#written.delete(storedKey);
      if (text === null || written?.text === text)
        now.push([storedKey, text, text === null ? undefined : written]);
      else {
        const reading = this.#reader.read(storedKey, text);
        if (reading instanceof Promise) {
          // Until it is read, what another user had there is not shown.
          const former = this.#byStoredKey.get(storedKey);
          if (origin === 'identity' && former) this.#forget(former);
          later.push(reading.then((read): Entry => [storedKey, text, read]));
        } else now.push([storedKey, text, reading]);
      }
    }
    if (later.length > 0) {
      // Together: what changed at once is told at once.
      const shown = Promise.all(later).then((entries) => this.#show(entries, origin, replica));
      this.#reading = Promise.all([this.#reading, shown]);
    }
    this.#show(now, origin, replica);
  }

  #show(entries: readonly Entry[], origin: Origin, replica: Replica): void {
    if (replica !== this.#replica) return;
    const changes = { origin, added: [] as string[], updated: [] as string[], removed: [] as string[] };
    for (const [storedKey, text, reading] of entries) {
      // The replica may have gone on while this was read.
      if ((replica.records.get(storedKey)?.value ?? null) !== text) continue;
      const before = this.#byStoredKey.get(storedKey);
      if (before) this.#forget(before);
      if (text !== null && reading) {
        const read: Read = { ...reading, storedKey, text };
        this.#byStoredKey.set(storedKey, read);
        if ('value' in read) this.#keys.set(storedKey, read.key);
        // A record of unknown key may be called as another one is.
        if ('value' in read || !this.#byKey.has(read.key)) this.#byKey.set(read.key, read);
        changes[before ? 'updated' : 'added'].push(read.key);
      } else if (before) changes.removed.push(before.key);
    }
    if (changes.added.length + changes.updated.length + changes.removed.length === 0) return;
    this.#values = undefined;
    this.#listeners.tell();
    this.#changed(changes);
  }

  #forget(read: Read): void {
    this.#byStoredKey.delete(read.storedKey);
    if (this.#byKey.get(read.key) === read) this.#byKey.delete(read.key);
    this.#values = undefined;
  }
}

type Entry = readonly [storedKey: string, text: string | null, reading: Reading | undefined];

function valuesOf(reads: Iterable<Read>): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = Object.create(null);
  for (const read of reads) if ('value' in read) values[read.key] = read.value;
  return Object.freeze(values);
}
