import type { DatasetChange, DatasetHead, KeptConflict, KeptRecord } from '../local-store.ts';
import { SyncError } from '../sync-error.ts';

/**
 * Rows come back from a device that may have damaged them, so they are checked: a damaged row must neither pass for data
 * nor for absence.
 *
 * @throws SyncError `STORE` that names the dataset
 */
export function readHead(row: unknown, dataset: string): DatasetHead {
  if (isHead(row) && row.name === dataset) return row;
  throw new SyncError('STORE', `The dataset "${dataset}" is damaged on this device.`, { dataset });
}

/** @throws SyncError `STORE` that names the dataset and the key */
export function readRecord(row: unknown, dataset: string, key: string): KeptRecord {
  if (isRecord(row) && row.key === key) return row;
  const message = `The record "${key}" of the dataset "${dataset}" is damaged on this device.`;
  throw new SyncError('STORE', message, { dataset, key });
}

/** @throws SyncError `STORE` that names the note */
export function readNote(row: unknown, name: string): string | undefined {
  if (row === undefined || isText(row)) return row;
  throw new SyncError('STORE', `The note "${name}" is damaged on this device.`);
}

/** What `text` says as JSON; undefined when it is none, which no check lets pass. */
export function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Whether a change was made against the head that is kept; `row` is undefined when none is. A head that is damaged has no
 * revision to expect: such a dataset is erased by a change that expects nothing, and accepts no other.
 *
 * @throws SyncError `STORE` when the head is damaged
 */
export function isExpected(row: unknown, { dataset, expected, head }: DatasetChange): boolean {
  if (row === undefined) return expected === 0;
  if (expected === 0 && head === undefined && !isHead(row)) return true;
  return readHead(row, dataset).revision === expected;
}

export function closedStore(): SyncError {
  return new SyncError('STORE', 'This store was closed. Open another one.');
}

function isHead(row: unknown): row is DatasetHead {
  const head = row as Partial<DatasetHead> | null | undefined;
  return (
    isText(head?.name) &&
    isNumber(head.revision) &&
    isNumber(head.syncCount) &&
    (head.deletion === undefined || head.deletion === true) &&
    (head.folded === undefined || (Array.isArray(head.folded) && head.folded.every(isText))) &&
    (head.movedTo === undefined || isText(head.movedTo)) &&
    (head.syncedAt === undefined || isNumber(head.syncedAt))
  );
}

function isRecord(row: unknown): row is KeptRecord {
  const record = row as Partial<KeptRecord> | null | undefined;
  return (
    isText(record?.key) &&
    isTextOrNull(record.base) &&
    isNumber(record.syncCount) &&
    isValueAndTime(record) &&
    (record.sent === undefined || isValueAndTime(record.sent)) &&
    (record.conflict === undefined || isConflict(record.conflict))
  );
}

function isConflict(conflict: Partial<KeptConflict> | null): boolean {
  return (
    isValueAndTime(conflict) &&
    isNumber(conflict?.syncCount) &&
    (conflict.deviceChangedAt === undefined || isNumber(conflict.deviceChangedAt)) &&
    (conflict.changedBy === undefined || isText(conflict.changedBy)) &&
    (conflict.from === undefined || isText(conflict.from))
  );
}

function isValueAndTime(part: { readonly value?: unknown; readonly changedAt?: unknown } | null): boolean {
  return isTextOrNull(part?.value) && isNumber(part?.changedAt);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTextOrNull(value: unknown): boolean {
  return value === null || isText(value);
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}
