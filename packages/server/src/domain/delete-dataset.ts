import type { Dataset, Instant } from './dataset.ts';

export interface DeleteDatasetCommand {
  readonly poolId: string;
  readonly identityId: string;
  readonly datasetName: string;
  readonly modifiedBy: string;
  readonly at: Instant;
}

export type DeleteDatasetOutcome =
  | {
      readonly kind: 'deleted';
      /** What was deleted, as it was. */
      readonly before: Dataset;
      /** What remains: all records, tombstones too, are gone; the count goes on. */
      readonly tombstone: Dataset;
    }
  | { readonly kind: 'datasetNotFound' };

/**
 * Decides one DeleteDataset. The deletion takes a sync count of its own, so that a device that knew the dataset can tell
 * a deletion, and a deletion followed by a new dataset of the same name, from no change.
 */
export function deleteDataset(
  dataset: Dataset | undefined,
  command: DeleteDatasetCommand,
): DeleteDatasetOutcome {
  if (!dataset?.exists) return { kind: 'datasetNotFound' };
  const syncCount = dataset.syncCount + 1;
  return {
    kind: 'deleted',
    before: dataset,
    tombstone: {
      ...dataset,
      syncCount,
      deletedAtSyncCount: syncCount,
      exists: false,
      lastModifiedAt: command.at,
      lastModifiedBy: command.modifiedBy,
      recordCount: 0,
      tombstoneCount: 0,
      storageBytes: 0,
    },
  };
}
