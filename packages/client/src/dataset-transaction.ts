import type { DatasetView } from './dataset-view.ts';

type KeyOf<V> = keyof V & string;

/** Reads and writes of one `transact`: all of it is written, or nothing. */
export interface Transaction<Input, Output> {
  get<Key extends KeyOf<Output>>(key: Key): Output[Key] | undefined;
  set<Key extends KeyOf<Input>>(key: Key, value: Input[Key]): void;
  remove(key: KeyOf<Output>): void;
  keys(): KeyOf<Output>[];
}

/** One that notes in `reads` what was looked at, and in `writes` what is to be set; undefined removes. */
export function openTransaction<Input, Output>(
  view: DatasetView,
  reads: Set<string>,
  writes: Map<string, unknown>,
): Transaction<Input, Output> {
  return {
    get: (key) => {
      if (writes.has(key)) return writes.get(key) as never;
      reads.add(key);
      const reading = view.get(key);
      if (reading && 'error' in reading) throw reading.error;
      return reading?.value as never;
    },
    set: (key, value) => void writes.set(key, value),
    remove: (key) => void writes.set(key, undefined),
    keys: () => {
      const keys = new Set(Object.keys(view.values.get()));
      for (const [key, value] of writes) value === undefined ? keys.delete(key) : keys.add(key);
      for (const key of keys) reads.add(key);
      return [...keys] as KeyOf<Output>[];
    },
  };
}
