import type { DatasetOptions } from './dataset-options.ts';
import type { DatasetView } from './dataset-view.ts';
import type { KeptConflict, KeptRecord } from './local-store.ts';
import type { Decision, RemoteRecord } from './record-rules.ts';
import type { Replica } from './replica.ts';
import type { Conflict, Resolution } from './resolvers.ts';
import type { Judge, RemoteDeletion } from './sync/effects.ts';
import { SyncError } from './sync-error.ts';
import type { ValueReader } from './value-reader.ts';

/** Puts the texts of a conflict before the app's resolver as values, and its answer back into texts. */
export class DatasetJudge implements Judge {
  readonly #dataset: string;
  readonly #options: DatasetOptions;
  readonly #reader: ValueReader;
  readonly #view: DatasetView;

  constructor(dataset: string, options: DatasetOptions, reader: ValueReader, view: DatasetView) {
    this.#dataset = dataset;
    this.#options = options;
    this.#reader = reader;
    this.#view = view;
  }

  mustAsk({ key }: KeptRecord): boolean {
    return this.#reader.resolver(this.#view.keyOf(key)).evenWhenEqual ?? false;
  }

  /** @throws SyncError `INVALID` when the resolver fails: the sync then changes nothing */
  async decide(record: KeptRecord, remote: RemoteRecord, from?: string): Promise<Decision> {
    let conflict: Conflict;
    try {
      conflict = await conflictOf(this.#dataset, this.#reader, record, { ...remote, ...(from && { from }) });
    } catch {
      // Of another version of the app, or another key: both sides stay until somebody can read them.
      return { use: 'defer', isUnreadable: true };
    }
    const unedited = uneditedSide(record, conflict);
    if (unedited) return { use: unedited === 'local' ? 'remote' : 'local' };
    const resolver = this.#reader.resolver(conflict.key);
    if (!resolver.evenWhenEqual && isEqual(conflict.local.value, conflict.remote.value))
      return { use: 'remote' };
    let resolution: Resolution;
    try {
      resolution = await resolver(conflict);
    } catch (cause) {
      if (cause instanceof SyncError) throw cause;
      const message = `The resolver of '${conflict.key}' in '${this.#dataset}' failed: ${(cause as Error)?.message}`;
      throw new SyncError('INVALID', message, { cause, dataset: this.#dataset, key: conflict.key });
    }
    if (resolution.use !== 'value') return resolution;
    if (resolution.value === undefined) return { use: 'value', value: null };
    const { text } = await this.#reader.write(conflict.key, resolution.value);
    return { use: 'value', value: text };
  }

  async remoteDeletion(): Promise<RemoteDeletion> {
    const { onRemoteDelete = 'keep-edits' } = this.#options;
    return typeof onRemoteDelete === 'function' ? onRemoteDelete() : onRemoteDelete;
  }
}

/** The conflicts of a replica that wait for a decision. */
export async function conflictsOf(replica: Replica, reader: ValueReader): Promise<readonly Conflict[]> {
  const deferred = [...replica.records.values()].filter((record) => record.conflict);
  // Those of which a side cannot be read cannot be shown.
  const read = await Promise.allSettled(deferred.map((record) => conflictOf(replica.name, reader, record)));
  return read.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
}

/** Whether nothing has changed on either side. */
export function isSameConflict(one: Conflict, other: Conflict): boolean {
  return isEqual(one, other);
}

/** `remote`: of the record's own conflict when absent. */
export async function conflictOf(
  dataset: string,
  reader: ValueReader,
  record: KeptRecord,
  remote: Omit<RemoteRecord, 'key'> & { readonly from?: string } = record.conflict as KeptConflict,
): Promise<Conflict> {
  let key: string | undefined;
  const valueIn = async (text: string | null) => {
    if (text === null) return undefined;
    const reading = await reader.read(record.key, text);
    if ('error' in reading) throw reading.error;
    key = reading.key;
    return reading.value;
  };
  const local = await valueIn(record.value);
  const remoteValue = await valueIn(remote.value);
  const base = await valueIn(record.base);
  const { changedAt, deviceChangedAt, changedBy, syncCount, from } = remote;
  return {
    dataset,
    key: key ?? record.key,
    base,
    local: { value: local, changedAt: record.changedAt },
    remote: {
      value: remoteValue,
      changedAt,
      syncCount,
      ...(deviceChangedAt !== undefined && { deviceChangedAt }),
      ...(changedBy !== undefined && { changedBy }),
      ...(from !== undefined && { from }),
    },
  };
}

/**
 * The side whose text is another than that of the base and means the same: a codec has written it anew, and nobody has
 * edited it. After an update whose answer is not known, what means the same may be an edit back.
 */
function uneditedSide(record: KeptRecord, { base, local, remote }: Conflict): 'local' | 'remote' | undefined {
  if (record.base === null) return undefined;
  if (record.value !== record.base && !record.sent && isEqual(local.value, base)) return 'local';
  return isEqual(remote.value, base) ? 'remote' : undefined;
}

/** Two texts may have the same meaning: ciphertexts, or JSON with other spaces. */
function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
