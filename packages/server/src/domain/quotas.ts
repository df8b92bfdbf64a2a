/** What one identity may store. The original's figures, each adjustable there and here. */
export interface Quotas {
  /** Live datasets, merged copies included. */
  readonly datasetsPerIdentity: number;
  /** Live records; tombstones are not counted. */
  readonly recordsPerDataset: number;
  /** UTF-8 bytes of keys and values of live records. */
  readonly bytesPerDataset: number;
}

/** Developer guide, "Amazon Cognito Sync quotas": 20 datasets, 1,024 records, 1 MB (taken as MiB). */
export const defaultQuotas: Quotas = {
  datasetsPerIdentity: 20,
  recordsPerDataset: 1024,
  bytesPerDataset: 1_048_576,
};

/**
 * How many tombstones a dataset may keep, for each record that it may hold. They are kept for ever, so without a bound
 * a client that adds and removes could fill the disk with what no other quota counts. No real app comes near it.
 */
const tombstonesPerRecord = 64;

export function mostTombstones(quotas: Quotas): number {
  return quotas.recordsPerDataset * tombstonesPerRecord;
}

/** How many patches one request may hold: all records may be removed and as many others put in their place. */
export function mostPatches(quotas: Quotas): number {
  return quotas.recordsPerDataset * 2;
}

/** How many devices one identity may register. A device that comes back with a new push token is a new one. */
export const mostDevices = 256;
