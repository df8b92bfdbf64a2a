import type { DatabaseSync } from 'node:sqlite';
import type { Instant } from '../../domain/dataset.ts';
import type { DeleteDatasetCommand } from '../../domain/delete-dataset.ts';
import type { DeveloperKey } from '../../domain/developer-key.ts';
import type { Device, Identity } from '../../domain/identity.ts';
import type { IdentityPool, PoolChange } from '../../domain/identity-pool.ts';
import type { Login } from '../../domain/login.ts';
import type { MergeDeveloperUsersCommand } from '../../domain/merge-developer-users.ts';
import type { SignInCommand } from '../../domain/sign-in.ts';
import type { UnlinkLoginsCommand } from '../../domain/unlink-logins.ts';
import type { UpdateRecordsCommand } from '../../domain/update-records.ts';
import type {
  DeadLetterSelection,
  LaneClaim,
  LaneSelection,
  OutboxWrites,
  Settlement,
} from '../../ports/outbox.ts';
import {
  type IdentitiesQuery,
  type ListingQuery,
  type Page,
  type PoolDatasetsQuery,
  type Store,
  StoreClosedError,
  type Subscription,
} from '../../ports/store.ts';
import { backupDatabase } from './backup-database.ts';
import { openForReading } from './connections.ts';
import { SqliteReads } from './sqlite-reads.ts';
import { Writer, type WriterOptions } from './writer.ts';

/**
 * Everything in one SQLite file.
 *
 * ```text
 *   callers ──reads──▶ read-only connection (this thread) ─────────┐
 *      │                                                           ▼
 *      └────writes──▶ Writer ──jobs──▶ writer thread: group commit ─▶ file + log
 *                        ◀──answers──
 * ```
 *
 * 1. One connection writes, so writes are serial; a group of them is one transaction and one wait for the disk.
 * 2. A write is answered after its commit is on disk, and the reads, which are separate transactions, see it from then on.
 * 3. Reads never wait for writes: the log lets them see the state of the last commit.
 */
export class SqliteStore implements Store {
  readonly #file: string;
  readonly #writer: Writer;
  readonly #connection: DatabaseSync;
  readonly #sqliteReads: SqliteReads;
  readonly #backups = new Set<Promise<void>>();
  #closing: Promise<void> | undefined;

  private constructor(file: string, writer: Writer) {
    this.#file = file;
    this.#writer = writer;
    this.#connection = openForReading(file);
    this.#sqliteReads = new SqliteReads(this.#connection);
  }

  /** Opens the file, which is created where there is none, and brings its schema up to date. */
  static async open(options: WriterOptions): Promise<SqliteStore> {
    return new SqliteStore(options.file, await Writer.start(options));
  }

  async pool(poolId: string) {
    return this.#reads.pool(poolId);
  }

  async pools(page: Page) {
    return this.#reads.pools(page);
  }

  async identity(identityId: string) {
    return this.#reads.identity(identityId);
  }

  async identityByLogin(poolId: string, login: Login) {
    return this.#reads.identityByLogin(poolId, login);
  }

  async identities(query: IdentitiesQuery) {
    return this.#reads.identities(query);
  }

  async identityUsage(identityId: string) {
    return this.#reads.identityUsage(identityId);
  }

  async poolUsage(poolId: string) {
    return this.#reads.poolUsage(poolId);
  }

  async poolUsages(page: Page) {
    return this.#reads.poolUsages(page);
  }

  async dataset(identityId: string, datasetName: string) {
    return this.#reads.dataset(identityId, datasetName);
  }

  async datasets(identityId: string, page: Page) {
    return this.#reads.datasets(identityId, page);
  }

  async syncCounts(identityId: string, limit: number) {
    return this.#reads.syncCounts(identityId, limit);
  }

  async listing(query: ListingQuery) {
    return this.#reads.listing(query);
  }

  async device(identityId: string, deviceId: string) {
    return this.#reads.device(identityId, deviceId);
  }

  async subscribedDevices(identityId: string, datasetName: string) {
    return this.#reads.subscribedDevices(identityId, datasetName);
  }

  async poolDatasets(query: PoolDatasetsQuery) {
    return this.#reads.poolDatasets(query);
  }

  async backlog() {
    return this.#reads.backlog();
  }

  async deadLetters(page: { readonly after?: number; readonly limit: number }) {
    return this.#reads.deadLetters(page);
  }

  async streamPayload(id: string, at: Instant) {
    return this.#reads.streamPayload(id, at);
  }

  async developerKey(accessKeyId: string) {
    return this.#reads.developerKey(accessKeyId);
  }

  async developerKeys(page: Page) {
    return this.#reads.developerKeys(page);
  }

  createPool(pool: IdentityPool) {
    return this.#writer.run('createPool', pool);
  }

  changePool(poolId: string, change: PoolChange) {
    return this.#writer.run('changePool', poolId, change);
  }

  startBulkPublish(poolId: string, at: Instant) {
    return this.#writer.run('startBulkPublish', poolId, at);
  }

  deletePool(poolId: string) {
    return this.#writer.run('deletePool', poolId);
  }

  purge(limit: number) {
    return this.#writer.run('purge', limit);
  }

  createIdentity(identity: Identity) {
    return this.#writer.run('createIdentity', identity);
  }

  deleteIdentities(identityIds: readonly string[], at: Instant) {
    return this.#writer.run('deleteIdentities', identityIds, at);
  }

  signIn(command: SignInCommand) {
    return this.#writer.run('signIn', command);
  }

  mergeDeveloperUsers(command: MergeDeveloperUsersCommand) {
    return this.#writer.run('mergeDeveloperUsers', command);
  }

  unlinkLogins(command: UnlinkLoginsCommand) {
    return this.#writer.run('unlinkLogins', command);
  }

  updateRecords(command: UpdateRecordsCommand) {
    return this.#writer.run('updateRecords', command);
  }

  deleteDataset(command: DeleteDatasetCommand) {
    return this.#writer.run('deleteDataset', command);
  }

  registerDevice(device: Device, most: number) {
    return this.#writer.run('registerDevice', device, most);
  }

  removeDevice(identityId: string, deviceId: string) {
    return this.#writer.run('removeDevice', identityId, deviceId);
  }

  subscribe(subscription: Subscription) {
    return this.#writer.run('subscribe', subscription);
  }

  unsubscribe(subscription: Subscription) {
    return this.#writer.run('unsubscribe', subscription);
  }

  createDeveloperKey(key: DeveloperKey) {
    return this.#writer.run('createDeveloperKey', key);
  }

  revokeDeveloperKey(accessKeyId: string, at: Instant) {
    return this.#writer.run('revokeDeveloperKey', accessKeyId, at);
  }

  claimLanes(claim: LaneClaim) {
    return this.#writer.run('claimLanes', claim);
  }

  settleLanes(settlements: readonly Settlement[]) {
    return this.#writer.run('settleLanes', settlements);
  }

  releaseLanes(lanes: Parameters<OutboxWrites['releaseLanes']>[0]) {
    return this.#writer.run('releaseLanes', lanes);
  }

  holdLanes(lanes: LaneSelection) {
    return this.#writer.run('holdLanes', lanes);
  }

  dropLanes(lanes: LaneSelection & { readonly limit: number }) {
    return this.#writer.run('dropLanes', lanes);
  }

  retryDeadLetters(letters: DeadLetterSelection & { readonly at: Instant }) {
    return this.#writer.run('retryDeadLetters', letters);
  }

  dropDeadLetters(letters: DeadLetterSelection) {
    return this.#writer.run('dropDeadLetters', letters);
  }

  keepStreamPayload(payload: Parameters<OutboxWrites['keepStreamPayload']>[0]) {
    return this.#writer.run('keepStreamPayload', payload);
  }

  forgetStreamPayloads(at: Instant, limit: number) {
    return this.#writer.run('forgetStreamPayloads', at, limit);
  }

  async backup(path: string): Promise<void> {
    if (this.#closing) throw new StoreClosedError();
    const copying = backupDatabase(this.#file, path);
    this.#backups.add(copying);
    try {
      await copying;
    } finally {
      this.#backups.delete(copying);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Before the writer: the last connection to go moves the log into the file, and this one could not.
    this.#connection.close();
    await this.#writer.close();
    await Promise.allSettled(this.#backups);
  }

  get #reads(): SqliteReads {
    if (this.#closing) throw new StoreClosedError();
    return this.#sqliteReads;
  }
}
