import { type Dataset, type StoredRecord, sizeOf } from './state.ts';

// What is kept, in the wire's words.

export function wireRecord(record: StoredRecord) {
  return {
    Key: record.key,
    ...(record.value !== null && { Value: record.value }),
    SyncCount: record.syncCount,
    LastModifiedDate: record.modifiedAt,
    LastModifiedBy: record.modifiedBy,
    DeviceLastModifiedDate: record.deviceModifiedAt,
  };
}

export function wireDataset(identityId: string, dataset: Dataset) {
  const { records, bytes } = sizeOf(dataset.records.values());
  return {
    IdentityId: identityId,
    DatasetName: dataset.name,
    CreationDate: dataset.createdAt,
    LastModifiedDate: dataset.modifiedAt,
    LastModifiedBy: dataset.modifiedBy,
    DataStorage: bytes,
    NumRecords: records,
  };
}
