export type { AutoSyncOptions } from './auto-sync.ts';
export type { ChangeNotice } from './change-notice.ts';
export type { SyncClientOptions } from './client-options.ts';
export type { ClientEvent, ClientStatus, UserConnection } from './client-status.ts';
export { type Clock, systemClock } from './clock.ts';
export { type Codec, jsonCodec, type Place, textCodec } from './codec.ts';
export { browserConnectivity, type Connectivity } from './connectivity.ts';
export type { SignInOptions, SignOutOptions } from './current-user.ts';
export type { Dataset } from './dataset.ts';
export type { EditOptions } from './dataset-edits.ts';
export type { DatasetOptions, DatasetSchema, InputOf, OutputOf, Values } from './dataset-options.ts';
export type { DatasetState } from './dataset-state.ts';
export type { SyncOptions } from './dataset-syncs.ts';
export type { Transaction } from './dataset-transaction.ts';
export type { ChangeSet } from './dataset-view.ts';
export type { Eventual } from './eventual.ts';
export type {
  Credentials,
  Identity,
  IdentityProvider,
  IdentityRequest,
  ProviderRequest,
} from './identity.ts';
export {
  type DeveloperTokenOptions,
  developerToken,
  guest,
  type OpenIdOptions,
  openIdToken,
  type StaticOptions,
  staticCredentials,
} from './identity-providers.ts';
export type { Limits } from './limits.ts';
export type { Live, LiveNeeds, LiveState } from './live-port.ts';
export type {
  DatasetChange,
  DatasetHead,
  KeptConflict,
  KeptDataset,
  KeptRecord,
  LocalStore,
  Owner,
} from './local-store.ts';
export type { Readable } from './readable.ts';
export type { Origin } from './replica.ts';
export type { Conflict, Resolution, Resolver } from './resolvers.ts';
/** Ways to settle conflicts: for all keys of a dataset, or by key, as in `resolve: { score: resolvers.max }`. */
export * as resolvers from './resolvers.ts';
export { type FullJitterOptions, fullJitter, type RetryPolicy } from './retry.ts';
export type { ObservedRequest } from './signed-fetch.ts';
export type { FoldMerged, RemoteDeletion } from './sync/effects.ts';
export type { KeyChanges, SyncResult } from './sync/report.ts';
export { createSyncClient, type SyncClient } from './sync-client.ts';
export { SyncError, type SyncErrorCode, type SyncErrorDetails } from './sync-error.ts';
export type { TabChannel, Tabs } from './tabs.ts';
export { webTabs } from './web-tabs.ts';
