import type { DatabaseSync } from 'node:sqlite';
import { type BulkPublishStart, startBulkPublish } from '../../domain/bulk-publish.ts';
import type { Instant } from '../../domain/dataset.ts';
import {
  type DeleteDatasetCommand,
  type DeleteDatasetOutcome,
  deleteDataset,
} from '../../domain/delete-dataset.ts';
import { type DeveloperKey, revokedKey } from '../../domain/developer-key.ts';
import type { Device, Identity } from '../../domain/identity.ts';
import { changedPool, type IdentityPool, type PoolChange } from '../../domain/identity-pool.ts';
import type {
  MergeDeveloperUsersCommand,
  MergeDeveloperUsersOutcome,
} from '../../domain/merge-developer-users.ts';
import { type Destination, streamOf } from '../../domain/outbox.ts';
import type { SignInCommand, SignInOutcome } from '../../domain/sign-in.ts';
import type { UnlinkLoginsCommand, UnlinkLoginsOutcome } from '../../domain/unlink-logins.ts';
import { type UpdateRecordsCommand, updateRecords } from '../../domain/update-records.ts';
import type {
  DeadLetterSelection,
  LaneClaim,
  LaneSelection,
  OutboxWrites,
  Settlement,
} from '../../ports/outbox.ts';
import type {
  RegisterDeviceOutcome,
  StoreWrites,
  Subscription,
  SubscriptionOutcome,
  UpdateRecordsAnswer,
} from '../../ports/store.ts';
import { DatasetRows } from './dataset-rows.ts';
import { IdentityDeliveries } from './identity-deliveries.ts';
import { IdentityRows } from './identity-rows.ts';
import { SqliteOutboxWrites } from './outbox-writes.ts';
import type { PoolUsageTally } from './pool-usage-tally.ts';
import { type DeviceRow, deviceColumns, prepare, type Query, toDevice } from './rows.ts';

/** The writes, over the one connection that writes. The caller owns the transaction. */
export class SqliteWrites implements StoreWrites {
  readonly #usage: PoolUsageTally;
  readonly #datasets: DatasetRows;
  readonly #identities: IdentityRows;
  readonly #outbox: SqliteOutboxWrites;
  readonly #document: Query<readonly [document: string]>;
  readonly #insertPool: Query;
  readonly #insertPoolUsage: Query;
  readonly #replaceDocument: Query;
  readonly #putStream: Query;
  readonly #deleteStream: Query;
  readonly #hidePool: Query;
  readonly #eraseEmptyPools: Query;
  readonly #identityIsEnabled: Query<readonly unknown[]>;
  readonly #deviceByToken: Query<DeviceRow>;
  readonly #deviceExists: Query<readonly unknown[]>;
  readonly #deviceCount: Query<readonly [devices: number]>;
  readonly #insertDevice: Query;
  readonly #updateDevice: Query<DeviceRow>;
  readonly #deleteDevice: Query;
  readonly #deleteDeviceSubscriptions: Query;
  readonly #insertSubscription: Query;
  readonly #deleteSubscription: Query;
  readonly #developerKey: Query<readonly [document: string]>;
  readonly #insertDeveloperKey: Query;
  readonly #replaceDeveloperKey: Query;

  constructor(db: DatabaseSync, usage: PoolUsageTally) {
    this.#usage = usage;
    this.#datasets = new DatasetRows(db);
    this.#outbox = new SqliteOutboxWrites(db);
    const deliveries = new IdentityDeliveries(db, this.#outbox);
    this.#identities = new IdentityRows(db, { datasets: this.#datasets, deliveries, usage });
    this.#document = prepare(db, 'SELECT document FROM identity_pool WHERE id = ?');
    this.#insertPool = prepare(db, 'INSERT INTO identity_pool (id, document) VALUES (?, ?)');
    this.#insertPoolUsage = prepare(
      db,
      'INSERT INTO pool_usage SELECT pool, 0, ? FROM identity_pool WHERE id = ?',
    );
    this.#replaceDocument = prepare(db, 'UPDATE identity_pool SET document = ? WHERE id = ?');
    this.#putStream = prepare(
      db,
      'INSERT OR REPLACE INTO pool_stream (pool, name) SELECT pool, ? FROM identity_pool WHERE id = ?',
    );
    this.#deleteStream = prepare(
      db,
      'DELETE FROM pool_stream WHERE pool = (SELECT pool FROM identity_pool WHERE id = ?)',
    );
    this.#hidePool = prepare(db, 'UPDATE identity_pool SET id = NULL WHERE id = ?');
    this.#eraseEmptyPools = prepare(
      db,
      `DELETE FROM identity_pool
       WHERE id IS NULL AND NOT EXISTS (SELECT 1 FROM identity WHERE identity.pool = identity_pool.pool)`,
    );
    this.#identityIsEnabled = prepare(db, 'SELECT 1 FROM visible_identity WHERE id = ? AND NOT disabled');
    this.#deviceByToken = prepare(
      db,
      `SELECT ${deviceColumns} FROM device WHERE identity_id = ? AND platform = ? AND token = ?`,
    );
    this.#deviceExists = prepare(db, 'SELECT 1 FROM device WHERE identity_id = ? AND id = ?');
    this.#deviceCount = prepare(db, 'SELECT count(*) FROM device WHERE identity_id = ?');
    this.#insertDevice = prepare(db, `INSERT INTO device (${deviceColumns}) VALUES (?, ?, ?, ?, ?, ?, ?)`);
    this.#updateDevice = prepare(
      db,
      `UPDATE device SET application = ?, endpoint = ? WHERE identity_id = ? AND id = ? RETURNING ${deviceColumns}`,
    );
    this.#deleteDevice = prepare(db, 'DELETE FROM device WHERE identity_id = ? AND id = ?');
    this.#deleteDeviceSubscriptions = prepare(
      db,
      'DELETE FROM subscription WHERE device_id = ? AND dataset IN (SELECT dataset FROM dataset WHERE identity_id = ?)',
    );
    this.#insertSubscription = prepare(
      db,
      'INSERT INTO subscription (dataset, device_id) VALUES (?, ?) ON CONFLICT DO NOTHING',
    );
    this.#deleteSubscription = prepare(db, 'DELETE FROM subscription WHERE dataset = ? AND device_id = ?');
    this.#developerKey = prepare(db, 'SELECT document FROM developer_key WHERE access_key_id = ?');
    this.#insertDeveloperKey = prepare(
      db,
      'INSERT INTO developer_key (document, access_key_id) VALUES (?, ?)',
    );
    this.#replaceDeveloperKey = prepare(db, 'UPDATE developer_key SET document = ? WHERE access_key_id = ?');
  }

  createPool(pool: IdentityPool): void {
    this.#insertPool.run(pool.id, JSON.stringify(pool));
    this.#insertPoolUsage.run(pool.createdAt, pool.id);
    this.#keepStream(pool);
  }

  changePool(poolId: string, change: PoolChange): IdentityPool | undefined {
    const row = this.#document.get(poolId);
    if (!row) return undefined;
    const changed = changedPool(JSON.parse(row[0]), change);
    this.#replaceDocument.run(JSON.stringify(changed), poolId);
    if (change.streams || change.stoppedStream !== undefined) this.#keepStream(changed);
    return changed;
  }

  #keepStream(pool: IdentityPool): void {
    const name = streamOf(pool);
    if (name === undefined) this.#deleteStream.run(pool.id);
    else this.#putStream.run(name, pool.id);
  }

  startBulkPublish(poolId: string, at: Instant): BulkPublishStart | undefined {
    const row = this.#document.get(poolId);
    if (!row) return undefined;
    const start = startBulkPublish(JSON.parse(row[0]), at);
    if (start.kind === 'started') this.changePool(poolId, { bulkPublish: start.run });
    return start;
  }

  deletePool(poolId: string): boolean {
    return this.#hidePool.run(poolId).changes === 1;
  }

  purge(limit: number): number {
    const erased = this.#identities.purge(limit);
    this.#eraseEmptyPools.run();
    return erased;
  }

  createIdentity(identity: Identity): boolean {
    return this.#identities.create(identity);
  }

  deleteIdentities(identityIds: readonly string[], at: Instant): readonly string[] {
    return this.#identities.delete(identityIds, at);
  }

  signIn(command: SignInCommand): SignInOutcome {
    return this.#identities.signIn(command);
  }

  mergeDeveloperUsers(command: MergeDeveloperUsersCommand): MergeDeveloperUsersOutcome {
    return this.#identities.mergeDeveloperUsers(command);
  }

  unlinkLogins(command: UnlinkLoginsCommand): UnlinkLoginsOutcome {
    return this.#identities.unlinkLogins(command);
  }

  updateRecords(command: UpdateRecordsCommand): UpdateRecordsAnswer {
    const found = this.#datasets.find(command);
    const outcome = updateRecords(found, command);
    if (outcome.kind !== 'accepted') return outcome;
    if (!found.place) throw new Error('An update was accepted for an identity that does not exist.');
    this.#datasets.put(found.place, command.identityId, outcome.dataset, outcome.kept);
    const before = found.dataset?.storageBytes ?? 0;
    const { syncCount } = outcome.dataset;
    this.#outbox.queue({ ...command, syncCount, records: outcome.records }, found.place);
    this.#usage.add(found.place.pool, outcome.dataset.storageBytes - before, command.at);
    return { kind: 'accepted', syncCount, records: outcome.records };
  }

  deleteDataset(command: DeleteDatasetCommand): DeleteDatasetOutcome {
    const { place, dataset } = this.#datasets.find(command);
    const outcome = deleteDataset(dataset, command);
    if (outcome.kind !== 'deleted' || place?.row === undefined) return outcome;
    this.#datasets.bury(place.row, outcome.tombstone);
    this.#outbox.queue({ ...command, syncCount: outcome.tombstone.syncCount, records: undefined }, place);
    this.#usage.add(place.pool, -outcome.before.storageBytes, command.at);
    return outcome;
  }

  registerDevice(device: Device, most: number): RegisterDeviceOutcome {
    if (!this.#identityIsEnabled.get(device.identityId)) return { kind: 'identityNotFound' };
    const known = this.#deviceByToken.get(device.identityId, device.platform, device.token);
    if (known) return { kind: 'registered', device: this.#withEndpoint(toDevice(known), device) };
    if ((this.#deviceCount.get(device.identityId)?.[0] ?? 0) >= most) return { kind: 'tooManyDevices' };
    const { id, identityId, platform, token, registeredAt, application = null, endpoint = null } = device;
    this.#insertDevice.run(id, identityId, platform, token, registeredAt, application, endpoint);
    return { kind: 'registered', device };
  }

  #withEndpoint({ id, identityId }: Device, { application, endpoint }: Device): Device {
    const row = this.#updateDevice.get(application ?? null, endpoint ?? null, identityId, id);
    if (!row) throw new Error(`There is no device ${id}.`);
    return toDevice(row);
  }

  removeDevice(identityId: string, deviceId: string): boolean {
    this.#deleteDeviceSubscriptions.run(deviceId, identityId);
    return this.#deleteDevice.run(identityId, deviceId).changes === 1;
  }

  subscribe(subscription: Subscription): SubscriptionOutcome {
    return this.#onSubscription(subscription, this.#insertSubscription);
  }

  unsubscribe(subscription: Subscription): SubscriptionOutcome {
    return this.#onSubscription(subscription, this.#deleteSubscription);
  }

  createDeveloperKey(key: DeveloperKey): void {
    this.#insertDeveloperKey.run(JSON.stringify(key), key.accessKeyId);
  }

  revokeDeveloperKey(accessKeyId: string, at: Instant): DeveloperKey | undefined {
    const row = this.#developerKey.get(accessKeyId);
    if (!row) return undefined;
    const revoked = revokedKey(JSON.parse(row[0]), at);
    this.#replaceDeveloperKey.run(JSON.stringify(revoked), accessKeyId);
    return revoked;
  }

  claimLanes(claim: LaneClaim) {
    return this.#outbox.claimLanes(claim);
  }

  settleLanes(settlements: readonly Settlement[]) {
    this.#outbox.settleLanes(settlements);
  }

  releaseLanes(lanes: Parameters<OutboxWrites['releaseLanes']>[0]) {
    this.#outbox.releaseLanes(lanes);
  }

  holdLanes(lanes: LaneSelection) {
    this.#outbox.holdLanes(lanes);
  }

  dropLanes(lanes: LaneSelection & { readonly limit: number }) {
    return this.#outbox.dropLanes(lanes);
  }

  retryDeadLetters(letters: DeadLetterSelection & { readonly at: Instant }) {
    return this.#outbox.dead.retry(letters);
  }

  dropDeadLetters(letters: DeadLetterSelection) {
    return this.#outbox.dead.drop(letters);
  }

  keepStreamPayload(payload: Parameters<OutboxWrites['keepStreamPayload']>[0]) {
    this.#outbox.keepStreamPayload(payload);
  }

  forgetStreamPayloads(at: Instant, limit: number) {
    return this.#outbox.forgetStreamPayloads(at, limit);
  }

  /** Where something is to be sent since this was last asked. */
  takeQueued(): readonly Destination[] {
    return this.#outbox.takeQueued();
  }

  #onSubscription(subscription: Subscription, change: Query): SubscriptionOutcome {
    const { place, dataset } = this.#datasets.find(subscription);
    if (place?.row === undefined || !dataset?.exists) return 'datasetNotFound';
    if (!this.#deviceExists.get(subscription.identityId, subscription.deviceId)) return 'deviceNotFound';
    change.run(place.row, subscription.deviceId);
    return 'done';
  }
}
