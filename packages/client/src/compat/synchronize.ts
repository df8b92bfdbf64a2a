import { isDirty } from '../record-rules.ts';
import type { SyncError } from '../sync-error.ts';
import { type LegacyConflict, legacyConflict } from './conflict.ts';
import type { LegacyDataset } from './dataset.ts';
import { failure } from './failure.ts';
import { type Consent, Question, type TextDataset } from './questions.ts';
import type { LegacyRecord } from './record.ts';

type Answer = (goesOn: boolean) => void;

/** Without one that asks, the answer is no. */
export interface SynchronizeCallbacks {
  onSuccess?(dataset: LegacyDataset, newRecords: readonly LegacyRecord[]): void;
  onFailure?(error: Error): void;
  onConflict?(dataset: LegacyDataset, conflicts: LegacyConflict[], callback: Answer): void;
  onDatasetDeleted?(dataset: LegacyDataset, name: string, callback: Answer): void;
  onDatasetsMerged?(dataset: LegacyDataset, names: string[], callback: Answer): void;
  /** The same as `onDatasetsMerged`, under the name that Amazon's documentation gave it. */
  onDatasetMerged?(dataset: LegacyDataset, names: string[], callback: Answer): void;
}

export interface Synchronization {
  readonly dataset: LegacyDataset;
  readonly core: TextDataset;
  readonly consent: Consent;
  readonly callbacks: SynchronizeCallbacks;
  readonly retries: number;
  readonly log: (message: string) => void;
}

/**
 * Synchronises until nothing is left to ask.
 *
 * @returns keys of records that were changed here because they were changed elsewhere
 * @throws SyncError `ABORTED` when the app said no; `CONFLICT` when it had to be asked too often
 */
export async function synchronized(job: Synchronization): Promise<ReadonlySet<string>> {
  const { core, consent, callbacks, retries, log } = job;
  const dataset = core.name;
  const pulled = new Set<string>();
  for (let left = retries; left >= 0; left -= 1) {
    log(`Synchronising '${dataset}': ${left} retries left.`);
    try {
      const { pulled: changes, overruled } = await core.sync();
      for (const keys of [changes.added, changes.updated, changes.removed, overruled]) {
        for (const key of keys) pulled.add(key);
      }
    } catch (error) {
      if (!(error instanceof Question)) throw error;
      const { merged } = error;
      if (merged) await ask(job, callbacks.onDatasetsMerged ?? callbacks.onDatasetMerged, [...merged], error);
      else await ask(job, callbacks.onDatasetDeleted, core.name, error);
      consent.give(error);
      continue;
    }
    const conflicts = await core.conflicts();
    if (conflicts.length === 0) return pulled;
    const refusal = failure('ABORTED', dataset, 'Conflicts were left unresolved');
    await ask(job, callbacks.onConflict, conflicts.map(legacyConflict), refusal);
    for (const { key } of conflicts) {
      const record = core.replica?.records.get(key);
      if (record && !record.conflict && !isDirty(record)) pulled.add(key);
    }
  }
  throw failure('CONFLICT', dataset, `There was still something to ask after ${retries} retries`);
}

async function ask<Subject>(
  { dataset, callbacks }: Synchronization,
  handler: ((dataset: LegacyDataset, subject: Subject, callback: Answer) => void) | undefined,
  subject: Subject,
  refusal: SyncError,
): Promise<void> {
  const goesOn = await new Promise<boolean>((answer, fail) => {
    // An asynchronous handler that fails would never answer.
    if (handler) Promise.resolve(handler.call(callbacks, dataset, subject, answer)).catch(fail);
    else answer(false);
  });
  if (!goesOn) throw refusal;
}
