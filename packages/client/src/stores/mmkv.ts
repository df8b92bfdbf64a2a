import type { LocalStore } from '../local-store.ts';
import { keyValueStore } from './key-value.ts';

/** What is used of an MMKV instance: version 4 calls it `remove`, the versions before `delete`. */
export type MmkvLike = MmkvCommon &
  ({ remove(key: string): unknown } | { readonly remove?: undefined; delete(key: string): unknown });

interface MmkvCommon {
  getString(key: string): string | undefined;
  set(key: string, value: string): void;
  getAllKeys(): readonly string[];
}

/** What `mmkvStore` is told. */
export interface MmkvSettings {
  /** What the names of all values begin with; `holdall/` when absent. */
  readonly prefix?: string;
}

/**
 * Keeps datasets in an MMKV instance of React Native. Several stores have to be given the same object, because they wait
 * for each other by it.
 *
 * MMKV writes to memory that the system puts on the disk later: a commit survives the end of the app, but a device that
 * loses its power may forget the last ones.
 */
export function mmkvStore(storage: MmkvLike, settings: MmkvSettings = {}): LocalStore {
  const keyValue = {
    get: (name: string) => storage.getString(name),
    set: (name: string, text: string) => storage.set(name, text),
    remove: (name: string) => (storage.remove ? storage.remove(name) : storage.delete(name)),
    keys: () => storage.getAllKeys(),
  };
  return keyValueStore(keyValue, { ...settings, storage });
}
