import type { KeptRecord, LocalStore } from '../local-store.ts';
import { rememberIdentity } from '../session.ts';
import { type Problem, readLegacyDatasets } from './legacy-local-storage.ts';

/** `localStorage`, or what looks like it. */
export type LegacyStorage = Pick<Storage, 'length' | 'key' | 'getItem' | 'removeItem'>;

/** What `importLegacyLocalStorage` is told. */
export interface LegacyImportOptions {
  /** The guest whom the AWS SDK knew on this device stays the same: without it a new guest would not see the data. */
  readonly identityPoolId?: string;
  /** Removes what was taken over, each dataset once the store has it. Default: false. */
  readonly removesOriginals?: boolean;
  readonly now?: () => number;
}

/** What an import took over. */
export interface LegacyImport {
  readonly datasets: number;
  readonly records: number;
  /** Of the records, those that wait to be sent. */
  readonly dirty: number;
  /** Storage keys of datasets that were left alone, as they were imported before or exist already. */
  readonly skipped: readonly string[];
  /** What could not be taken over, or not as it was. */
  readonly problems: readonly Problem[];
}

/** Which datasets were imported: once is enough, also when they have been erased since. */
const importedNote = 'imported-from-amazon-cognito-js';

/**
 * Takes over the datasets that amazon-cognito-js keeps in `localStorage`, with bookmarks and unsent changes. To be called
 * before a client uses the store. Each dataset is taken over at once or not at all; calling it again does no harm.
 *
 * @throws SyncError `STORE`
 */
export async function importLegacyLocalStorage(
  store: LocalStore,
  storage: LegacyStorage,
  options: LegacyImportOptions = {},
): Promise<LegacyImport> {
  const { identityPoolId, removesOriginals = false, now = Date.now } = options;
  const { datasets, problems } = readLegacyDatasets(storage, now);
  const imported = new Set((await store.note(importedNote))?.split('\n'));
  const done: { readonly records: readonly KeptRecord[] }[] = [];
  const skipped: string[] = [];
  if (identityPoolId !== undefined) await adoptGuest(store, storage, identityPoolId);
  for (const { storageKey, owner, head, records } of datasets) {
    const revision = Math.max(1, now());
    const change = {
      owner,
      dataset: head.name,
      expected: 0,
      head: { ...head, revision },
      put: records,
      erase: [],
    };
    const isDone = !imported.has(storageKey) && (await store.commit([change]));
    if (isDone) done.push({ records });
    else skipped.push(storageKey);
    if (!imported.has(storageKey)) {
      imported.add(storageKey);
      await store.setNote(importedNote, [...imported].join('\n'));
    }
    if (isDone && removesOriginals) storage.removeItem(storageKey);
  }
  const all = done.flatMap(({ records }) => records);
  return {
    datasets: done.length,
    records: all.length,
    dirty: all.filter(({ value, base }) => value !== base).length,
    skipped,
    problems,
  };
}

/** Unless somebody uses the store already. */
async function adoptGuest(store: LocalStore, storage: LegacyStorage, identityPoolId: string): Promise<void> {
  const identityId = storage.getItem(`aws.cognito.identity-id.${identityPoolId}`);
  const logins = storage.getItem(`aws.cognito.identity-providers.${identityPoolId}`);
  if (identityId && !logins) await rememberIdentity(store, { identityId, identityPoolId, guest: true });
}
