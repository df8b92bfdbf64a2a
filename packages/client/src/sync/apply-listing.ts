import type { KeptRecord } from '../local-store.ts';
import {
  conflictResolved,
  type Decision,
  decided,
  foldDecided,
  folded,
  isDirty,
  type RemoteRecord,
  received,
} from '../record-rules.ts';

/** What one listing brought. */
export interface Listing {
  readonly remotes: readonly RemoteRecord[];
  /** It goes back to the beginning: what it does not have, the service does not have. */
  readonly isWhole: boolean;
  /** Merged datasets that the service offers, and what this device does about each. */
  readonly merged: readonly MergedDataset[];
}

export interface MergedDataset {
  readonly name: string;
  /** `here`: this device folds them in. `elsewhere`: another device does. `done`: they are folded in here already. */
  readonly folds: 'here' | 'elsewhere' | 'done';
  readonly copies: readonly RemoteRecord[];
}

export interface Verdicts {
  readonly mustAsk: (record: KeptRecord) => boolean;
  readonly decide: (record: KeptRecord, remote: RemoteRecord, from?: string) => Promise<Decision>;
  readonly now: () => number;
}

export interface AppliedListing {
  readonly put: readonly KeptRecord[];
  readonly erase: readonly string[];
  readonly changes: readonly AppliedChange[];
  /** False when something has to be listed again, because it waits for another device. */
  readonly isComplete: boolean;
}

export interface AppliedChange {
  readonly before: KeptRecord | undefined;
  readonly next: KeptRecord | undefined;
  readonly outcome: 'resolved' | 'deferred' | undefined;
}

/** What the records become when the listing meets them: SPEC.md, rules R2-R11. */
export async function applyListing(
  records: ReadonlyMap<string, KeptRecord>,
  { remotes, merged, isWhole }: Listing,
  { mustAsk, decide, now }: Verdicts,
): Promise<AppliedListing> {
  const touched = new Map<string, AppliedChange>();
  const present = (key: string) => (touched.has(key) ? touched.get(key)?.next : records.get(key));
  const change = (key: string, next: KeptRecord | undefined, outcome?: AppliedChange['outcome']) => {
    const before = touched.has(key) ? touched.get(key)?.before : records.get(key);
    touched.set(key, { before, next, outcome: outcome ?? touched.get(key)?.outcome });
  };

  const listed = new Set(remotes.map(({ key }) => key));
  const held = new Set<string>();
  for (const record of records.values()) {
    if (record.from === undefined) continue;
    const folds = merged.find(({ name }) => name === record.from)?.folds ?? 'gone';
    if (folds === 'elsewhere') held.add(record.key);
    else change(record.key, landed(record, folds === 'gone', listed.has(record.key)));
  }

  if (isWhole) {
    for (const record of records.values())
      if (isForgotten(record, listed)) change(record.key, { ...record, base: null });
  }

  for (const remote of remotes) {
    const record = present(remote.key);
    if (held.has(remote.key)) continue;
    const reception = received(record, remote, record !== undefined && mustAsk(record));
    if (reception.kind === 'keep') change(remote.key, reception.record);
    if (reception.kind !== 'conflict' || !record) continue;
    const decision = await decide(record, remote);
    change(remote.key, decided(record, remote, decision, now()), outcomeOf(decision));
  }

  for (const { name, folds, copies } of merged) {
    if (folds !== 'here') continue;
    for (const copy of copies) {
      const record = present(copy.key);
      const before = records.get(copy.key);
      const known = before?.from === name ? before.base : undefined;
      const reception = folded(record, copy, known, record !== undefined && mustAsk(record));
      if (reception.kind === 'keep') change(copy.key, reception.record);
      if (reception.kind !== 'conflict' || !record) continue;
      const decision = await decide({ ...record, base: known ?? null }, copy, name);
      change(copy.key, foldDecided(record, copy, decision, name, now()), outcomeOf(decision));
    }
  }

  for (const record of records.values()) {
    const { key, conflict } = record;
    if (!conflict?.isUnreadable || touched.has(key)) continue;
    const decision = await decide(record, { key, ...conflict }, conflict.from);
    if (decision.use === 'defer' && decision.isUnreadable) continue;
    change(key, conflictResolved(record, decision, now()), outcomeOf(decision));
  }

  const changes = [...touched.values()].filter(({ before, next }) => before !== next);
  return {
    put: changes.flatMap(({ next }) => (next ? [next] : [])),
    erase: changes.flatMap(({ before, next }) => (next || !before ? [] : [before.key])),
    changes,
    isComplete: held.size === 0,
  };
}

/** R13: the service, restored from a backup, has lost what we agreed on: it gets it again. */
function isForgotten(record: KeptRecord, listed: ReadonlySet<string>): boolean {
  return record.base !== null && record.syncCount === 0 && !record.from && !listed.has(record.key);
}

/**
 * R11: a record that was moved here with the value its merged dataset had for a base. Where this device folds that
 * dataset in, our value includes it, so it is all new to this one. Where another device did (`isGone`), what came of it
 * is listed, and only what was edited since is ours; what is not listed, that device left out.
 */
function landed(record: KeptRecord, isGone: boolean, isListed: boolean): KeptRecord | undefined {
  const { from: _, ...rest } = record;
  if (isGone && isListed) return rest;
  if (isGone && !isDirty(record)) return undefined;
  return { ...rest, base: null };
}

const outcomeOf = ({ use }: Decision) => (use === 'defer' ? 'deferred' : 'resolved');
