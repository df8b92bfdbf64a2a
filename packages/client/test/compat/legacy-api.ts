// What both libraries have in common, as a page knows it: amazon-cognito-js has no types of its own.

export type Callback<T> = (error: Error | null, value?: T) => void;

export interface Record {
  getKey(): string;
  getValue(): string | null;
  isDeleted(): boolean;
  isModified(): boolean;
}

export interface Conflict {
  getKey(): string;
  getLocalRecord(): Record;
  getRemoteRecord(): Record;
  resolveWithLocalRecord(): Record;
  resolveWithRemoteRecord(): Record;
  resolveWithValue(value: string): Record;
}

export interface Metadata {
  getDatasetName(): string;
  getRecordCount(): number;
  getDataStorage(): number;
  getLastSyncCount(): number;
}

type Answer = (goesOn: boolean) => void;

export interface Callbacks {
  onSuccess?(dataset: Dataset, records: Record[]): void;
  onFailure?(error: Error): void;
  onConflict?(dataset: Dataset, conflicts: Conflict[], go: Answer): void;
  onDatasetDeleted?(dataset: Dataset, name: string, go: Answer): void;
  onDatasetsMerged?(dataset: Dataset, names: string[], go: Answer): void;
  onDatasetMerged?(dataset: Dataset, names: string[], go: Answer): void;
}

export interface Dataset {
  put(key: string, value: string, callback: Callback<Record>): unknown;
  putAll(values: Readonly<{ [key: string]: string }>, callback: Callback<unknown>): unknown;
  remove(key: string, callback: Callback<Record>): unknown;
  get(key: string, callback: Callback<string>): unknown;
  getAll(callback: Callback<{ [key: string]: string }>): unknown;
  getAllRecords(callback: Callback<Record[]>): unknown;
  getDatasetMetadata(callback: Callback<Metadata>): unknown;
  getDataStorage(callback: Callback<number>): unknown;
  isChanged(key: string, callback: Callback<boolean>): unknown;
  resolve(records: readonly Record[], callback: Callback<unknown>): unknown;
  synchronize(callbacks: Callbacks): unknown;
}

export interface Manager {
  openOrCreateDataset(name: string, callback: Callback<Dataset>): unknown;
  listDatasets(callback: Callback<Metadata[]>): unknown;
  refreshDatasetMetadata(callback: Callback<Metadata[]>): unknown;
  wipeData(callback?: Callback<unknown>): unknown;
  getIdentityId(): string;
  /** Only ours. */
  close?(): Promise<void>;
}

export interface ManagerClass {
  new (options?: { DataStore?: unknown; log?: (message: string) => void }): Manager;
  readonly StoreInMemory: unknown;
}

export function promised<T>(start: (callback: Callback<T>) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value as T)));
  });
}

/** Resolves with what `onSuccess` is given. `resolve`: what becomes of each conflict; without it they end the sync. */
export function synchronized(
  dataset: Dataset,
  callbacks: Callbacks = {},
  resolve?: (conflict: Conflict) => Record,
): Promise<Record[]> {
  return new Promise((onSuccess, onFailure) => {
    dataset.synchronize({
      onSuccess: (_dataset, records) => onSuccess(records),
      onFailure,
      ...(resolve && {
        onConflict: (given: Dataset, conflicts: Conflict[], go: Answer) => {
          given.resolve(conflicts.map(resolve), (error) => (error ? onFailure(error) : go(true)));
        },
      }),
      ...callbacks,
    });
  });
}
