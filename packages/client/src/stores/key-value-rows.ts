import { SyncError } from '../sync-error.ts';
import { parsed } from './kept-rows.ts';

/** A storage that keeps texts by name. Only the writing of one text is atomic. Its methods may answer at once. */
export interface KeyValue {
  /** Undefined or null when there is none. */
  get(name: string): MaybePromise<string | null | undefined>;
  /** When it has answered, the text survives the end of the process. */
  set(name: string, text: string): MaybePromise<unknown>;
  /** Does not mind when there is none. */
  remove(name: string): MaybePromise<unknown>;
  /** All names, those of others included. */
  keys(): MaybePromise<readonly string[]>;
}

type MaybePromise<Value> = Value | Promise<Value>;

/** A row and its value from now on; null erases it. Rows hold JSON other than null. */
export type RowWrite = readonly [name: string, row: unknown];

/**
 * Android reads no row of SQLite that is longer than its window, of 2 MB on most devices. A part of so many UTF-16 units
 * has at most three times as many bytes.
 */
const partLength = 262_144;

/** Names the layout described here. */
const schemaVersion = '1';

/**
 * Rows of any length over texts of a bounded one. A row's first text is its number of parts, a colon, and its first part;
 * the others are at `name#1`, `name#2`… They are written before the first, and erased after it, so that it alone decides
 * whether there is a row: that makes the journal atomic, and the journal makes everything else so.
 */
export class KeyValueRows {
  readonly #keyValue: KeyValue;
  readonly #prefix: string;
  #version: string | undefined;

  constructor(keyValue: KeyValue, prefix: string) {
    this.#keyValue = keyValue;
    this.#prefix = prefix;
  }

  /** Ends what was begun. To be called before anything else: a crash, or a failure, may have come in between. */
  async recover(): Promise<void> {
    if (this.#version === undefined) await this.#open();
    const journal = await this.read('journal');
    if (journal === undefined) return;
    if (!Array.isArray(journal))
      throw new SyncError('STORE', 'The journal of the store is damaged on this device.');
    await this.#apply(journal.map(([name, row]) => [name, toText(row)]));
    await this.#erase('journal');
  }

  async #open(): Promise<void> {
    const version = await this.#get('version');
    if (version !== undefined && version !== schemaVersion) {
      throw new SyncError(
        'STORE',
        `A newer version of this app has written the store (its schema is ${version}, and this version knows ` +
          `${schemaVersion}). Update the app.`,
      );
    }
    await this.#sweep();
    this.#version = version;
  }

  /** Removes what a crash or a failure has left of rows that became longer or shorter, and of journals. */
  async #sweep(): Promise<void> {
    for (const name of await this.#names()) {
      const [row = '', part] = name.split('#');
      if (part !== undefined && Number(part) >= countOf(await this.#get(row))) await this.#remove(name);
    }
  }

  /** Undefined when there is none, and null when it is damaged. */
  async read(name: string): Promise<unknown> {
    const text = await this.#readText(name);
    return text === undefined ? undefined : (parsed(text) ?? null);
  }

  readAll(names: readonly string[]): Promise<readonly unknown[]> {
    return Promise.all(names.map((name) => this.read(name)));
  }

  /** Names of all rows that begin so. */
  async names(beginning: string): Promise<readonly string[]> {
    const names = await this.#names();
    return names.filter((name) => name.startsWith(beginning) && !name.includes('#'));
  }

  /** Does all or nothing. When it throws nothing is written, unless the storage refuses even what it held before. */
  async write(writes: readonly RowWrite[]): Promise<void> {
    if (this.#version === undefined) await this.#set('version', schemaVersion);
    this.#version = schemaVersion;
    const after = writes.map(([name, row]): TextWrite => [name, toText(row)]);
    // A row's first text decides alone, so that one short row needs no journal.
    if (after.every(([, text]) => after.length === 1 && isShort(text))) return this.#apply(after);
    const before = await Promise.all(
      writes.map(async ([name]): Promise<TextWrite> => [name, await this.#readText(name)]),
    );
    await this.#writeJournal(writes);
    try {
      await this.#apply(after);
    } catch (error) {
      // What takes space goes first, so that there is some for what was there. The journal makes up for a crash meanwhile.
      await this.#apply(after.map(([name]) => [name, undefined]));
      await this.#sweep();
      await this.#apply(before);
      await this.#erase('journal');
      throw error;
    }
    await this.#erase('journal');
  }

  async #writeJournal(writes: readonly RowWrite[]): Promise<void> {
    try {
      await this.#writeText('journal', JSON.stringify(writes));
    } catch (error) {
      await this.#sweep();
      throw error;
    }
  }

  /** In any order, and to the end even when one fails: nothing may still be under way when it is undone. */
  async #apply(writes: readonly TextWrite[]): Promise<void> {
    await all(
      writes.map(([name, text]) => (text === undefined ? this.#erase(name) : this.#writeText(name, text))),
    );
  }

  /** Undefined when there is none, and empty when a part is missing. */
  async #readText(name: string): Promise<string | undefined> {
    const head = await this.#get(name);
    if (head === undefined) return undefined;
    const others = Array.from({ length: countOf(head) - 1 }, (_, index) =>
      this.#get(partName(name, index + 1)),
    );
    const parts = [head.slice(head.indexOf(':') + 1), ...(await Promise.all(others))];
    return parts.includes(undefined) ? '' : parts.join('');
  }

  async #writeText(name: string, text: string): Promise<void> {
    const count = countOf(await this.#get(name));
    const [first = '', ...others] = cut(text);
    await all(others.map((part, index) => this.#set(partName(name, index + 1), part)));
    await this.#set(name, `${others.length + 1}:${first}`);
    await this.#removeParts(name, others.length + 1, count);
  }

  async #erase(name: string): Promise<void> {
    const count = countOf(await this.#get(name));
    if (count > 0) await this.#remove(name);
    await this.#removeParts(name, 1, count);
  }

  async #removeParts(name: string, from: number, to: number): Promise<void> {
    for (let index = from; index < to; index += 1) await this.#remove(partName(name, index));
  }

  async #get(name: string): Promise<string | undefined> {
    return (await this.#keyValue.get(this.#prefix + name)) ?? undefined;
  }

  async #set(name: string, text: string): Promise<void> {
    await this.#keyValue.set(this.#prefix + name, text);
  }

  async #remove(name: string): Promise<void> {
    await this.#keyValue.remove(this.#prefix + name);
  }

  async #names(): Promise<readonly string[]> {
    const names = await this.#keyValue.keys();
    return names
      .filter((name) => name.startsWith(this.#prefix))
      .map((name) => name.slice(this.#prefix.length));
  }
}

type TextWrite = readonly [name: string, text: string | undefined];

function toText(row: unknown): string | undefined {
  return row === null ? undefined : JSON.stringify(row);
}

function isShort(text: string | undefined): boolean {
  return text === undefined || text.length <= partLength;
}

function partName(name: string, index: number): string {
  return `${name}#${index}`;
}

/** The number of parts of the row that has this first text; 0 without one. */
function countOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const count = Number.parseInt(text, 10);
  return count > 0 ? count : 1;
}

/** Never between the halves of a surrogate pair: a storage that keeps UTF-8 would replace both. */
function cut(text: string): readonly string[] {
  const parts: string[] = [];
  for (let from = 0; from < text.length; ) {
    const end = from + partLength;
    const isInPair = end < text.length && /[\ud800-\udbff]/.test(text.charAt(end - 1));
    const to = isInPair ? end - 1 : end;
    parts.push(text.slice(from, to));
    from = to;
  }
  return parts;
}

/** Waits for all, and throws what the first of those that failed has thrown. */
async function all(works: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(works)) if (result.status === 'rejected') throw result.reason;
}
