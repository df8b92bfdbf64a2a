import type { DatabaseSync } from 'node:sqlite';
import type { Change } from '../../domain/change.ts';
import type { Dataset } from '../../domain/dataset.ts';
import type { DeveloperKey } from '../../domain/developer-key.ts';
import type { Device, Identity, IdentityUsage, PoolUsage } from '../../domain/identity.ts';
import type { IdentityPool } from '../../domain/identity-pool.ts';
import type { Login } from '../../domain/login.ts';
import type {
  IdentitiesQuery,
  Listing,
  ListingQuery,
  Page,
  PoolDataset,
  PoolDatasetsQuery,
  StoreReads,
} from '../../ports/store.ts';
import { SqliteOutboxReads } from './outbox-reads.ts';
import {
  type DatasetRow,
  type DeviceRow,
  datasetColumns,
  deviceColumns,
  type IdentityRow,
  identityByLogin,
  identityColumns,
  prepare,
  type Query,
  type RecordRow,
  recordColumns,
  toDataset,
  toDevice,
  toIdentity,
  toRecord,
} from './rows.ts';

type PoolUsageRow = readonly [poolId: string, lastModifiedAt: number, storageBytes: number];

type IdentityUsageRow = readonly [
  identityId: string,
  poolId: string,
  lastModifiedAt: number,
  datasetCount: number,
  storageBytes: number,
];

type HeadRow = readonly [namesWithPrefix: string, ...DatasetRow];

interface ListingHead {
  readonly row: DatasetRow | undefined;
  readonly dataset: Dataset | undefined;
  readonly namesWithPrefix: readonly string[];
}

/** The highest sync count that belongs to the listing. */
function ceilingOf({ position }: ListingQuery, row: DatasetRow): number {
  return position?.ceiling ?? row[3];
}

/** The reads, over any connection whose schema is up to date. */
export class SqliteReads implements StoreReads {
  readonly #begin: Query;
  readonly #commit: Query;
  readonly #pool: Query<readonly [document: string]>;
  readonly #pools: Query<readonly [document: string]>;
  readonly #identity: Query<IdentityRow>;
  readonly #identityByLogin: Query<IdentityRow>;
  readonly #identities: Query<IdentityRow>;
  readonly #enabledIdentities: Query<IdentityRow>;
  readonly #identityUsage: Query<IdentityUsageRow>;
  readonly #poolUsage: Query<PoolUsageRow>;
  readonly #poolUsages: Query<PoolUsageRow>;
  readonly #dataset: Query<DatasetRow>;
  readonly #datasets: Query<DatasetRow>;
  readonly #poolDatasets: Query<readonly [identityId: string, ...DatasetRow]>;
  readonly #syncCounts: Query<readonly [name: string, syncCount: number, live: number]>;
  readonly #head: Query<HeadRow>;
  readonly #names: Query<readonly [name: string]>;
  readonly #recordsAfterCount: Query<RecordRow>;
  readonly #recordsAfterPosition: Query<RecordRow>;
  readonly #device: Query<DeviceRow>;
  readonly #subscribedDevices: Query<readonly [deviceId: string]>;
  readonly #developerKey: Query<readonly [document: string]>;
  readonly #developerKeys: Query<readonly [document: string]>;
  readonly #outbox: SqliteOutboxReads;

  constructor(db: DatabaseSync) {
    this.#begin = prepare(db, 'BEGIN');
    this.#commit = prepare(db, 'COMMIT');
    this.#pool = prepare(db, 'SELECT document FROM identity_pool WHERE id = ?');
    this.#pools = prepare(db, 'SELECT document FROM identity_pool WHERE id > ? ORDER BY id LIMIT ?');
    this.#identity = prepare(db, `SELECT ${identityColumns} FROM visible_identity WHERE id = ?`);
    this.#identityByLogin = prepare(db, identityByLogin);
    // By the pool's number, whose index has the ids in order.
    const ofPool = `SELECT ${identityColumns} FROM visible_identity
      WHERE pool = (SELECT pool FROM identity_pool WHERE id = ?) AND id > ?`;
    this.#identities = prepare(db, `${ofPool} ORDER BY id LIMIT ?`);
    this.#enabledIdentities = prepare(db, `${ofPool} AND NOT disabled ORDER BY id LIMIT ?`);
    this.#identityUsage = prepare(
      db,
      `SELECT identity.id, identity.pool_id,
         max(identity.last_modified_at, coalesce(max(dataset.last_modified_at), 0)),
         count(*) FILTER (WHERE live), coalesce(sum(storage_bytes), 0)
       FROM visible_identity AS identity LEFT JOIN dataset ON dataset.identity_id = identity.id
       WHERE identity.id = ? GROUP BY identity.id`,
    );
    const poolUsage =
      'SELECT id, last_modified_at, storage_bytes FROM identity_pool JOIN pool_usage USING (pool)';
    this.#poolUsage = prepare(db, `${poolUsage} WHERE id = ?`);
    this.#poolUsages = prepare(db, `${poolUsage} WHERE id > ? ORDER BY id LIMIT ?`);
    const dataset = `SELECT ${datasetColumns} FROM visible_dataset`;
    this.#dataset = prepare(db, `${dataset} WHERE identity_id = ? AND name = ?`);
    this.#datasets = prepare(
      db,
      `${dataset} WHERE identity_id = ? AND name > ? AND live ORDER BY name LIMIT ?`,
    );
    // Both indexes have their entries in the order that is asked for.
    this.#poolDatasets = prepare(
      db,
      `SELECT owner, ${datasetColumns}
       FROM (SELECT id AS owner FROM identity
             WHERE pool = (SELECT pool FROM identity_pool WHERE id = ?1) AND id >= ?2)
       CROSS JOIN dataset ON identity_id = owner
       WHERE live AND (owner > ?2 OR name > ?3) ORDER BY owner, name LIMIT ?4`,
    );
    this.#syncCounts = prepare(
      db,
      'SELECT name, sync_count, live FROM visible_dataset WHERE identity_id = ? ORDER BY name LIMIT ?',
    );
    this.#head = prepare(
      db,
      `SELECT (
         SELECT json_group_array(name ORDER BY name) FROM dataset
         WHERE identity_id = ?1 AND name >= ?3 AND name < ?4 AND live
       ), ${datasetColumns} FROM visible_dataset WHERE identity_id = ?1 AND name = ?2`,
    );
    this.#names = prepare(
      db,
      'SELECT name FROM visible_dataset WHERE identity_id = ? AND name >= ? AND name < ? AND live ORDER BY name',
    );
    // Two statements, because a condition that serves both would hide from the planner where to begin.
    const records = `SELECT ${recordColumns} FROM record WHERE dataset = ? AND sync_count <= ?`;
    const inOrder = 'ORDER BY sync_count, key LIMIT ?';
    this.#recordsAfterCount = prepare(db, `${records} AND sync_count > ? ${inOrder}`);
    this.#recordsAfterPosition = prepare(db, `${records} AND (sync_count, key) > (?, ?) ${inOrder}`);
    this.#device = prepare(
      db,
      `SELECT ${deviceColumns} FROM device WHERE identity_id = ? AND id = ?
       AND identity_id IN (SELECT id FROM visible_identity)`,
    );
    this.#subscribedDevices = prepare(
      db,
      `SELECT device_id FROM visible_dataset JOIN subscription USING (dataset)
       WHERE identity_id = ? AND name = ? ORDER BY device_id`,
    );
    const developerKey = 'SELECT document FROM developer_key WHERE access_key_id';
    this.#developerKey = prepare(db, `${developerKey} = ?`);
    this.#developerKeys = prepare(db, `${developerKey} > ? ORDER BY access_key_id LIMIT ?`);
    this.#outbox = new SqliteOutboxReads(db);
  }

  pool(poolId: string): IdentityPool | undefined {
    const row = this.#pool.get(poolId);
    return row && JSON.parse(row[0]);
  }

  pools({ after = '', limit }: Page): readonly IdentityPool[] {
    return this.#pools.all(after, limit).map(([document]) => JSON.parse(document));
  }

  identity(identityId: string): Identity | undefined {
    const row = this.#identity.get(identityId);
    return row && toIdentity(row);
  }

  identityByLogin(poolId: string, { provider, subject }: Login): Identity | undefined {
    const row = this.#identityByLogin.get(poolId, provider, subject);
    return row && toIdentity(row);
  }

  identities({ poolId, after = '', limit, hideDisabled }: IdentitiesQuery): readonly Identity[] {
    const query = hideDisabled ? this.#enabledIdentities : this.#identities;
    return query.all(poolId, after, limit).map(toIdentity);
  }

  identityUsage(identityId: string): IdentityUsage | undefined {
    const row = this.#identityUsage.get(identityId);
    if (!row) return undefined;
    const [id, poolId, lastModifiedAt, datasetCount, storageBytes] = row;
    return { identityId: id, poolId, lastModifiedAt, datasetCount, storageBytes };
  }

  poolUsage(poolId: string): PoolUsage | undefined {
    const row = this.#poolUsage.get(poolId);
    return row && toPoolUsage(row);
  }

  poolUsages({ after = '', limit }: Page): readonly PoolUsage[] {
    return this.#poolUsages.all(after, limit).map(toPoolUsage);
  }

  dataset(identityId: string, datasetName: string): Dataset | undefined {
    const row = this.#dataset.get(identityId, datasetName);
    const dataset = row && toDataset(row);
    return dataset?.exists ? dataset : undefined;
  }

  datasets(identityId: string, { after = '', limit }: Page): readonly Dataset[] {
    return this.#datasets.all(identityId, after, limit).map(toDataset);
  }

  poolDatasets({ poolId, after, limit }: PoolDatasetsQuery): readonly PoolDataset[] {
    return this.#poolDatasets
      .all(poolId, after?.identityId ?? '', after?.datasetName ?? '', limit)
      .map(([identityId, ...row]) => ({ identityId, dataset: toDataset(row) }));
  }

  syncCounts(identityId: string, limit: number): readonly Change[] {
    return this.#syncCounts.all(identityId, limit).map(([datasetName, syncCount, live]) => ({
      datasetName,
      syncCount,
      ...(live === 0 && { deleted: true }),
    }));
  }

  /** Most listings find nothing new: those take one statement, which needs no transaction to be consistent. */
  listing(query: ListingQuery): Listing {
    const head = this.#listingHead(query);
    if (!head.row || query.since >= ceilingOf(query, head.row)) {
      return { dataset: head.dataset, records: [], more: false, namesWithPrefix: head.namesWithPrefix };
    }
    this.#begin.run();
    try {
      return this.#listingWithChanges(query);
    } finally {
      this.#commit.run();
    }
  }

  #listingWithChanges(query: ListingQuery): Listing {
    const { row, dataset, namesWithPrefix } = this.#listingHead(query);
    if (!row) return { dataset, records: [], more: false, namesWithPrefix };
    const { since, position, limit } = query;
    const ceiling = ceilingOf(query, row);
    const rows =
      position && position.syncCount > since
        ? this.#recordsAfterPosition.all(row[0], ceiling, position.syncCount, position.key, limit + 1)
        : this.#recordsAfterCount.all(row[0], ceiling, since, limit + 1);
    return {
      dataset,
      records: rows.slice(0, limit).map(toRecord),
      more: rows.length > limit,
      namesWithPrefix,
    };
  }

  /** The dataset and the names that begin with its own, as of one moment. */
  #listingHead({ identityId, datasetName }: ListingQuery): ListingHead {
    const prefix = `${datasetName}.`;
    // What begins with a dot comes before what has the next character, the slash, in its place.
    const end = `${datasetName}/`;
    const found = this.#head.get(identityId, datasetName, prefix, end);
    if (!found) {
      const names = this.#names.all(identityId, prefix, end).map(([name]) => name);
      return { row: undefined, dataset: undefined, namesWithPrefix: names };
    }
    const [names, ...row] = found;
    return { row, dataset: toDataset(row), namesWithPrefix: JSON.parse(names) };
  }

  device(identityId: string, deviceId: string): Device | undefined {
    const row = this.#device.get(identityId, deviceId);
    return row && toDevice(row);
  }

  subscribedDevices(identityId: string, datasetName: string): readonly string[] {
    return this.#subscribedDevices.all(identityId, datasetName).map(([id]) => id);
  }

  developerKey(accessKeyId: string): DeveloperKey | undefined {
    const row = this.#developerKey.get(accessKeyId);
    return row && JSON.parse(row[0]);
  }

  developerKeys({ after = '', limit }: Page): readonly DeveloperKey[] {
    return this.#developerKeys.all(after, limit).map(([document]) => JSON.parse(document));
  }

  backlog() {
    return this.#outbox.backlog();
  }

  deadLetters(page: Parameters<SqliteOutboxReads['deadLetters']>[0]) {
    return this.#outbox.deadLetters(page);
  }

  streamPayload(id: string, at: number) {
    return this.#outbox.streamPayload(id, at);
  }
}

function toPoolUsage([poolId, lastModifiedAt, storageBytes]: PoolUsageRow): PoolUsage {
  return { poolId, lastModifiedAt, storageBytes };
}
