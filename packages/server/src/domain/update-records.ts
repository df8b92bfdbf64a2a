import { type Dataset, type Instant, recordBytes, type SpentSession, type StoredRecord } from './dataset.ts';
import type { Identity } from './identity.ts';
import { mostTombstones, type Quotas } from './quotas.ts';
import { spendSession } from './sync-session.ts';

/** What a device asks to do to one key. No value means removal. */
export interface Patch {
  readonly key: string;
  readonly value?: string;
  /** The sync count the device believes the record has. */
  readonly syncCount: number;
  readonly deviceLastModifiedAt?: Instant;
}

export interface UpdateRecordsCommand {
  readonly poolId: string;
  readonly identityId: string;
  readonly datasetName: string;
  /** No key twice. */
  readonly patches: readonly Patch[];
  /** The session that this update closes. */
  readonly session: SpentSession;
  readonly modifiedBy: string;
  /** The device that the request named, which need not be told of the change. */
  readonly deviceId?: string;
  readonly quotas: Quotas;
  readonly at: Instant;
  /**
   * The dataset's sync count when the patches were decided upon, if that was before this: where it has been deleted since,
   * they are stale, whatever their own counts are.
   */
  readonly decidedAtSyncCount?: number;
}

/** What the decision has to know; a store reads it in the transaction that writes the outcome. */
export interface DatasetState {
  /** Whether the identity exists and belongs to the command's pool. */
  readonly identityExists: boolean;
  /** Given if the identity is disabled: what would be written to it, nobody would find. */
  readonly disabled?: Pick<Identity, 'mergedInto'>;
  /** The dataset, or its tombstone. */
  readonly dataset: Dataset | undefined;
  /** Those of the patched keys that are stored, tombstones included. */
  readonly records: ReadonlyMap<string, StoredRecord>;
  /** Datasets of the identity that exist. */
  readonly datasetCount: number;
}

export type UpdateRecordsOutcome =
  | {
      readonly kind: 'accepted';
      readonly dataset: Dataset;
      /** One for each patch, in the order of the patches. */
      readonly records: readonly StoredRecord[];
      /** Those of them that are to be kept. */
      readonly kept: readonly StoredRecord[];
    }
  /** There was nothing to do; nothing is written and the session stays open. */
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'identityNotFound' }
  | { readonly kind: 'identityDisabled'; readonly mergedInto?: string }
  | { readonly kind: 'conflict'; readonly key: string; readonly stored: number; readonly sent: number }
  | { readonly kind: 'quotaExceeded'; readonly quota: ExceededQuota; readonly limit: number };

export type ExceededQuota = keyof Quotas | 'tombstonesPerDataset';

/**
 * Decides one UpdateRecords: everything it asks for, at one new sync count, or nothing.
 *
 * The conflict rule: a patch is stale when the stored record's count is higher than the one sent. Higher counts than the
 * stored one are accepted, as many programs send the dataset's count for every key, and a key that is not stored
 * accepts any count. The first stale patch in request order is the one reported.
 */
export function updateRecords(state: DatasetState, command: UpdateRecordsCommand): UpdateRecordsOutcome {
  if (!state.identityExists) return { kind: 'identityNotFound' };
  if (state.disabled) return { kind: 'identityDisabled', ...state.disabled };
  if (command.patches.length === 0) return { kind: 'unchanged' };

  const conflict = deletedSinceDecision(state, command) ?? firstConflict(state.records, command.patches);
  if (conflict) return conflict;

  const { dataset } = state;
  const syncCount = (dataset?.syncCount ?? 0) + 1;
  const records = command.patches.map((patch) => patchedRecord(patch, syncCount, command));
  // Nobody can know a key that was never stored, so nobody has to be told that it is gone.
  const kept = records.filter((record) => record.value !== undefined || state.records.has(record.key));
  const size = {
    recordCount: (dataset?.recordCount ?? 0) + growth(state, kept, isLive),
    tombstoneCount: (dataset?.tombstoneCount ?? 0) + growth(state, kept, isTombstone),
    storageBytes: (dataset?.storageBytes ?? 0) + growth(state, kept, recordBytes),
  };
  const exceeded = firstExceededQuota(state, command.quotas, size);
  if (exceeded) return exceeded;

  return {
    kind: 'accepted',
    records,
    kept,
    dataset: {
      name: command.datasetName,
      syncCount,
      ...(dataset?.deletedAtSyncCount !== undefined && { deletedAtSyncCount: dataset.deletedAtSyncCount }),
      exists: true,
      createdAt: dataset?.exists ? dataset.createdAt : command.at,
      lastModifiedAt: command.at,
      lastModifiedBy: command.modifiedBy,
      ...size,
      spentSessions: spendSession(dataset?.spentSessions ?? [], command.session, command.at),
    },
  };
}

export type UpdateConflict = Extract<UpdateRecordsOutcome, { kind: 'conflict' }>;

/** The first patch, in their order, that is stale against these records. */
export function firstConflict(
  records: ReadonlyMap<string, StoredRecord>,
  patches: readonly Patch[],
): UpdateConflict | undefined {
  for (const { key, syncCount } of patches) {
    const stored = records.get(key)?.syncCount;
    if (stored !== undefined && stored > syncCount) {
      return { kind: 'conflict', key, stored, sent: syncCount };
    }
  }
  return undefined;
}

function deletedSinceDecision(
  { dataset }: DatasetState,
  { patches, decidedAtSyncCount }: UpdateRecordsCommand,
): UpdateConflict | undefined {
  const [first] = patches;
  const deletedAt = dataset?.deletedAtSyncCount;
  if (!first || decidedAtSyncCount === undefined || deletedAt === undefined) return undefined;
  if (deletedAt <= decidedAtSyncCount) return undefined;
  return { kind: 'conflict', key: first.key, stored: deletedAt, sent: first.syncCount };
}

function patchedRecord(patch: Patch, syncCount: number, command: UpdateRecordsCommand): StoredRecord {
  return {
    key: patch.key,
    ...(patch.value !== undefined && { value: patch.value }),
    syncCount,
    lastModifiedAt: command.at,
    lastModifiedBy: command.modifiedBy,
    deviceLastModifiedAt: patch.deviceLastModifiedAt ?? command.at,
  };
}

const isLive = (record: StoredRecord) => (record.value === undefined ? 0 : 1);
const isTombstone = (record: StoredRecord) => (record.value === undefined ? 1 : 0);

/** How much more the records weigh than what they replace. */
function growth(
  state: DatasetState,
  records: readonly StoredRecord[],
  weight: (record: StoredRecord) => number,
): number {
  let total = 0;
  for (const record of records) {
    const before = state.records.get(record.key);
    total += weight(record) - (before ? weight(before) : 0);
  }
  return total;
}

type Size = Pick<Dataset, 'recordCount' | 'tombstoneCount' | 'storageBytes'>;
type QuotaExceeded = Extract<UpdateRecordsOutcome, { kind: 'quotaExceeded' }>;

/** A dataset that is over a quota already (the quota was lowered, or a merge filled it) may still shrink. */
function firstExceededQuota(state: DatasetState, quotas: Quotas, size: Size): QuotaExceeded | undefined {
  const { dataset } = state;
  if (!dataset?.exists && state.datasetCount >= quotas.datasetsPerIdentity) {
    return exceeded('datasetsPerIdentity', quotas.datasetsPerIdentity);
  }
  const grows = (what: keyof Size, limit: number) =>
    size[what] > limit && size[what] > (dataset?.[what] ?? 0);
  if (grows('recordCount', quotas.recordsPerDataset)) {
    return exceeded('recordsPerDataset', quotas.recordsPerDataset);
  }
  if (grows('storageBytes', quotas.bytesPerDataset)) {
    return exceeded('bytesPerDataset', quotas.bytesPerDataset);
  }
  const tombstones = mostTombstones(quotas);
  return grows('tombstoneCount', tombstones) ? exceeded('tombstonesPerDataset', tombstones) : undefined;
}

function exceeded(quota: ExceededQuota, limit: number): QuotaExceeded {
  return { kind: 'quotaExceeded', quota, limit };
}
