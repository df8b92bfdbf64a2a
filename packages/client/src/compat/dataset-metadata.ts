import type { KeptDataset } from '../local-store.ts';
import { utf8Bytes } from '../utf8.ts';
import { type DataOf, withAccessors } from './accessors.ts';

interface MetadataFields {
  datasetName: string;
  /** As the service says; before it was asked, when the oldest record was changed. */
  creationDate: Date;
  lastModifiedDate: Date;
  lastModifiedBy: string;
  /** Bytes of keys and values, in UTF-8. */
  dataStorage: number;
  numRecords: number;
  /** -1 when the dataset was deleted here and the service has still to be told. */
  lastSyncCount: number;
  lastSyncDate: Date;
}

/** The members of a `LegacyDatasetMetadata`. */
export type LegacyMetadataData = DataOf<MetadataFields>;

const Fields = withAccessors<MetadataFields>(() => ({
  datasetName: '',
  creationDate: new Date(),
  lastModifiedDate: new Date(),
  lastModifiedBy: '',
  dataStorage: 0,
  numRecords: 0,
  lastSyncCount: 0,
  lastSyncDate: new Date(),
}));

/** `AWS.CognitoSyncManager.DatasetMetadata`. */
export class LegacyDatasetMetadata extends Fields {
  getRecordCount(): number {
    return this.numRecords;
  }
  setRecordCount(count: number): this {
    return this.setNumRecords(count);
  }
}

/** Of a dataset on this device. `remote`: what the service said of it, if it was ever asked. */
export function metadataOf(
  { head, records }: KeptDataset,
  remote?: LegacyMetadataData,
): LegacyDatasetMetadata {
  const times = records.map((record) => record.changedAt);
  const present = records.filter(({ value }) => value !== null);
  return new LegacyDatasetMetadata({
    DatasetName: head.name,
    ...(times.length > 0 && { CreationDate: Math.min(...times), LastModifiedDate: Math.max(...times) }),
    DataStorage: present.reduce((bytes, { key, value }) => bytes + utf8Bytes(key + value), 0),
    NumRecords: present.length,
    ...remote,
    LastSyncCount: head.deletion ? -1 : head.syncCount,
    ...(head.syncedAt && { LastSyncDate: head.syncedAt }),
  });
}
