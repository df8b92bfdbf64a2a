import type { AsyncStorageLike } from '../../src/stores/async-storage.ts';

/** What an AsyncStorage keeps: UTF-8, as SQLite does. Storages on one share it, as an app and the same app started again do. */
export type KeptBytes = Map<string, Buffer>;

/** Android reads no row that is longer. */
const cursorWindowBytes = 2 * 1_048_576;

/**
 * React Native's AsyncStorage on Android, with its rules: everything takes a turn of the event loop, in the order it was
 * asked for; only texts; no row beyond the cursor's window; no more bytes in all than its limit; a text ends at U+0000;
 * lone surrogates are replaced.
 */
export function androidAsyncStorage(kept: KeptBytes, { limitBytes = 6 * 1_048_576 } = {}): AsyncStorageLike {
  let queue: Promise<unknown> = Promise.resolve();
  const queued = <Result>(work: () => Result): Promise<Result> => {
    const turn = queue.then(() => new Promise((next) => setImmediate(next))).then(work);
    queue = turn.catch(() => {});
    return turn;
  };
  return {
    getItem: (key) =>
      queued(() => {
        const bytes = kept.get(asKept(key));
        if (bytes === undefined) return null;
        if (bytes.length > cursorWindowBytes) {
          throw new Error('Row too big to fit into CursorWindow requiredPos=0, totalRows=1');
        }
        return untilNull(bytes.toString());
      }),
    setItem: (key, value) =>
      queued(() => {
        if (typeof value !== 'string') throw new Error('Passing null/undefined as value is not supported.');
        const bytes = Buffer.from(value);
        const name = asKept(key);
        if (sizeOf(kept) - (kept.get(name)?.length ?? 0) + bytes.length > limitBytes) {
          throw new Error('database or disk is full (code 13 SQLITE_FULL)');
        }
        kept.set(name, bytes);
      }),
    removeItem: (key) =>
      queued(() => {
        kept.delete(asKept(key));
      }),
    getAllKeys: () => queued(() => [...kept.keys()]),
  };
}

export function sizeOf(kept: KeptBytes): number {
  let size = 0;
  for (const bytes of kept.values()) size += bytes.length;
  return size;
}

/**
 * An MMKV instance, with its rules: synchronous, UTF-8, no empty key, only texts here.
 *
 * @param removal what the version calls it: `remove` since 4, `delete` before
 */
export function mmkv<Removal extends 'remove' | 'delete'>(kept: KeptBytes, removal: Removal) {
  const common = {
    getString: (key: string) => kept.get(Buffer.from(key).toString())?.toString(),
    set(key: string, value: string) {
      if (key === '') throw new Error('Cannot set a value for an empty key!');
      if (typeof value !== 'string') throw new Error('Value is not a string.');
      kept.set(Buffer.from(key).toString(), Buffer.from(value));
    },
    getAllKeys: () => [...kept.keys()],
  };
  const remove = (key: string) => kept.delete(Buffer.from(key).toString());
  return { ...common, [removal]: remove } as typeof common & Record<Removal, typeof remove>;
}

function asKept(key: string): string {
  return untilNull(Buffer.from(key).toString());
}

function untilNull(text: string): string {
  const end = text.indexOf('\u0000');
  return end === -1 ? text : text.slice(0, end);
}
