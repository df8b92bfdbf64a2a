import type { BulkPublishStart } from '../domain/bulk-publish.ts';
import type { Change } from '../domain/change.ts';
import type { Dataset, Instant, StoredRecord } from '../domain/dataset.ts';
import type { DeleteDatasetCommand, DeleteDatasetOutcome } from '../domain/delete-dataset.ts';
import type { DeveloperKey } from '../domain/developer-key.ts';
import type { Device, Identity, IdentityUsage, PoolUsage } from '../domain/identity.ts';
import type { IdentityPool, PoolChange } from '../domain/identity-pool.ts';
import type { ListingPosition } from '../domain/list-records.ts';
import type { Login } from '../domain/login.ts';
import type {
  MergeDeveloperUsersCommand,
  MergeDeveloperUsersOutcome,
} from '../domain/merge-developer-users.ts';
import type { SignInCommand, SignInOutcome } from '../domain/sign-in.ts';
import type { UnlinkLoginsCommand, UnlinkLoginsOutcome } from '../domain/unlink-logins.ts';
import type { UpdateRecordsCommand, UpdateRecordsOutcome } from '../domain/update-records.ts';
import type { OutboxReads, OutboxWrites } from './outbox.ts';

/**
 * What is kept, in the words of the domain. A store decides nothing: where there is a rule (`domain/`), it reads the
 * state the rule needs, asks the rule, and writes what the rule answered, all in one transaction.
 *
 * Isolation: every write is serialisable against the others of the same identity or pool, and is durable when its
 * promise resolves. A read sees every write whose promise resolved before it began, and one consistent state throughout.
 * An outcome that is not a success has written nothing.
 */
export type Store = Async<StoreReads> & Async<StoreWrites> & StoreLifetime;

export interface StoreLifetime {
  /** Writes a consistent copy of everything to `path` (which must not exist) while the store goes on working. */
  backup(path: string): Promise<void>;
  /** Resolves when every accepted write is on disk. Calls that come later reject with `StoreClosedError`. */
  close(): Promise<void>;
}

export interface StoreReads extends OutboxReads {
  pool(poolId: string): IdentityPool | undefined;
  /** In the order of their ids, those after `after`. */
  pools(page: Page): readonly IdentityPool[];
  identity(identityId: string): Identity | undefined;
  /** The identity of the pool that the login belongs to. */
  identityByLogin(poolId: string, login: Login): Identity | undefined;
  /** Of one pool, in the order of their ids, those after `after`. */
  identities(query: IdentitiesQuery): readonly Identity[];
  /** Undefined unless the identity exists. */
  identityUsage(identityId: string): IdentityUsage | undefined;
  /** Undefined unless the pool exists. */
  poolUsage(poolId: string): PoolUsage | undefined;
  /** In the order of the pool ids, those after `after`. */
  poolUsages(page: Page): readonly PoolUsage[];
  /** Undefined unless the dataset exists: tombstones are not shown. */
  dataset(identityId: string, datasetName: string): Dataset | undefined;
  /** Datasets that exist, in the binary order of their names, those after `after`. */
  datasets(identityId: string, page: Page): readonly Dataset[];
  /** Datasets of the pool that exist, in the binary order of identity ids, then names. */
  poolDatasets(query: PoolDatasetsQuery): readonly PoolDataset[];
  /** The counts of all datasets of the identity, deleted ones too, at most `limit`; none of a deleted identity. */
  syncCounts(identityId: string, limit: number): readonly Change[];
  listing(query: ListingQuery): Listing;
  device(identityId: string, deviceId: string): Device | undefined;
  /** Ids of the devices that are told of changes to the dataset, in binary order. */
  subscribedDevices(identityId: string, datasetName: string): readonly string[];
  /** Revoked and expired ones too: what a key is worth is for the rules to say. */
  developerKey(accessKeyId: string): DeveloperKey | undefined;
  /** In the binary order of their access key ids, those after `after`. */
  developerKeys(page: Page): readonly DeveloperKey[];
}

/** Each is one transaction. */
export interface StoreWrites extends OutboxWrites {
  createPool(pool: IdentityPool): void;
  /** Applies `changedPool`. Undefined unless the pool exists. */
  changePool(poolId: string, change: PoolChange): IdentityPool | undefined;
  /** Applies `startBulkPublish` of the domain. Undefined unless the pool exists. */
  startBulkPublish(poolId: string, at: Instant): BulkPublishStart | undefined;
  /** Hides the pool and all in it at once; `purge` erases what was in it. False unless the pool existed. */
  deletePool(poolId: string): boolean;
  /**
   * Erases up to `limit` identities that were deleted, by themselves or with their pool, with all their data, also what
   * was still to be sent about them. Returns how many there were to erase, at most `limit`: call again until it is 0.
   */
  purge(limit: number): number;
  /** Keeps it as it is given. False unless the pool exists. */
  createIdentity(identity: Identity): boolean;
  /** Hides identities and all that is theirs at once; `purge` erases it. Returns which of them existed. */
  deleteIdentities(identityIds: readonly string[], at: Instant): readonly string[];
  /**
   * Applies `signIn` of the domain. Where identities are merged, their datasets move (`merge-datasets.ts`) and their
   * devices and subscriptions go: clients register again.
   */
  signIn(command: SignInCommand): SignInOutcome;
  /** Applies `mergeDeveloperUsers` of the domain; what moves is as in `signIn`. */
  mergeDeveloperUsers(command: MergeDeveloperUsersCommand): MergeDeveloperUsersOutcome;
  /** Applies `unlinkLogins` of the domain. */
  unlinkLogins(command: UnlinkLoginsCommand): UnlinkLoginsOutcome;
  /** Applies `updateRecords` of the domain, and queues what the change has to send. */
  updateRecords(command: UpdateRecordsCommand): UpdateRecordsAnswer;
  /** Applies `deleteDataset` of the domain, and queues what the change has to send. Subscriptions stay, as the dataset may come back. */
  deleteDataset(command: DeleteDatasetCommand): DeleteDatasetOutcome;
  /**
   * Registers the device unless one of the identity has its platform and token already, or there are `most`. One that is
   * known keeps its id, and gets the application and the endpoint that `device` has. A disabled identity has no devices.
   */
  registerDevice(device: Device, most: number): RegisterDeviceOutcome;
  /** Forgets the device and its subscriptions. False unless it existed. */
  removeDevice(identityId: string, deviceId: string): boolean;
  /** Once or many times is the same. */
  subscribe(subscription: Subscription): SubscriptionOutcome;
  /** Once or many times is the same. */
  unsubscribe(subscription: Subscription): SubscriptionOutcome;
  createDeveloperKey(key: DeveloperKey): void;
  /** Applies `revokedKey`. The key stays, so that it can still be listed. Undefined unless it exists. */
  revokeDeveloperKey(accessKeyId: string, at: Instant): DeveloperKey | undefined;
}

/** The outcome, of the dataset only its new sync count: its inner state is a store's own business. */
export type UpdateRecordsAnswer =
  | Exclude<UpdateRecordsOutcome, { kind: 'accepted' }>
  | { readonly kind: 'accepted'; readonly syncCount: number; readonly records: readonly StoredRecord[] };

/** At most `limit` items that come after `after` in the stated order. */
export interface Page {
  readonly after?: string;
  readonly limit: number;
}

export interface IdentitiesQuery extends Page {
  readonly poolId: string;
  /** Without those that are disabled. */
  readonly hideDisabled?: boolean;
}

export interface PoolDatasetsQuery {
  readonly poolId: string;
  readonly after?: { readonly identityId: string; readonly datasetName: string };
  readonly limit: number;
}

export interface PoolDataset {
  readonly identityId: string;
  readonly dataset: Dataset;
}

export interface ListingQuery {
  readonly identityId: string;
  readonly datasetName: string;
  /** Records changed at a higher count than this. */
  readonly since: number;
  /** Where the page before this one ended; its ceiling bounds this page too. */
  readonly position?: ListingPosition;
  readonly limit: number;
}

export interface Listing {
  /** The dataset, or its tombstone. */
  readonly dataset: Dataset | undefined;
  /**
   * Records, tombstones included, with `since < syncCount ≤ ceiling`, in the order of (`syncCount`, binary order of
   * `key`), where the ceiling is that of `position`, else the dataset's sync count.
   */
  readonly records: readonly StoredRecord[];
  /** Whether there are more after these. */
  readonly more: boolean;
  /** Names of the identity's existing datasets that begin with `<datasetName>.`, in binary order. */
  readonly namesWithPrefix: readonly string[];
}

export interface Subscription {
  readonly poolId: string;
  readonly identityId: string;
  readonly datasetName: string;
  readonly deviceId: string;
}

export type RegisterDeviceOutcome =
  | { readonly kind: 'registered'; readonly device: Device }
  | { readonly kind: 'identityNotFound' }
  | { readonly kind: 'tooManyDevices' };

export type SubscriptionOutcome = 'done' | 'datasetNotFound' | 'deviceNotFound';

/** The store was used after `close`. */
export class StoreClosedError extends Error {
  override readonly name = 'StoreClosedError';
  constructor() {
    super('The store is closed.');
  }
}

type Async<Methods> = {
  [Name in keyof Methods]: Methods[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Result>
    : never;
};
