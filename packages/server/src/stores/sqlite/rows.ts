import type { DatabaseSync, SQLInputValue, StatementResultingChanges } from 'node:sqlite';
import type { Dataset, SpentSession, StoredRecord } from '../../domain/dataset.ts';
import type { Device, Identity } from '../../domain/identity.ts';
import type { DeadLetter } from '../../ports/outbox.ts';

/** A prepared statement and the rows that its SQL yields. */
export interface Query<Row = never> {
  get(...parameters: SQLInputValue[]): Row | undefined;
  all(...parameters: SQLInputValue[]): Row[];
  run(...parameters: SQLInputValue[]): StatementResultingChanges;
}

/** `Row` is the caller's word for what the columns hold. Rows are tuples: as objects they take twice as long to make. */
export function prepare<Row extends readonly unknown[] = never>(db: DatabaseSync, sql: string): Query<Row> {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return statement as unknown as Query<Row>;
}

export const datasetColumns =
  'dataset, pool, name, sync_count, deleted_at_sync_count, live, created_at, last_modified_at, ' +
  'last_modified_by, record_count, tombstone_count, storage_bytes, spent_sessions, frozen';

export type DatasetRow = readonly [
  dataset: number,
  pool: number,
  name: string,
  syncCount: number,
  deletedAtSyncCount: number | null,
  live: number,
  createdAt: number,
  lastModifiedAt: number,
  lastModifiedBy: string,
  recordCount: number,
  tombstoneCount: number,
  storageBytes: number,
  spentSessions: string | null,
  frozen: number,
];

export function toDataset(row: DatasetRow): Dataset {
  const [, , name, syncCount, deletedAtSyncCount, live, createdAt, lastModifiedAt, lastModifiedBy, ...rest] =
    row;
  const [recordCount, tombstoneCount, storageBytes, spentSessions] = rest;
  return {
    name,
    syncCount,
    ...(deletedAtSyncCount !== null && { deletedAtSyncCount }),
    exists: live === 1,
    createdAt,
    lastModifiedAt,
    lastModifiedBy,
    recordCount,
    tombstoneCount,
    storageBytes,
    spentSessions: toSpentSessions(spentSessions),
  };
}

function toSpentSessions(text: string | null): readonly SpentSession[] {
  if (text === null) return [];
  const flat: readonly (string | number)[] = JSON.parse(text);
  const sessions: SpentSession[] = [];
  for (let index = 0; index < flat.length; index += 2) {
    sessions.push({ sessionId: String(flat[index]), expiresAt: Number(flat[index + 1]) });
  }
  return sessions;
}

/** Flat, as a busy dataset has dozens, and every write of it reads and writes them all. */
export function fromSpentSessions(sessions: readonly SpentSession[]): string | null {
  if (sessions.length === 0) return null;
  const flat: (string | number)[] = [];
  for (const { sessionId, expiresAt } of sessions) flat.push(sessionId, expiresAt);
  return JSON.stringify(flat);
}

export const recordColumns =
  'key, sync_count, last_modified_at, last_modified_by, device_last_modified_at, value';

export type RecordRow = readonly [
  key: string,
  syncCount: number,
  lastModifiedAt: number,
  lastModifiedBy: string,
  deviceLastModifiedAt: number,
  value: string | null,
];

export function toRecord(row: RecordRow): StoredRecord {
  const [key, syncCount, lastModifiedAt, lastModifiedBy, deviceLastModifiedAt, value] = row;
  return {
    key,
    ...(value !== null && { value }),
    syncCount,
    lastModifiedAt,
    lastModifiedBy,
    deviceLastModifiedAt,
  };
}

/** Of `visible_identity`; the logins come along, so that one statement reads one state. */
export const identityColumns = `id, pool_id, created_at, last_modified_at, disabled, merged_into,
  (SELECT json_group_array(json_array(provider, subject) ORDER BY provider, subject)
   FROM login WHERE identity_id = visible_identity.id)`;

export type IdentityRow = readonly [
  id: string,
  poolId: string,
  createdAt: number,
  lastModifiedAt: number,
  disabled: number,
  mergedInto: string | null,
  logins: string,
];

export function toIdentity(row: IdentityRow): Identity {
  const [id, poolId, createdAt, lastModifiedAt, disabled, mergedInto, logins] = row;
  const pairs: readonly (readonly [provider: string, subject: string])[] = JSON.parse(logins);
  return {
    id,
    poolId,
    createdAt,
    lastModifiedAt,
    logins: pairs.map(([provider, subject]) => ({ provider, subject })),
    disabled: disabled === 1,
    ...(mergedInto !== null && { mergedInto }),
  };
}

/** The parameters are a pool's id, a provider and a subject. */
export const identityByLogin = `SELECT ${identityColumns} FROM visible_identity
  WHERE id = (SELECT identity_id FROM login JOIN identity_pool USING (pool)
              WHERE identity_pool.id = ? AND provider = ? AND subject = ?)`;

export const deviceColumns = 'id, identity_id, platform, token, registered_at, application, endpoint';

export type DeviceRow = readonly [
  id: string,
  identityId: string,
  platform: string,
  token: string,
  registeredAt: number,
  application: string | null,
  endpoint: string | null,
];

export function toDevice(row: DeviceRow): Device {
  const [id, identityId, platform, token, registeredAt, application, endpoint] = row;
  return {
    id,
    identityId,
    platform,
    token,
    registeredAt,
    ...(application !== null && { application }),
    ...(endpoint !== null && { endpoint }),
  };
}

export const deadLetterColumns = 'delivery, kind, destination, name, queued_at, died_at, reason, payload';

export type DeadLetterRow = readonly [
  delivery: number,
  kind: DeadLetter['kind'],
  destination: string,
  name: string,
  queuedAt: number,
  diedAt: number,
  reason: string,
  payload: string,
];

export function toDeadLetter(row: DeadLetterRow): DeadLetter {
  const [id, kind, destination, lane, queuedAt, diedAt, reason, payload] = row;
  return { id, kind, destination, lane, queuedAt, diedAt, reason, payload };
}
