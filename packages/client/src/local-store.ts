/**
 * Where datasets are kept on the device. One contract suite, `localStoreContract` of `@holdall/client/testing`, says what
 * every store must do.
 *
 * A dataset is small (by the service's quotas at most 1,024 records and 1 MB), so it is read whole and kept in memory
 * while it is open; a store only has to load one, and to change some atomically.
 */
export interface LocalStore {
  /** One consistent state of a dataset; undefined when nothing is kept. */
  load(owner: Owner, dataset: string): Promise<KeptDataset | undefined>;
  /** Heads of all datasets of the owner, in the order of their names. */
  datasets(owner: Owner): Promise<readonly DatasetHead[]>;
  /** Owners of which anything is kept. */
  owners(): Promise<readonly Owner[]>;
  /**
   * Applies all changes or none. False, and nothing is written, when a dataset is not at the revision that its change
   * expects: another tab or process was first. When it resolves with true the changes survive a crash.
   *
   * @throws SyncError `STORE` when the device refuses (no space, a broken database); nothing is written
   */
  commit(changes: readonly DatasetChange[]): Promise<boolean>;
  /** A small text kept beside the datasets, such as who is signed in. */
  note(name: string): Promise<string | undefined>;
  /** Durable when it resolves; undefined forgets it. */
  setNote(name: string, text: string | undefined): Promise<void>;
  close(): Promise<void>;
}

/**
 * An identity id. Before the service has told it: `user:` and the app's own name of the user, or `''` where the app has
 * none, as for a guest.
 */
export type Owner = string;

/** A dataset as a store has it. */
export interface KeptDataset {
  readonly head: DatasetHead;
  readonly records: readonly KeptRecord[];
}

/** What is kept of a dataset besides its records. */
export interface DatasetHead {
  readonly name: string;
  /** Rises with every change; never 0. */
  readonly revision: number;
  /** The bookmark: every remote change up to this sync count is applied here. */
  readonly syncCount: number;
  /** The dataset was deleted here, and the service has still to be told. */
  readonly deletion?: true;
  /**
   * An update that was sent and not answered yet: whether the service has it, its session token tells, which a stored
   * update has spent.
   */
  readonly sent?: { readonly token: string; readonly openedAt: number };
  /** Merged datasets that were folded into this one and have still to be deleted at the service. */
  readonly folded?: readonly string[];
  /** Epoch milliseconds of the last completed sync. */
  readonly syncedAt?: number;
}

/**
 * One record. It is **dirty**, that is, it waits to be sent, exactly when `value` differs from `base`.
 */
export interface KeptRecord {
  readonly key: string;
  /** What reads answer; null when the record was removed. */
  readonly value: string | null;
  /** What this device and the service last agreed on; null for nothing. */
  readonly base: string | null;
  /** The service's sync count of `base`; 0 when the service has never had the record. */
  readonly syncCount: number;
  /** When `value` was set, epoch milliseconds by the service's clock. */
  readonly changedAt: number;
  /**
   * The record was moved here from a guest whose dataset the service merged under this name, and `base` is what that
   * one has. It is not sent before it is known which device folds that dataset into this one.
   */
  readonly from?: string;
  /** What the update that is not answered yet says of it. */
  readonly sent?: { readonly value: string | null; readonly changedAt: number };
  /** A remote value that a person or a program has still to decide about. */
  readonly conflict?: KeptConflict;
}

/** The other side of a conflict that waits for a decision. */
export interface KeptConflict {
  readonly value: string | null;
  readonly syncCount: number;
  /** Epoch milliseconds, as the service said. */
  readonly changedAt: number;
  /** Epoch milliseconds, as the device that wrote it said. */
  readonly deviceChangedAt?: number;
  readonly changedBy?: string;
  /** A side could not be read: the resolver is asked as soon as both can. */
  readonly isUnreadable?: true;
  /** The merged dataset that the value came from; it stays at the service until the conflict is resolved. */
  readonly from?: string;
}

/** All that one commit does to one dataset. */
export interface DatasetChange {
  readonly owner: Owner;
  readonly dataset: string;
  /** The revision the change was made against; 0 when nothing was kept. */
  readonly expected: number;
  /** The head from now on; undefined erases the dataset with all its records. */
  readonly head: DatasetHead | undefined;
  /** Records to write. */
  readonly put: readonly KeptRecord[];
  /** Keys of records to erase; those that are not there do not matter. */
  readonly erase: readonly string[];
}
