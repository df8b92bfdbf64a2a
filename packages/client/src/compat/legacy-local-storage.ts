import type { DatasetHead, KeptRecord, Owner } from '../local-store.ts';
import type { LegacyStorage } from './import-local-storage.ts';
import type { LegacyRecordData } from './record.ts';

export interface LegacyKeptDataset {
  readonly storageKey: string;
  readonly owner: Owner;
  readonly head: Omit<DatasetHead, 'revision'>;
  readonly records: readonly KeptRecord[];
}

/** Something in the local storage that was not as amazon-cognito-js writes it. */
export interface Problem {
  /** Of `localStorage`. */
  readonly storageKey: string;
  /** Of the record; absent when it is about the dataset. */
  readonly key?: string;
  readonly message: string;
}

interface Metadata {
  readonly DatasetName?: unknown;
  readonly LastSyncCount?: unknown;
}

type Json = Readonly<Record<string, unknown>>;

const metadataKey = '_internal._metadata';
/** An identity id, a dot, and a dataset's name, which may have dots and colons too. */
const datasetKeyForm = /^([\w-]+:[0-9a-f-]{36})\.([a-zA-Z0-9_.:-]{1,128})$/;

/** What amazon-cognito-js has kept, in our terms, and what of it makes no sense. */
export function readLegacyDatasets(
  storage: LegacyStorage,
  now: () => number,
): { readonly datasets: readonly LegacyKeptDataset[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const report = (storageKey: string, message: string, key?: string) =>
    problems.push({ storageKey, message, ...(key !== undefined && { key }) });
  const metadata = readMetadata(storage, report);
  const found = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '');
  const datasets: LegacyKeptDataset[] = [];
  // Datasets without metadata too: tabs overwrite each other's.
  for (const storageKey of new Set([...metadata.keys(), ...found])) {
    const [, owner, name] = datasetKeyForm.exec(storageKey) ?? [];
    if (owner === undefined || name === undefined) continue;
    const content = readJson(storage, storageKey, report);
    // Metadata may be there before there is any record; it says nothing then, unless the dataset was deleted.
    const count = metadata.get(storageKey) ?? 0;
    if (content === undefined && count !== -1) continue;
    const records = Object.entries(content ?? {}).flatMap(([key, data]) => {
      const record = readRecord(key, data, now, (message) => report(storageKey, message, key));
      return record ? [record] : [];
    });
    const head = { name, syncCount: Math.max(0, count), ...(count === -1 && { deletion: true as const }) };
    datasets.push({ storageKey, owner, head, records });
  }
  return { datasets, problems };
}

type Report = (storageKey: string, message: string) => void;

/**
 * Bookmarks by the storage key of the dataset. The library may have written one user's metadata under another's id as well:
 * of several the lowest is right, as reading something again does no harm.
 */
function readMetadata(storage: LegacyStorage, report: Report): Map<string, number> {
  const counts = new Map<string, number>();
  for (const entries of Object.values(readJson(storage, metadataKey, report) ?? {})) {
    if (!isObject(entries)) continue;
    for (const [storageKey, entry] of Object.entries(entries)) {
      const { LastSyncCount: count = 0 } = (isObject(entry) ? entry : {}) as Metadata;
      if (!Number.isSafeInteger(count) || (count as number) < -1) {
        report(storageKey, `its bookmark is '${count}': everything will be read again`);
        counts.set(storageKey, 0);
      } else
        counts.set(storageKey, Math.min(counts.get(storageKey) ?? Number.POSITIVE_INFINITY, count as number));
    }
  }
  return counts;
}

function readRecord(
  key: string,
  data: unknown,
  now: () => number,
  report: (message: string) => void,
): KeptRecord | undefined {
  if (!isObject(data) || key === '') {
    report('it is no record, and was left out');
    return undefined;
  }
  const { Value, SyncCount, Modified, DeviceLastModifiedDate, LastModifiedDate } = data as LegacyRecordData;
  const syncCount = Number.isSafeInteger(SyncCount) && Number(SyncCount) > 0 ? Number(SyncCount) : 0;
  const value = textOf(Value, report);
  const changedAt = [DeviceLastModifiedDate, LastModifiedDate]
    .map((date) => Date.parse(`${date}`))
    .find((time) => !Number.isNaN(time));
  return {
    key,
    value,
    base: Modified ? unknownBase(value, syncCount) : value,
    syncCount,
    changedAt: changedAt ?? now(),
  };
}

/** The library keeps a removed record as '' or null, and sends '' as a removal. */
function textOf(value: unknown, report: (message: string) => void): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string') return value;
  report('its value is no string, which the service would refuse: it is its JSON now');
  return JSON.stringify(value);
}

/**
 * What the service had before the change: the library has overwritten it. The empty text differs from every value that
 * waits to be sent, and from what others may have written since, so that the app is asked about those.
 */
function unknownBase(value: string | null, syncCount: number): string | null {
  return syncCount > 0 || value === null ? '' : null;
}

function readJson(storage: LegacyStorage, storageKey: string, report: Report): Json | undefined {
  const text = storage.getItem(storageKey);
  if (text === null) return undefined;
  try {
    const content: unknown = JSON.parse(text);
    if (isObject(content)) return content;
  } catch {
    // Told below.
  }
  report(storageKey, 'it is not what amazon-cognito-js writes, and was left alone');
  return undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
