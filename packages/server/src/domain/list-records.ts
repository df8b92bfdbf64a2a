import type { Dataset } from './dataset.ts';

/** Where a listing goes on: a page after the record at (`syncCount`, `key`), up to the count of its first page. */
export interface ListingPosition {
  /** The dataset's count when the first page was read: later changes are not part of this listing. */
  readonly ceiling: number;
  readonly syncCount: number;
  readonly key: string;
}

export type ListingFacts =
  | {
      readonly kind: 'listing';
      readonly since: number;
      readonly ceiling: number;
      readonly datasetExists: boolean;
      readonly deletedAfterRequestedSyncCount: boolean;
    }
  | { readonly kind: 'noSuchSyncCount'; readonly syncCount: number };

/**
 * What ListRecords says about a dataset, apart from its records.
 *
 * `dataset` may be a tombstone; undefined means that the name was never used, which is not an error whatever count the
 * client holds. Old .NET builds send -1, which means 0.
 */
export function listingFacts(
  dataset: Dataset | undefined,
  lastSyncCount: number | undefined,
  position: ListingPosition | undefined,
): ListingFacts {
  const since = Math.max(0, lastSyncCount ?? 0);
  if (dataset && since > dataset.syncCount) return { kind: 'noSuchSyncCount', syncCount: since };
  return {
    kind: 'listing',
    since,
    ceiling: position?.ceiling ?? dataset?.syncCount ?? 0,
    datasetExists: dataset?.exists ?? false,
    // A device that starts from nothing must not be told to delete what it never had.
    deletedAfterRequestedSyncCount: since > 0 && (dataset?.deletedAtSyncCount ?? 0) > since,
  };
}
