import type { Store } from '../../ports/store.ts';

/** An empty store for one case, and what can be done with it from outside. */
export interface OpenedStore {
  readonly store: Store;
  /** Opens again what the store, closed since, has left behind. */
  readonly reopen?: () => Promise<Store>;
  /** Takes a backup, and opens it as a store of its own. */
  readonly openBackup?: () => Promise<Store>;
  /** Closes every store that was opened, and erases what they left behind. */
  dispose(): Promise<void>;
}

export interface ContractCase {
  readonly name: string;
  /** Skips the case for a store that cannot do this. */
  readonly needs?: 'reopen' | 'openBackup';
  run(opened: OpenedStore): Promise<void>;
}

export interface ContractGroup {
  readonly name: string;
  readonly cases: readonly ContractCase[];
}
