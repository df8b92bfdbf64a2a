import type { Edit, Replica } from './replica.ts';
import { SyncError } from './sync-error.ts';
import { utf8Bytes } from './utf8.ts';

/** What the service allows. */
export interface Limits {
  readonly recordsPerDataset: number;
  /** UTF-8 bytes of keys and values. */
  readonly bytesPerDataset: number;
  /** Characters of a key. */
  readonly keyLength: number;
  /** Characters of a value. */
  readonly valueLength: number;
}

/** Those of the original. */
export const defaultLimits: Limits = {
  recordsPerDataset: 1024,
  bytesPerDataset: 1_048_576,
  keyLength: 1024,
  valueLength: 1_048_575,
};

const datasetNameForm = /^[a-zA-Z0-9_.:-]{1,128}$/;

/** @throws SyncError `INVALID` */
export function checkDatasetName(name: string): void {
  if (datasetNameForm.test(name)) return;
  const message = `'${name}' is no name for a dataset: 1 to 128 letters, digits, '_', '.', ':' or '-'.`;
  throw new SyncError('INVALID', message, { dataset: name });
}

/** Refuses, before anything is stored, what the service would refuse later. @throws SyncError `QUOTA`, `INVALID` */
export function checkEdits(replica: Replica, edits: readonly Edit[], limits: Limits): void {
  const dataset = replica.name;
  let { bytes, records } = replica.usage;
  const before = { bytes, records };
  for (const { key, value } of edits) {
    if (key === '' || key.length > limits.keyLength) {
      const message = `A key in '${dataset}' has ${key.length} characters: from 1 to ${limits.keyLength} are allowed.`;
      throw new SyncError('INVALID', message, { dataset, key });
    }
    if ((value?.length ?? 0) > limits.valueLength) {
      const message = `The value of '${key}' in '${dataset}' has more than ${limits.valueLength} characters.`;
      throw new SyncError('QUOTA', message, { dataset, key });
    }
    if (!`${key}${value ?? ''}`.isWellFormed()) {
      throw new SyncError('INVALID', `'${key}' in '${dataset}' has half of a surrogate pair.`, {
        dataset,
        key,
      });
    }
    const old = replica.records.get(key)?.value ?? null;
    bytes += size(key, value) - size(key, old);
    records += Number(value !== null) - Number(old !== null);
  }
  if (records > limits.recordsPerDataset && records > before.records) {
    const message = `'${dataset}' would have ${records} records: at most ${limits.recordsPerDataset} are allowed.`;
    throw new SyncError('QUOTA', message, { dataset, ...onlyKey(edits) });
  }
  if (bytes > limits.bytesPerDataset && bytes > before.bytes) {
    const message = `'${dataset}' would have ${bytes} bytes: at most ${limits.bytesPerDataset} are allowed.`;
    throw new SyncError('QUOTA', message, { dataset, ...onlyKey(edits) });
  }
}

function size(key: string, value: string | null): number {
  return value === null ? 0 : utf8Bytes(key) + utf8Bytes(value);
}

function onlyKey(edits: readonly Edit[]): { key?: string } {
  const [edit] = edits;
  return edit && edits.length === 1 ? { key: edit.key } : {};
}
