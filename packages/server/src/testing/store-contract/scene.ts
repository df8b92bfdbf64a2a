import type { Dataset } from '../../domain/dataset.ts';
import type { DeleteDatasetCommand } from '../../domain/delete-dataset.ts';
import type { DeveloperKey } from '../../domain/developer-key.ts';
import { type Device, type Identity, newIdentity } from '../../domain/identity.ts';
import type { IdentityPool } from '../../domain/identity-pool.ts';
import type { Login } from '../../domain/login.ts';
import type { SignInCommand } from '../../domain/sign-in.ts';
import type { Patch, UpdateRecordsCommand } from '../../domain/update-records.ts';
import type { Listing, ListingQuery, Store, UpdateRecordsAnswer } from '../../ports/store.ts';

/** The names and things that the cases are about. */

export function poolId(number: number): string {
  return `eu-west-1:00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

export function identityId(number: number): string {
  return `eu-west-1:11111111-1111-4111-8111-${String(number).padStart(12, '0')}`;
}

export function aPool(number: number, change: Partial<IdentityPool> = {}): IdentityPool {
  return {
    id: poolId(number),
    createdAt: 1_000,
    settings: { IdentityPoolName: `pool ${number}`, AllowUnauthenticatedIdentities: true },
    events: {},
    ...change,
  };
}

export function anIdentity(number: number, pool = 1): Identity {
  return newIdentity(identityId(number), poolId(pool), [], 2_000);
}

export function google(subject: string): Login {
  return { provider: 'accounts.google.com', subject };
}

/** A user of the developer's own. */
export function user(subject: string): Login {
  return { provider: 'backend', subject };
}

/** A sign-in that would create identity 99. */
export function aSignIn(logins: readonly Login[], change: Partial<SignInCommand> = {}): SignInCommand {
  return {
    poolId: poolId(1),
    logins,
    isProven: false,
    developerProvider: 'backend',
    newId: identityId(99),
    at: 300_000,
    ...change,
  };
}

/** The same by whoever has identity `presented` so far. */
export function asIdentity(presented: number): Partial<SignInCommand> {
  return { presentedId: identityId(presented) };
}

export function aDevice(name: string, identity = 1, token = `token of ${name}`): Device {
  return { id: name, identityId: identityId(identity), platform: 'GCM', token, registeredAt: 3_000 };
}

export function aDeveloperKey(accessKeyId: string, change: Partial<DeveloperKey> = {}): DeveloperKey {
  return {
    accessKeyId,
    sealedSecret: `sealed secret of ${accessKeyId}`,
    description: 'backend',
    scope: { readOnly: false },
    createdAt: 3_000,
    ...change,
  };
}

/** One pool with identities 1 to `identities`. */
export async function settle(store: Store, identities = 1): Promise<void> {
  await store.createPool(aPool(1));
  for (let number = 1; number <= identities; number++) await store.createIdentity(anIdentity(number));
}

/** A patch that wins against whatever is stored, unless it names a count. */
export function put(key: string, value: string, syncCount = Number.MAX_SAFE_INTEGER): Patch {
  return { key, value, syncCount };
}

export function remove(key: string, syncCount = Number.MAX_SAFE_INTEGER): Patch {
  return { key, syncCount };
}

export const noQuotas = {
  datasetsPerIdentity: Number.MAX_SAFE_INTEGER,
  recordsPerDataset: Number.MAX_SAFE_INTEGER,
  bytesPerDataset: Number.MAX_SAFE_INTEGER,
};

export function anUpdate(
  patches: readonly Patch[],
  change: Partial<UpdateRecordsCommand> = {},
): UpdateRecordsCommand {
  return {
    poolId: poolId(1),
    identityId: identityId(1),
    datasetName: 'settings',
    patches,
    session: { sessionId: 'session', expiresAt: 400_000 },
    modifiedBy: 'device',
    quotas: noQuotas,
    at: 100_000,
    ...change,
  };
}

export function update(
  store: Store,
  patches: readonly Patch[],
  change: Partial<UpdateRecordsCommand> = {},
): Promise<UpdateRecordsAnswer> {
  return store.updateRecords(anUpdate(patches, change));
}

export function aDeletion(change: Partial<DeleteDatasetCommand> = {}): DeleteDatasetCommand {
  return {
    poolId: poolId(1),
    identityId: identityId(1),
    datasetName: 'settings',
    modifiedBy: 'device',
    at: 200_000,
    ...change,
  };
}

export function list(store: Store, change: Partial<ListingQuery> = {}): Promise<Listing> {
  return store.listing({
    identityId: identityId(1),
    datasetName: 'settings',
    since: 0,
    limit: 10_000,
    ...change,
  });
}

/** The records of a dataset as key → value, tombstones as undefined. */
export async function contents(store: Store, datasetName = 'settings', identity = 1) {
  const { records } = await list(store, { datasetName, identityId: identityId(identity) });
  return new Map(records.map(({ key, value }) => [key, value]));
}

export function names(datasets: readonly Dataset[]): readonly string[] {
  return datasets.map(({ name }) => name);
}

/** Everything that can be read of these pools and identities. */
export async function everything(
  store: Store,
  poolIds: readonly string[],
  identityIds: readonly string[],
  datasetNames: readonly string[],
  deviceIds: readonly string[] = [],
): Promise<unknown> {
  const everyPool = poolIds.map(async (id) => [await store.pool(id), await store.poolUsage(id)]);
  const everyIdentity = identityIds.map(async (id) => [
    await store.identity(id),
    await store.identityUsage(id),
    await store.datasets(id, { limit: 100 }),
    await Promise.all(deviceIds.map((deviceId) => store.device(id, deviceId))),
    await Promise.all(datasetNames.map((name) => store.dataset(id, name))),
    await Promise.all(datasetNames.map((name) => list(store, { identityId: id, datasetName: name }))),
    await Promise.all(datasetNames.map((name) => store.subscribedDevices(id, name))),
  ]);
  return [await Promise.all(everyPool), await Promise.all(everyIdentity)];
}
