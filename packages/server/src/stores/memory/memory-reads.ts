import type { Change } from '../../domain/change.ts';
import type { Dataset, Instant, StoredRecord } from '../../domain/dataset.ts';
import type { DeveloperKey } from '../../domain/developer-key.ts';
import type { Device, Identity, IdentityUsage, PoolUsage } from '../../domain/identity.ts';
import type { IdentityPool } from '../../domain/identity-pool.ts';
import { isSameLogin, type Login } from '../../domain/login.ts';
import type { Destination } from '../../domain/outbox.ts';
import {
  type IdentitiesQuery,
  type Listing,
  type ListingQuery,
  type Page,
  type PoolDataset,
  type PoolDatasetsQuery,
  StoreClosedError,
} from '../../ports/store.ts';
import { compareBinary } from './binary-order.ts';
import type { KeptDataset, KeptIdentity } from './kept-identity.ts';
import { MemoryOutbox } from './memory-outbox.ts';
import { StoreWithOutbox } from './store-with-outbox.ts';

/** What a memory store keeps, and how it is read. */
export abstract class MemoryReads extends StoreWithOutbox {
  protected readonly kept = {
    pools: new Map<string, IdentityPool>(),
    /** When data of a pool last changed, also data that is gone. */
    poolChanges: new Map<string, Instant>(),
    identities: new Map<string, KeptIdentity>(),
    /** Deleted, by themselves or with their pool. */
    erasable: [] as KeptIdentity[],
    developerKeys: new Map<string, DeveloperKey>(),
  };
  readonly #outboxKept: MemoryOutbox;
  protected isClosed = false;

  /** @param onQueued told where something is to be sent */
  constructor(onQueued: (destinations: readonly Destination[]) => void = () => {}) {
    super();
    this.#outboxKept = new MemoryOutbox(onQueued, (id) => this.kept.identities.has(id));
  }

  async pool(poolId: string): Promise<IdentityPool | undefined> {
    return this.open.pools.get(poolId);
  }

  async pools(page: Page): Promise<readonly IdentityPool[]> {
    return pageOf(this.open.pools, page);
  }

  async identity(identityId: string): Promise<Identity | undefined> {
    return this.open.identities.get(identityId)?.identity;
  }

  async identityByLogin(poolId: string, login: Login): Promise<Identity | undefined> {
    return this.owner(poolId, login)?.identity;
  }

  async identities({ poolId, hideDisabled, ...page }: IdentitiesQuery): Promise<readonly Identity[]> {
    const ofPool = [...this.open.identities].filter(
      ([, { identity }]) => identity.poolId === poolId && !(hideDisabled && identity.disabled),
    );
    return pageOf(new Map(ofPool), page).map(({ identity }) => identity);
  }

  async identityUsage(identityId: string): Promise<IdentityUsage | undefined> {
    const kept = this.open.identities.get(identityId);
    if (!kept) return undefined;
    const datasets = [...kept.datasets.values()].map(({ dataset }) => dataset);
    return {
      identityId,
      poolId: kept.identity.poolId,
      lastModifiedAt: Math.max(
        kept.identity.lastModifiedAt,
        ...datasets.map((dataset) => dataset.lastModifiedAt),
      ),
      datasetCount: datasets.filter((dataset) => dataset.exists).length,
      storageBytes: totalBytes(datasets),
    };
  }

  async poolUsage(poolId: string): Promise<PoolUsage | undefined> {
    const pool = this.open.pools.get(poolId);
    return pool && this.#usageOf(pool);
  }

  async poolUsages(page: Page): Promise<readonly PoolUsage[]> {
    return pageOf(this.open.pools, page).map((pool) => this.#usageOf(pool));
  }

  #usageOf(pool: IdentityPool): PoolUsage {
    const datasets = [...this.open.identities.values()]
      .filter(({ identity }) => identity.poolId === pool.id)
      .flatMap((kept) => [...kept.datasets.values()].map(({ dataset }) => dataset));
    return {
      poolId: pool.id,
      lastModifiedAt: Math.max(pool.createdAt, this.open.poolChanges.get(pool.id) ?? 0),
      storageBytes: totalBytes(datasets),
    };
  }

  async dataset(identityId: string, datasetName: string): Promise<Dataset | undefined> {
    const dataset = this.keptDataset(identityId, datasetName)?.dataset;
    return dataset?.exists ? dataset : undefined;
  }

  async datasets(identityId: string, page: Page): Promise<readonly Dataset[]> {
    return pageOf(this.liveDatasets(identityId), page);
  }

  async poolDatasets({ poolId, after, limit }: PoolDatasetsQuery): Promise<readonly PoolDataset[]> {
    const isAfter = ({ identityId, dataset }: PoolDataset) =>
      !after ||
      (compareBinary(identityId, after.identityId) || compareBinary(dataset.name, after.datasetName)) > 0;
    return [...this.open.identities]
      .filter(([, { identity }]) => identity.poolId === poolId)
      .flatMap(([identityId]) =>
        [...this.liveDatasets(identityId).values()].map((dataset) => ({ identityId, dataset })),
      )
      .filter(isAfter)
      .sort(
        (one, other) =>
          compareBinary(one.identityId, other.identityId) ||
          compareBinary(one.dataset.name, other.dataset.name),
      )
      .slice(0, limit);
  }

  async syncCounts(identityId: string, limit: number): Promise<readonly Change[]> {
    return pageOf(this.open.identities.get(identityId)?.datasets ?? new Map(), { limit }).map(
      ({ dataset }) => ({
        datasetName: dataset.name,
        syncCount: dataset.syncCount,
        ...(!dataset.exists && { deleted: true }),
      }),
    );
  }

  async listing(query: ListingQuery): Promise<Listing> {
    const { identityId, datasetName, since, position, limit } = query;
    const kept = this.keptDataset(identityId, datasetName);
    const ceiling = position?.ceiling ?? kept?.dataset.syncCount ?? 0;
    const records = [...(kept?.records.values() ?? [])]
      .filter((record) => record.syncCount > since && record.syncCount <= ceiling)
      .filter((record) => !position || compareInListing(record, position) > 0)
      .sort(compareInListing);
    return {
      dataset: kept?.dataset,
      records: records.slice(0, limit),
      more: records.length > limit,
      namesWithPrefix: [...this.liveDatasets(identityId).keys()]
        .filter((name) => name.startsWith(`${datasetName}.`))
        .sort(compareBinary),
    };
  }

  async device(identityId: string, deviceId: string): Promise<Device | undefined> {
    return this.open.identities.get(identityId)?.devices.get(deviceId);
  }

  async subscribedDevices(identityId: string, datasetName: string): Promise<readonly string[]> {
    return [...(this.keptDataset(identityId, datasetName)?.subscribers ?? [])].sort(compareBinary);
  }

  async developerKey(accessKeyId: string): Promise<DeveloperKey | undefined> {
    return this.open.developerKeys.get(accessKeyId);
  }

  async developerKeys(page: Page): Promise<readonly DeveloperKey[]> {
    return pageOf(this.open.developerKeys, page);
  }

  protected owner(poolId: string, login: Login): KeptIdentity | undefined {
    return [...this.open.identities.values()].find(
      ({ identity }) => identity.poolId === poolId && identity.logins.some((own) => isSameLogin(own, login)),
    );
  }

  protected keptDataset(identityId: string, datasetName: string): KeptDataset | undefined {
    return this.open.identities.get(identityId)?.datasets.get(datasetName);
  }

  protected liveDatasets(identityId: string): ReadonlyMap<string, Dataset> {
    const datasets = this.open.identities.get(identityId)?.datasets ?? new Map<string, KeptDataset>();
    const live = new Map<string, Dataset>();
    for (const [name, { dataset }] of datasets) if (dataset.exists) live.set(name, dataset);
    return live;
  }

  protected get outbox(): MemoryOutbox {
    this.open;
    return this.#outboxKept;
  }

  protected get open() {
    if (this.isClosed) throw new StoreClosedError();
    return this.kept;
  }
}

function pageOf<Item>(items: ReadonlyMap<string, Item>, { after = '', limit }: Page): readonly Item[] {
  return [...items]
    .filter(([id]) => compareBinary(id, after) > 0)
    .sort(([left], [right]) => compareBinary(left, right))
    .slice(0, limit)
    .map(([, item]) => item);
}

type InListing = Pick<StoredRecord, 'syncCount' | 'key'>;

function compareInListing(left: InListing, right: InListing): number {
  return left.syncCount - right.syncCount || compareBinary(left.key, right.key);
}

function totalBytes(datasets: readonly Dataset[]): number {
  return datasets.reduce((total, dataset) => total + dataset.storageBytes, 0);
}
