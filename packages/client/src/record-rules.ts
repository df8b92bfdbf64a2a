import type { KeptConflict, KeptRecord } from './local-store.ts';

/*
 * What happens to one record, as pure functions. SPEC.md numbers the rules (R1…) and says why each is there.
 */

/** A record as the service has it. */
export interface RemoteRecord {
  readonly key: string;
  /** Null for a tombstone. */
  readonly value: string | null;
  readonly syncCount: number;
  /** When the service stored it, epoch milliseconds. */
  readonly changedAt: number;
  /** When the device says it was changed, epoch milliseconds. */
  readonly deviceChangedAt?: number;
  readonly changedBy?: string;
}

/** What came of a remote record that met the one kept here. */
export type Reception =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'keep'; readonly record: KeptRecord }
  | { readonly kind: 'conflict' };

/** What a resolver decided, in the text of the wire. */
export type Decision =
  | { readonly use: 'local' }
  | { readonly use: 'remote' }
  | { readonly use: 'value'; readonly value: string | null }
  | { readonly use: 'defer'; readonly isUnreadable?: true };

export const isDirty = (record: KeptRecord): boolean => record.value !== record.base;

/** Dirty, and there is nothing to wait for. */
export const isReady = (record: KeptRecord): boolean => isDirty(record) && !record.conflict && !record.from;

/** R1: a local edit. Undefined when nothing is left to keep: a record the service never heard of was removed again. */
export function edited(
  record: KeptRecord | undefined,
  key: string,
  value: string | null,
  changedAt: number,
): KeptRecord | undefined {
  if (!record) return value === null ? undefined : { key, value, base: null, syncCount: 0, changedAt };
  if (record.value === value) return record;
  const next = { ...record, value, changedAt };
  const { base, syncCount, sent, conflict } = next;
  const isNothing = value === null && base === null && syncCount === 0 && !sent && !conflict;
  return isNothing ? undefined : next;
}

/** R2-R6: a remote record arrives. `mustAsk`: the resolver wants to see equal values too, as a counter does. */
export function received(record: KeptRecord | undefined, remote: RemoteRecord, mustAsk: boolean): Reception {
  if (!record) return { kind: 'keep', record: clean(remote) };
  if (remote.syncCount < record.syncCount) return { kind: 'unchanged' };
  if (record.sent && isEcho(record.sent, remote)) return { kind: 'keep', record: rebased(record, remote) };
  const isUntouched = !isDirty(record) && !record.sent && !record.conflict;
  if (isUntouched) {
    const isKnown = record.value === remote.value && record.syncCount === remote.syncCount;
    return isKnown ? { kind: 'unchanged' } : { kind: 'keep', record: clean(remote) };
  }
  if (remote.value === record.base) return { kind: 'keep', record: rebased(record, remote) };
  if (remote.value === record.value && !mustAsk) return { kind: 'keep', record: clean(remote) };
  const { conflict } = record;
  const wasDeferred =
    conflict && !conflict.from && !conflict.isUnreadable && conflict.syncCount === remote.syncCount;
  return { kind: wasDeferred ? 'unchanged' : 'conflict' };
}

/** R7: a decided conflict. */
export function decided(
  record: KeptRecord,
  remote: RemoteRecord,
  decision: Decision,
  now: number,
): KeptRecord {
  switch (decision.use) {
    case 'remote':
      return clean(remote);
    case 'local':
      return rebased(record, remote);
    case 'value':
      return { ...rebased(record, remote), value: decision.value, changedAt: now };
    case 'defer':
      return { ...record, conflict: conflictWith(remote, decision) };
  }
}

/** R8: the service answered what was sent. What was edited since then stays an edit, against the new base. */
export function acknowledged(record: KeptRecord, pushed: KeptRecord, answer: RemoteRecord): KeptRecord {
  if (record.value === pushed.value) return clean(answer);
  return rebased(record, answer);
}

/**
 * R3: an update whose answer got lost was stored, or was not. What was stored is the base of what is edited since; with
 * which count, the next listing says.
 */
export function cleared(record: KeptRecord, isStored: boolean): readonly KeptRecord[] {
  const { sent, ...rest } = record;
  if (!sent) return [];
  return [isStored ? { ...rest, base: sent.value } : rest];
}

/** R9: the dataset was deleted elsewhere. Undefined when the record goes too. */
export function orphaned(record: KeptRecord, keep: 'edits' | 'all'): KeptRecord | undefined {
  if (record.value === null || (keep === 'edits' && !isDirty(record) && !record.conflict)) return undefined;
  return { key: record.key, value: record.value, base: null, syncCount: 0, changedAt: record.changedAt };
}

/**
 * R10: a record of a merged dataset meets that of the dataset it is folded into. `known` is what of it this device moved
 * here itself when the user signed in, if it did.
 */
export function folded(
  record: KeptRecord | undefined,
  copy: RemoteRecord,
  known: string | null | undefined,
  mustAsk: boolean,
): Reception {
  if (copy.value === null || copy.value === known) return { kind: 'unchanged' };
  if (!record) {
    const { key, value } = copy;
    const changedAt = copy.deviceChangedAt ?? copy.changedAt;
    return { kind: 'keep', record: { key, value, base: null, syncCount: 0, changedAt } };
  }
  if (record.value === copy.value && !mustAsk) return { kind: 'unchanged' };
  return { kind: 'conflict' };
}

/** R11: a decided conflict with a record of a merged dataset: the outcome is a local edit. */
export function foldDecided(
  record: KeptRecord,
  copy: RemoteRecord,
  decision: Decision,
  from: string,
  now: number,
): KeptRecord {
  switch (decision.use) {
    case 'local':
      return record;
    case 'remote':
      return { ...record, value: copy.value, changedAt: now };
    case 'value':
      return { ...record, value: decision.value, changedAt: now };
    case 'defer':
      return { ...record, conflict: { ...conflictWith(copy, decision), from } };
  }
}

/** R12: a person or a program decided about a deferred conflict. */
export function conflictResolved(record: KeptRecord, decision: Decision, now: number): KeptRecord {
  const { conflict, ...rest } = record;
  if (!conflict) return record;
  const remote = { key: record.key, ...conflict };
  return conflict.from === undefined
    ? decided(rest, remote, decision, now)
    : foldDecided(rest, remote, decision, conflict.from, now);
}

/** As the service has it, with nothing of our own. */
function clean({ key, value, syncCount, changedAt, deviceChangedAt }: RemoteRecord): KeptRecord {
  return { key, value, base: value, syncCount, changedAt: deviceChangedAt ?? changedAt };
}

/** Our value, on top of what the service has. */
function rebased({ key, value, changedAt }: KeptRecord, remote: RemoteRecord): KeptRecord {
  return { key, value, base: remote.value, syncCount: remote.syncCount, changedAt };
}

function conflictWith(
  { key: _, value, syncCount, changedAt, deviceChangedAt, changedBy }: RemoteRecord,
  { isUnreadable }: Extract<Decision, { use: 'defer' }>,
): KeptConflict {
  return {
    value,
    syncCount,
    changedAt,
    ...(deviceChangedAt !== undefined && { deviceChangedAt }),
    ...(changedBy !== undefined && { changedBy }),
    ...(isUnreadable && { isUnreadable }),
  };
}

/**
 * Whether the remote record is our own, from an update whose answer got lost. Two devices may write the same value, but
 * not at the same millisecond; the original keeps the device's time as it was sent.
 */
function isEcho(sent: NonNullable<KeptRecord['sent']>, remote: RemoteRecord): boolean {
  return (
    remote.value === sent.value &&
    remote.deviceChangedAt !== undefined &&
    Math.abs(remote.deviceChangedAt - sent.changedAt) < 1
  );
}
