import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Dataset, StoredRecord } from '../../domain/dataset.ts';
import { mergedDataset, mergedNames, mergedSyncCount } from '../../domain/merge-datasets.ts';
import type { DatasetState, Patch, UpdateRecordsCommand } from '../../domain/update-records.ts';
import {
  type DatasetRow,
  datasetColumns,
  fromSpentSessions,
  prepare,
  type Query,
  type RecordRow,
  recordColumns,
  toDataset,
  toRecord,
} from './rows.ts';

/** Where a dataset is kept, or would be. */
export interface PlacedDataset {
  readonly pool: number;
  /** Undefined when the name was never used. */
  readonly row: number | undefined;
}

/** A dataset as the rules need it. */
export interface FoundDataset extends DatasetState {
  /** Undefined when the identity does not exist in the named pool. */
  readonly place: PlacedDataset | undefined;
}

type Sought = Pick<UpdateRecordsCommand, 'poolId' | 'identityId' | 'datasetName'> &
  Partial<Pick<UpdateRecordsCommand, 'patches'>>;

/** Finds and keeps datasets and their records, for the one connection that writes. */
export class DatasetRows {
  readonly #dataset: Query<DatasetRow>;
  readonly #identity: Query<readonly [pool: number, disabled: number, mergedInto: string | null]>;
  readonly #datasetCount: Query<readonly [live: number]>;
  readonly #record: Query<RecordRow>;
  readonly #insertDataset: Query;
  readonly #updateDataset: Query;
  readonly #putRecord: Query;
  readonly #deleteRecords: Query;
  readonly #liveDatasets: Query<DatasetRow>;
  readonly #names: Query<readonly [name: string]>;
  readonly #rename: Query;
  readonly #deleteTombstones: Query;
  readonly #restartRecords: Query;
  readonly #deleteSubscriptions: Query;
  readonly #deleteDatasets: Query;
  readonly #freeze: Query;

  constructor(db: DatabaseSync) {
    this.#dataset = prepare(
      db,
      `SELECT ${datasetColumns} FROM visible_dataset WHERE identity_id = ? AND name = ? AND pool_id = ?`,
    );
    this.#identity = prepare(
      db,
      'SELECT pool, disabled, merged_into FROM visible_identity WHERE id = ? AND pool_id = ?',
    );
    this.#datasetCount = prepare(
      db,
      'SELECT count(*) FILTER (WHERE live) FROM dataset WHERE identity_id = ?',
    );
    this.#record = prepare(db, `SELECT ${recordColumns} FROM record WHERE dataset = ? AND key = ?`);
    this.#insertDataset = prepare(
      db,
      `INSERT INTO dataset (sync_count, deleted_at_sync_count, live, created_at, last_modified_at, last_modified_by,
         record_count, tombstone_count, storage_bytes, spent_sessions, identity_id, name, pool)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#updateDataset = prepare(
      db,
      `UPDATE dataset SET sync_count = ?, deleted_at_sync_count = ?, live = ?, created_at = ?, last_modified_at = ?,
         last_modified_by = ?, record_count = ?, tombstone_count = ?, storage_bytes = ?, spent_sessions = ?
       WHERE dataset = ?`,
    );
    this.#putRecord = prepare(
      db,
      `INSERT INTO record (dataset, ${recordColumns}) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (dataset, key) DO UPDATE SET
         sync_count = excluded.sync_count, last_modified_at = excluded.last_modified_at,
         last_modified_by = excluded.last_modified_by,
         device_last_modified_at = excluded.device_last_modified_at, value = excluded.value`,
    );
    this.#deleteRecords = prepare(db, 'DELETE FROM record WHERE dataset = ?');
    this.#liveDatasets = prepare(db, `SELECT ${datasetColumns} FROM dataset WHERE identity_id = ? AND live`);
    this.#names = prepare(db, 'SELECT name FROM dataset WHERE identity_id = ?');
    this.#rename = prepare(db, 'UPDATE dataset SET identity_id = ?, name = ? WHERE dataset = ?');
    this.#deleteTombstones = prepare(db, 'DELETE FROM record WHERE dataset = ? AND value IS NULL');
    this.#restartRecords = prepare(db, 'UPDATE record SET sync_count = ? WHERE dataset = ?');
    this.#deleteSubscriptions = prepare(db, 'DELETE FROM subscription WHERE dataset = ?');
    this.#deleteDatasets = prepare(db, 'DELETE FROM dataset WHERE identity_id = ?');
    this.#freeze = prepare(db, 'UPDATE dataset SET frozen = 1 WHERE identity_id = ?');
  }

  find({ poolId, identityId, datasetName, patches = [] }: Sought): FoundDataset {
    const found = this.#dataset.get(identityId, datasetName, poolId);
    const row = found?.[0];
    // Where there is a dataset, there is its identity, which is enabled unless the dataset is frozen.
    const identity = found && !isFrozen(found) ? undefined : this.#identity.get(identityId, poolId);
    const pool = found?.[1] ?? identity?.[0];
    const countDatasets = () => this.#datasetCount.get(identityId)?.[0] ?? 0;
    return {
      place: pool === undefined ? undefined : { pool, row },
      identityExists: pool !== undefined,
      ...(identity?.[1] === 1 && { disabled: identity[2] === null ? {} : { mergedInto: identity[2] } }),
      dataset: found && toDataset(found),
      records: row === undefined ? new Map() : this.#records(row, patches),
      // Counted when asked for: only an update that creates a dataset wants to know.
      get datasetCount() {
        return countDatasets();
      },
    };
  }

  #records(dataset: number, patches: readonly Patch[]): ReadonlyMap<string, StoredRecord> {
    const records = new Map<string, StoredRecord>();
    for (const { key } of patches) {
      const row = this.#record.get(dataset, key);
      if (row) records.set(key, toRecord(row));
    }
    return records;
  }

  /** Keeps the dataset in its new state, with the records that changed. */
  put(found: PlacedDataset, identityId: string, dataset: Dataset, records: readonly StoredRecord[]): void {
    const row = found.row ?? this.#insert(found.pool, identityId, dataset);
    if (found.row !== undefined) this.#updateDataset.run(...figures(dataset), found.row);
    for (const record of records) {
      this.#putRecord.run(
        row,
        record.key,
        record.syncCount,
        record.lastModifiedAt,
        record.lastModifiedBy,
        record.deviceLastModifiedAt,
        record.value ?? null,
      );
    }
  }

  #insert(pool: number, identityId: string, dataset: Dataset): number {
    return Number(
      this.#insertDataset.run(...figures(dataset), identityId, dataset.name, pool).lastInsertRowid,
    );
  }

  /** Gives the loser's datasets to the winner, and forgets what else the loser had. */
  move(loserId: string, winnerId: string): void {
    const live = this.#liveDatasets.all(loserId);
    const taken = this.#names.all(winnerId).map(([name]) => name);
    const names = mergedNames(
      loserId,
      live.map((row) => toDataset(row).name),
      taken,
    );
    for (const row of live) {
      const dataset = toDataset(row);
      const name = names.get(dataset.name);
      if (name === undefined) continue;
      this.#rename.run(winnerId, name, row[0]);
      this.#updateDataset.run(...figures(mergedDataset(dataset, name)), row[0]);
      this.#deleteTombstones.run(row[0]);
      this.#restartRecords.run(mergedSyncCount, row[0]);
      this.#deleteSubscriptions.run(row[0]);
    }
    this.#deleteDatasets.run(loserId);
  }

  /** No update of these datasets is accepted any more. */
  freeze(identityId: string): void {
    this.#freeze.run(identityId);
  }

  /** Keeps the tombstone of a dataset and none of its records. */
  bury(row: number, tombstone: Dataset): void {
    this.#updateDataset.run(...figures(tombstone), row);
    this.#deleteRecords.run(row);
  }
}

function isFrozen(row: DatasetRow): boolean {
  return row[13] === 1;
}

/** The columns that change, in the order of the statements that write them. */
function figures(dataset: Dataset): readonly SQLInputValue[] {
  return [
    dataset.syncCount,
    dataset.deletedAtSyncCount ?? null,
    dataset.exists ? 1 : 0,
    dataset.createdAt,
    dataset.lastModifiedAt,
    dataset.lastModifiedBy,
    dataset.recordCount,
    dataset.tombstoneCount,
    dataset.storageBytes,
    fromSpentSessions(dataset.spentSessions),
  ];
}
