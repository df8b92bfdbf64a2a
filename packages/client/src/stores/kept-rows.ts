import type { DatasetChange, DatasetHead, KeptConflict, KeptRecord } from '../local-store.ts';
import { SyncError } from '../sync-error.ts';

/**
 * Rows come back from a device that may have damaged them, so they are checked: a damaged row must neither pass for data
 * nor for absence.
 *
 * @throws SyncError `STORE` that names the dataset
 */
export function readHead(row: unknown, dataset: string): DatasetHead {
  const head = row as DatasetHead;
  if (isHead(row) && head.name === dataset) return head;
  throw new SyncError('STORE', `The dataset "${dataset}" is damaged on this device.`, { dataset });
}

/** @throws SyncError `STORE` that names the dataset and the key */
export function readRecord(row: unknown, dataset: string, key: string): KeptRecord {
  const record = row as KeptRecord;
  if (isRecord(row) && record.key === key) return record;
  const message = `The record "${key}" of the dataset "${dataset}" is damaged on this device.`;
  throw new SyncError('STORE', message, { dataset, key });
}

/** @throws SyncError `STORE` that names the note */
export function readNote(row: unknown, name: string): string | undefined {
  if (isAbsentOr(isText)(row)) return row as string | undefined;
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

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isTextOrNull: Check = (value) => value === null || isText(value);
const isNumber: Check = (value) => Number.isFinite(value);
const isAbsentOr =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const isObjectOf =
  (members: Readonly<Record<string, Check>>): Check =>
  (value) =>
    Object(value) === value &&
    Object.entries(members).every(([name, check]) => check((value as Record<string, unknown>)[name]));

const isHead: Check = isObjectOf({
  name: isText,
  revision: isNumber,
  syncCount: isNumber,
  deletion: isAbsentOr((value) => value === true),
  sent: isAbsentOr(isObjectOf({ token: isText, openedAt: isNumber })),
  folded: isAbsentOr((value) => Array.isArray(value) && value.every(isText)),
  syncedAt: isAbsentOr(isNumber),
} satisfies Record<keyof DatasetHead, Check>);

const valueAndTime = { value: isTextOrNull, changedAt: isNumber };

const isRecord: Check = isObjectOf({
  ...valueAndTime,
  key: isText,
  base: isTextOrNull,
  syncCount: isNumber,
  from: isAbsentOr(isText),
  sent: isAbsentOr(isObjectOf(valueAndTime)),
  conflict: isAbsentOr(
    isObjectOf({
      ...valueAndTime,
      syncCount: isNumber,
      deviceChangedAt: isAbsentOr(isNumber),
      changedBy: isAbsentOr(isText),
      isUnreadable: isAbsentOr((value) => value === true),
      from: isAbsentOr(isText),
    } satisfies Record<keyof KeptConflict, Check>),
  ),
} satisfies Record<keyof KeptRecord, Check>);
