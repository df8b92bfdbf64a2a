import type { LocalStore } from '../local-store.ts';
import { keyValueStore } from './key-value.ts';

/** What is used of React Native's AsyncStorage, whose versions 2 and 3 both have it. */
export interface AsyncStorageLike {
  getItem(key: string): Promise<string | null>;
  setItem(key: string, value: string): Promise<void>;
  removeItem(key: string): Promise<void>;
  getAllKeys(): Promise<readonly string[]>;
}

/** What `asyncStorageStore` is told. */
export interface AsyncStorageSettings {
  /** What the names of all items begin with; `holdall/` when absent. */
  readonly prefix?: string;
}

/**
 * Keeps datasets in React Native's AsyncStorage: pass its default export, or what its `createAsyncStorage` answers, and
 * always the same object, because stores wait for each other by it.
 *
 * While a commit is under way it is there twice. Version 2 has 6 MB on Android unless the app sets `AsyncStorage_db_size_in_MB`.
 */
export function asyncStorageStore(
  storage: AsyncStorageLike,
  settings: AsyncStorageSettings = {},
): LocalStore {
  const keyValue = {
    get: (name: string) => storage.getItem(name),
    set: (name: string, text: string) => storage.setItem(name, text),
    remove: (name: string) => storage.removeItem(name),
    keys: () => storage.getAllKeys(),
  };
  return keyValueStore(keyValue, { ...settings, storage });
}
