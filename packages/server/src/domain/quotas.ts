/** What one identity may store. The original's figures, each adjustable there and here. */
export interface Quotas {
  /** Live datasets, merged copies included. */
  readonly datasetsPerIdentity: number;
  /** Live records; tombstones are free. */
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
