import type { StoredRecord } from './dataset.ts';
import type { Patch } from './update-records.ts';

/** Version 2 of the event, exactly as functions get it. */
export interface SyncTriggerEvent {
  readonly version: 2;
  readonly eventType: 'SyncTrigger';
  readonly region: string;
  readonly identityPoolId: string;
  readonly identityId: string;
  readonly datasetName: string;
  /** Every record of the dataset, touched or not. */
  readonly datasetRecords: Readonly<Record<string, TriggerRecord>>;
}

export interface TriggerRecord {
  readonly oldValue: string | null;
  readonly newValue: string | null;
  readonly op: 'replace' | 'remove';
}

/** How long a function may take. The original's figure, which cannot be changed there either. */
export const syncTriggerTimeoutMs = 5_000;

/** What the function and the rules about its answer look at. */
export interface TriggerState {
  /** All records of the dataset, tombstones included. */
  readonly records: ReadonlyMap<string, StoredRecord>;
  /** What the user asks for; no key twice. */
  readonly patches: readonly Patch[];
}

type About = Omit<SyncTriggerEvent, 'version' | 'eventType' | 'datasetRecords'>;

export function syncTriggerEvent(about: About, { records, patches }: TriggerState): SyncTriggerEvent {
  const entries = new Map<string, TriggerRecord>();
  for (const { key, value } of records.values()) {
    if (value !== undefined) entries.set(key, { oldValue: value, newValue: value, op: 'replace' });
  }
  for (const { key, value } of patches) {
    const oldValue = records.get(key)?.value ?? null;
    entries.set(key, { oldValue, newValue: value ?? null, op: value === undefined ? 'remove' : 'replace' });
  }
  return {
    version: 2,
    eventType: 'SyncTrigger',
    region: about.region,
    identityPoolId: about.identityPoolId,
    identityId: about.identityId,
    datasetName: about.datasetName,
    // fromEntries defines own properties, so that a key like `__proto__` stays a key.
    datasetRecords: Object.fromEntries(entries),
  };
}

export type JudgedAnswer =
  /** First what became of the user's patches, in their order, then the function's own changes in the order of its answer. */
  | { readonly kind: 'valid'; readonly patches: readonly Patch[] }
  | { readonly kind: 'invalid'; readonly reason: string };

/**
 * What a function's answer asks for.
 *
 * - A record that the user changed is written with the value that the answer has for it. Where the answer omits it, the
 *   user's change is dropped.
 * - Any other record is written if the answer has another value for it than is stored. Where the answer omits it, it
 *   stays as it is.
 * - What is written has the sync count that was read, not the user's: who changes it meanwhile makes this a conflict,
 *   and a higher count, which a user may send for any key, does not get past what the function saw.
 * - `op` remove, or no `newValue`, removes.
 * - An `oldValue` of a record in the event has to come back as it was, or not at all. Of any other it means nothing.
 * - Whatever is beside `datasetRecords` has to come back as it was. Members that the event does not have are ignored.
 *
 * Limits of keys and values are not looked at: patches have them, wherever they come from.
 */
export function judgeAnswer(event: SyncTriggerEvent, answer: unknown, state: TriggerState): JudgedAnswer {
  if (!isObject(answer)) return invalid('it is not an object');
  const { datasetRecords: sentRecords, ...readOnly } = event;
  for (const [name, value] of Object.entries(readOnly)) {
    if (!Object.hasOwn(answer, name)) return invalid(`${name} is missing`);
    if (answer[name] !== value) return invalid(`${name} was changed`);
  }
  const { datasetRecords } = answer;
  if (!isObject(datasetRecords)) return invalid('datasetRecords is not an object');
  const values = new Map<string, string | undefined>();
  for (const [key, record] of Object.entries(datasetRecords)) {
    const read = readRecord(record);
    if ('fault' in read) return invalid(`the record '${shown(key)}' ${read.fault}`);
    if (changesOldValue(record, sentRecords, key)) {
      return invalid(`the oldValue of the record '${shown(key)}' was changed`);
    }
    values.set(key, read.value);
  }
  return { kind: 'valid', patches: [...keptPatches(state, values), ...ownChanges(state, values)] };
}

/**
 * What a request is answered: each patch that the user sent, in order, with what is stored for it now, and then what the
 * function changed by itself. Clients hang when a key that they sent is not answered, so a dropped change is answered with
 * the record as it is, and as a removed one at `syncCount` where there is none.
 *
 * @param written the records of the accepted patches
 */
export function answeredRecords(
  { records, patches }: TriggerState,
  written: readonly StoredRecord[],
  missing: Omit<StoredRecord, 'key' | 'value'>,
): readonly StoredRecord[] {
  const byKey = new Map(written.map((record) => [record.key, record]));
  const sent = new Set(patches.map(({ key }) => key));
  return [
    ...patches.map(({ key }) => byKey.get(key) ?? records.get(key) ?? { ...missing, key }),
    ...written.filter(({ key }) => !sent.has(key)),
  ];
}

function keptPatches({ records, patches }: TriggerState, values: ReadonlyMap<string, string | undefined>) {
  return patches
    .filter(({ key }) => values.has(key))
    .map((patch) => {
      const syncCount = records.get(patch.key)?.syncCount ?? 0;
      return withValue({ ...patch, syncCount }, values.get(patch.key));
    });
}

function ownChanges({ records, patches }: TriggerState, values: ReadonlyMap<string, string | undefined>) {
  const sent = new Set(patches.map(({ key }) => key));
  const changes: Patch[] = [];
  for (const [key, value] of values) {
    const stored = records.get(key);
    if (sent.has(key) || stored?.value === value) continue;
    changes.push(withValue({ key, syncCount: stored?.syncCount ?? 0 }, value));
  }
  return changes;
}

function withValue({ value: _, ...patch }: Patch, value: string | undefined): Patch {
  return value === undefined ? patch : { ...patch, value };
}

function readRecord(record: unknown): { readonly value: string | undefined } | { readonly fault: string } {
  if (!isObject(record)) return { fault: 'is not an object' };
  const { op, newValue } = record;
  if (op === 'remove') return { value: undefined };
  if (op !== 'replace') return { fault: 'has an op that is neither replace nor remove' };
  if (newValue === null || newValue === undefined) return { value: undefined };
  return typeof newValue === 'string' ? { value: newValue } : { fault: 'has a newValue that is not a text' };
}

function changesOldValue(
  record: unknown,
  sentRecords: SyncTriggerEvent['datasetRecords'],
  key: string,
): boolean {
  if (!isObject(record) || !Object.hasOwn(sentRecords, key)) return false;
  return record.oldValue !== undefined && record.oldValue !== sentRecords[key]?.oldValue;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(reason: string): JudgedAnswer {
  return { kind: 'invalid', reason };
}

const mostCharactersShown = 64;

function shown(key: string): string {
  return key.length > mostCharactersShown ? `${key.slice(0, mostCharactersShown)}…` : key;
}
