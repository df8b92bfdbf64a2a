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
import { joinLogins } from '../../domain/login.ts';
import {
  type MergeDeveloperUsersCommand,
  type MergeDeveloperUsersOutcome,
  mergeDeveloperUsers,
} from '../../domain/merge-developer-users.ts';
import { type Change, streamOf } from '../../domain/outbox.ts';
import { type SignInCommand, type SignInOutcome, signIn } from '../../domain/sign-in.ts';
import {
  type UnlinkLoginsCommand,
  type UnlinkLoginsOutcome,
  unlinkLogins,
} from '../../domain/unlink-logins.ts';
import { type UpdateRecordsCommand, updateRecords } from '../../domain/update-records.ts';
import type {
  RegisterDeviceOutcome,
  Store,
  Subscription,
  SubscriptionOutcome,
  UpdateRecordsAnswer,
} from '../../ports/store.ts';
import { compareBinary } from './binary-order.ts';
import { type KeptIdentity, moveDatasets } from './kept-identity.ts';
import { MemoryReads } from './memory-reads.ts';

/**
 * Everything in maps, gone with the process: for tests and trials, and the reference that other stores are compared with.
 * No method waits between its first look at the state and its last change, so each is a transaction.
 */
export class MemoryStore extends MemoryReads implements Store {
  async createPool(pool: IdentityPool): Promise<void> {
    const { pools } = this.open;
    if (pools.has(pool.id)) throw new Error(`There is an identity pool ${pool.id} already.`);
    pools.set(pool.id, pool);
    this.open.poolChanges.delete(pool.id);
  }

  async changePool(poolId: string, change: PoolChange): Promise<IdentityPool | undefined> {
    const { pools } = this.open;
    const pool = pools.get(poolId);
    if (!pool) return undefined;
    const changed = changedPool(pool, change);
    pools.set(poolId, changed);
    return changed;
  }

  async startBulkPublish(poolId: string, at: Instant): Promise<BulkPublishStart | undefined> {
    const pool = this.open.pools.get(poolId);
    if (!pool) return undefined;
    const start = startBulkPublish(pool, at);
    if (start.kind === 'started') this.open.pools.set(poolId, changedPool(pool, { bulkPublish: start.run }));
    return start;
  }

  async deletePool(poolId: string): Promise<boolean> {
    const { pools, identities, erasable } = this.open;
    for (const [id, kept] of identities) {
      if (kept.identity.poolId !== poolId) continue;
      identities.delete(id);
      erasable.push(kept);
    }
    return pools.delete(poolId);
  }

  async purge(limit: number): Promise<number> {
    const erased = this.open.erasable.splice(0, limit);
    for (const { identity } of erased) this.outbox.erase(identity.id);
    return erased.length;
  }

  async createIdentity(identity: Identity): Promise<boolean> {
    if (!this.open.pools.has(identity.poolId)) return false;
    this.#add({ ...identity, logins: joinLogins(identity.logins) });
    return true;
  }

  async deleteIdentities(identityIds: readonly string[], at: Instant): Promise<readonly string[]> {
    const { identities, erasable } = this.open;
    return [...new Set(identityIds)].filter((id) => {
      const kept = identities.get(id);
      if (!kept) return false;
      identities.delete(id);
      erasable.push(kept);
      this.#poolChanged(kept.identity.poolId, at);
      return true;
    });
  }

  async signIn(command: SignInCommand): Promise<SignInOutcome> {
    const { pools } = this.open;
    const { poolId, presentedId = '' } = command;
    const presented = this.#identityInPool({ poolId, identityId: presentedId })?.identity;
    const owners = command.logins.map((login) => this.owner(poolId, login)?.identity);
    const outcome = signIn(
      {
        poolExists: pools.has(poolId),
        presented,
        survivor: this.#survivor(presented),
        owners: [...new Set(owners)].filter((owner) => owner !== undefined),
      },
      command,
    );
    if (outcome.kind === 'created') this.#add(outcome.identity);
    if (outcome.kind === 'joined') this.#join(outcome);
    return outcome;
  }

  async mergeDeveloperUsers(command: MergeDeveloperUsersCommand): Promise<MergeDeveloperUsersOutcome> {
    const ownerOf = (subject: string) =>
      this.owner(command.poolId, { provider: command.developerProvider, subject })?.identity;
    const owners = { source: ownerOf(command.source), destination: ownerOf(command.destination) };
    const outcome = mergeDeveloperUsers(owners, command);
    if (outcome.kind === 'joined') this.#join(outcome);
    return outcome;
  }

  async unlinkLogins(command: UnlinkLoginsCommand): Promise<UnlinkLoginsOutcome> {
    const outcome = unlinkLogins(this.#identityInPool(command)?.identity, command);
    if (outcome.kind === 'unlinked') this.#replace(outcome.identity);
    return outcome;
  }

  #add(identity: Identity): void {
    const { identities, erasable } = this.open;
    if (identities.has(identity.id)) throw new Error(`There is an identity ${identity.id} already.`);
    if (identity.logins.some((login) => this.owner(identity.poolId, login))) {
      throw new Error(`A login of the identity ${identity.id} belongs to another.`);
    }
    // What a deleted identity left must not become that of a new one with its id.
    const left = erasable.findIndex((kept) => kept.identity.id === identity.id);
    if (left >= 0) {
      erasable.splice(left, 1);
      this.outbox.erase(identity.id);
    }
    identities.set(identity.id, { identity, datasets: new Map(), devices: new Map() });
  }

  #join({ identity, disabled }: { identity: Identity; disabled: readonly Identity[] }): void {
    const winner = this.#replace(identity);
    for (const loser of disabled) moveDatasets(this.#replace(loser), winner);
  }

  #replace(identity: Identity): KeptIdentity {
    const kept = this.open.identities.get(identity.id);
    if (!kept) throw new Error(`There is no identity ${identity.id}.`);
    kept.identity = identity;
    return kept;
  }

  /** Who has what the identity had, after any number of merges. */
  #survivor(identity: Identity | undefined): Identity | undefined {
    let survivor = identity;
    while (survivor?.mergedInto !== undefined)
      survivor = this.open.identities.get(survivor.mergedInto)?.identity;
    return survivor;
  }

  async updateRecords(command: UpdateRecordsCommand): Promise<UpdateRecordsAnswer> {
    const identity = this.#identityInPool(command);
    const kept = identity?.datasets.get(command.datasetName);
    const outcome = updateRecords(
      {
        identityExists: identity !== undefined,
        ...(identity?.identity.disabled && { disabled: disabledBy(identity.identity) }),
        dataset: kept?.dataset,
        records: kept?.records ?? new Map(),
        datasetCount: this.liveDatasets(command.identityId).size,
      },
      command,
    );
    if (outcome.kind !== 'accepted') return outcome;

    const target = kept ?? { dataset: outcome.dataset, records: new Map(), subscribers: new Set() };
    target.dataset = outcome.dataset;
    for (const record of outcome.kept) target.records.set(record.key, record);
    identity?.datasets.set(command.datasetName, target);
    this.#poolChanged(command.poolId, command.at);
    const { syncCount } = outcome.dataset;
    this.#queue({ ...command, syncCount, records: outcome.records });
    return { kind: 'accepted', syncCount, records: outcome.records };
  }

  async deleteDataset(command: DeleteDatasetCommand): Promise<DeleteDatasetOutcome> {
    const kept = this.#identityInPool(command)?.datasets.get(command.datasetName);
    const outcome = deleteDataset(kept?.dataset, command);
    if (outcome.kind !== 'deleted' || !kept) return outcome;
    kept.dataset = outcome.tombstone;
    kept.records.clear();
    this.#poolChanged(command.poolId, command.at);
    this.#queue({ ...command, syncCount: outcome.tombstone.syncCount, records: undefined });
    return outcome;
  }

  #queue(change: Change): void {
    const pool = this.open.pools.get(change.poolId);
    const kept = this.open.identities.get(change.identityId);
    const subscribers = kept?.datasets.get(change.datasetName)?.subscribers ?? new Set();
    this.outbox.queue(change, {
      streamName: pool && streamOf(pool),
      devices: [...(kept?.devices.values() ?? [])]
        .filter(({ id }) => subscribers.has(id))
        .sort((one, other) => compareBinary(one.id, other.id)),
    });
  }

  async registerDevice(device: Device, most: number): Promise<RegisterDeviceOutcome> {
    const kept = this.open.identities.get(device.identityId);
    if (!kept || kept.identity.disabled) return { kind: 'identityNotFound' };
    const { devices } = kept;
    const known = [...devices.values()].find(
      ({ platform, token }) => platform === device.platform && token === device.token,
    );
    if (known) {
      const { application: _old, endpoint: _stale, ...kept } = known;
      const { application, endpoint } = device;
      const renewed = {
        ...kept,
        ...(application !== undefined && { application }),
        ...(endpoint !== undefined && { endpoint }),
      };
      devices.set(known.id, renewed);
      return { kind: 'registered', device: renewed };
    }
    if (devices.size >= most) return { kind: 'tooManyDevices' };
    if (devices.has(device.id)) throw new Error(`There is a device ${device.id} already.`);
    devices.set(device.id, device);
    return { kind: 'registered', device };
  }

  async removeDevice(identityId: string, deviceId: string): Promise<boolean> {
    const kept = this.open.identities.get(identityId);
    if (!kept) return false;
    for (const { subscribers } of kept.datasets.values()) subscribers.delete(deviceId);
    return kept.devices.delete(deviceId);
  }

  async subscribe(subscription: Subscription): Promise<SubscriptionOutcome> {
    return this.#onSubscribers(subscription, (subscribers) => subscribers.add(subscription.deviceId));
  }

  async unsubscribe(subscription: Subscription): Promise<SubscriptionOutcome> {
    return this.#onSubscribers(subscription, (subscribers) => subscribers.delete(subscription.deviceId));
  }

  #onSubscribers(
    subscription: Subscription,
    change: (subscribers: Set<string>) => void,
  ): SubscriptionOutcome {
    const identity = this.#identityInPool(subscription);
    const kept = identity?.datasets.get(subscription.datasetName);
    if (!kept?.dataset.exists) return 'datasetNotFound';
    if (!identity?.devices.has(subscription.deviceId)) return 'deviceNotFound';
    change(kept.subscribers);
    return 'done';
  }

  async createDeveloperKey(key: DeveloperKey): Promise<void> {
    const { developerKeys } = this.open;
    if (developerKeys.has(key.accessKeyId)) throw new Error(`There is a key ${key.accessKeyId} already.`);
    developerKeys.set(key.accessKeyId, key);
  }

  async revokeDeveloperKey(accessKeyId: string, at: Instant): Promise<DeveloperKey | undefined> {
    const { developerKeys } = this.open;
    const key = developerKeys.get(accessKeyId);
    if (!key) return undefined;
    const revoked = revokedKey(key, at);
    developerKeys.set(accessKeyId, revoked);
    return revoked;
  }

  async backup(): Promise<void> {
    this.open;
    throw new Error('A memory store keeps nothing that could be backed up.');
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  #identityInPool({ poolId, identityId }: { poolId: string; identityId: string }): KeptIdentity | undefined {
    const kept = this.open.identities.get(identityId);
    return kept?.identity.poolId === poolId ? kept : undefined;
  }

  #poolChanged(poolId: string, at: Instant): void {
    const { poolChanges } = this.open;
    poolChanges.set(poolId, Math.max(poolChanges.get(poolId) ?? 0, at));
  }
}

function disabledBy({ mergedInto }: Identity): Pick<Identity, 'mergedInto'> {
  return mergedInto === undefined ? {} : { mergedInto };
}
