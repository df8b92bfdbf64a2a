import type { DatasetView } from './dataset-view.ts';
import { isReady } from './record-rules.ts';
import type { Replica } from './replica.ts';
import type { SyncError } from './sync-error.ts';

/** What a dataset is doing; replaced whenever a member changes. */
export interface DatasetState {
  /** The local data is read: `peek` and `values` answer. */
  readonly isReady: boolean;
  readonly isSyncing: boolean;
  /** Changes that the service does not have yet. */
  readonly pending: number;
  /** Conflicts that wait for a decision. */
  readonly conflicts: number;
  /** Keys whose stored text cannot be read: of another schema, of another key. They are left as they are. */
  readonly unreadable: number;
  /** The bookmark. */
  readonly syncCount: number;
  /** Epoch milliseconds of the last sync that completed, on this device, since or before the app started. */
  readonly syncedAt: number | undefined;
  /** Why the last sync failed; undefined when it did not. */
  readonly error: SyncError | undefined;
}

export const initialState: DatasetState = {
  isReady: false,
  isSyncing: false,
  pending: 0,
  conflicts: 0,
  unreadable: 0,
  syncCount: 0,
  syncedAt: undefined,
  error: undefined,
};

/** What can be counted of it. */
export function countsOf(replica: Replica, view: DatasetView): Partial<DatasetState> {
  let pending = replica.head.deletion ? 1 : 0;
  let conflicts = 0;
  for (const record of replica.records.values()) {
    if (isReady(record)) pending += 1;
    if (record.conflict) conflicts += 1;
  }
  return { pending, conflicts, unreadable: view.unreadable().length, syncCount: replica.head.syncCount };
}
