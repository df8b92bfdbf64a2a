import type { Dataset, StoredRecord } from '../../domain/dataset.ts';
import type { PoolUsage } from '../../domain/identity.ts';

// The domain's values in the wire's words.

export function wireRecord(record: StoredRecord) {
  return {
    Key: record.key,
    ...(record.value !== undefined && { Value: record.value }),
    SyncCount: record.syncCount,
    LastModifiedDate: record.lastModifiedAt,
    LastModifiedBy: record.lastModifiedBy,
    DeviceLastModifiedDate: record.deviceLastModifiedAt,
  };
}

export function wireDataset(identityId: string, dataset: Dataset) {
  return {
    IdentityId: identityId,
    DatasetName: dataset.name,
    CreationDate: dataset.createdAt,
    LastModifiedDate: dataset.lastModifiedAt,
    LastModifiedBy: dataset.lastModifiedBy,
    DataStorage: dataset.storageBytes,
    NumRecords: dataset.recordCount,
  };
}

/** Without SyncSessionsCount, which the original left null in every answer that is known. */
export function wirePoolUsage(usage: PoolUsage) {
  return {
    IdentityPoolId: usage.poolId,
    DataStorage: usage.storageBytes,
    LastModifiedDate: usage.lastModifiedAt,
  };
}
