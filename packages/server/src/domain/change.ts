/** A dataset after one of its commits, as listeners are told of it. */
export interface Change {
  readonly datasetName: string;
  /** The dataset's sync count after the commit. */
  readonly syncCount: number;
  /** The device that made the change, if it said so and no other had a part in it. */
  readonly deviceId?: string;
  /** The dataset is deleted. */
  readonly deleted?: true;
}

/**
 * Two changes of one dataset told as one: the newest count says all. A device is named only if both are its own, because
 * a device takes no notice of what it did itself.
 */
export function combined(earlier: Change | undefined, later: Change): Change {
  if (!earlier || earlier.deviceId === later.deviceId) return later;
  const { deviceId: _oneOfTwo, ...rest } = later;
  return rest;
}

/**
 * The number of an identity's last change: the sum of the sync counts of all its datasets, deleted ones too.
 *
 * 1. Every commit raises it, as every commit raises the count of a dataset or brings a dataset, and no count ever goes
 *    back, no dataset's row is ever given up while its identity lives (a name that was deleted keeps its count; merges
 *    bring datasets under names that were never used).
 * 2. So of two states of an identity the later has the higher number, and who knows the number knows which state it was.
 * 3. Nothing has to be written to have it, and it survives restarts.
 */
export function changeNumber(changes: Iterable<Change>): number {
  let sum = 0;
  for (const { syncCount } of changes) sum += syncCount;
  return sum;
}
