import { Listeners } from './listeners.ts';
import type { Readable } from './readable.ts';
import type { Origin, Replica } from './replica.ts';
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
    return this.#byStoredKey.get(storedKey)?.key ?? storedKey;
  }

  storedText(key: string): { readonly storedKey: string; readonly text: string } | undefined {
    return this.#byKey.get(key);
  }

  /** Keys whose values cannot be read, and why. */
  unreadable(): readonly Extract<Reading, { error: unknown }>[] {
    return [...this.#byKey.values()].filter((read) => 'error' in read);
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
    const later: Promise<unknown>[] = [];
    const now: [string, string | null, Reading | undefined][] = [];
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
          later.push(reading.then((read) => this.#show([[storedKey, text, read]], origin, replica)));
        } else now.push([storedKey, text, reading]);
      }
    }
    if (later.length > 0) this.#reading = Promise.all([this.#reading, ...later]);
    this.#show(now, origin, replica);
  }

  #show(
    entries: readonly [string, string | null, Reading | undefined][],
    origin: Origin,
    replica: Replica,
  ): void {
    if (replica !== this.#replica) return;
    const changes = { origin, added: [] as string[], updated: [] as string[], removed: [] as string[] };
    for (const [storedKey, text, reading] of entries) {
      // The replica may have gone on while this was read.
      if ((replica.records.get(storedKey)?.value ?? null) !== text) continue;
      const before = this.#byStoredKey.get(storedKey);
      if (before && before.key !== reading?.key) this.#byKey.delete(before.key);
      if (text === null) this.#byStoredKey.delete(storedKey);
      if (text !== null && reading) {
        const read: Read = { ...reading, storedKey, text };
        this.#byStoredKey.set(storedKey, read);
        this.#byKey.set(read.key, read);
        changes[before ? 'updated' : 'added'].push(read.key);
      } else if (before) changes.removed.push(before.key);
    }
    if (changes.added.length + changes.updated.length + changes.removed.length === 0) return;
    this.#values = undefined;
    this.#listeners.tell();
    this.#changed(changes);
  }
}

function valuesOf(reads: Iterable<Read>): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = Object.create(null);
  for (const read of reads) if ('value' in read) values[read.key] = read.value;
  return Object.freeze(values);
}
