export type { LegacyCredentials } from './aws-user.ts';
export type { Callback } from './callbacks.ts';
export { LegacyConflict } from './conflict.ts';
export type { LegacyDataset } from './dataset.ts';
export { LegacyDatasetMetadata, type LegacyMetadataData } from './dataset-metadata.ts';
export {
  importLegacyLocalStorage,
  type LegacyImport,
  type LegacyImportOptions,
  type LegacyStorage,
} from './import-local-storage.ts';
export { type CompatOptions, type InstalledOptions, installCompat, type LegacyAws } from './install.ts';
export type { Problem } from './legacy-local-storage.ts';
export { CognitoSyncManager, type LegacyManagerOptions, type LegacyUser } from './manager.ts';
export { LegacyRecord, type LegacyRecordData } from './record.ts';
export type { SynchronizeCallbacks } from './synchronize.ts';
