import type { Conflict, Resolution } from '../resolvers.ts';
import type { SyncError } from '../sync-error.ts';
import type { TextDataset } from './questions.ts';
import type { LegacyRecord } from './record.ts';

/**
 * Takes records as decisions about conflicts, and what is modified besides as edits. A decision about values that have
 * changed since is not taken: the next synchronization asks again.
 *
 * @throws SyncError `INVALID`, `QUOTA`, `STORE`
 */
export async function resolved(core: TextDataset, records: readonly LegacyRecord[]): Promise<true> {
  const conflicts = new Map((await core.conflicts()).map((conflict) => [conflict.key, conflict]));
  const edits: LegacyRecord[] = [];
  for (const record of records) {
    const open = conflicts.get(record.key);
    const isAbout = open?.remote.syncCount === record.syncCount;
    const about = record.answers ?? (isAbout ? open : undefined);
    if (about) await decided(core, record, about);
    else if (!open && record.modified) edits.push(record);
  }
  await core.transact((transaction) => {
    for (const { key, value } of edits) {
      if (value === null) transaction.remove(key);
      else transaction.set(key, value);
    }
  });
  return true;
}

async function decided(core: TextDataset, record: LegacyRecord, about: Conflict<string>): Promise<void> {
  try {
    await core.resolveConflict(record.key, decision(record, about), about);
  } catch (error) {
    if (!['CONFLICT', 'NOT_FOUND'].includes((error as SyncError).code)) throw error;
  }
}

function decision(record: LegacyRecord, { local, remote }: Conflict<string>): Resolution<string> {
  const value = record.value ?? undefined;
  if (value === remote.value) return { use: 'remote' };
  return value === local.value ? { use: 'local' } : { use: 'value', value };
}
