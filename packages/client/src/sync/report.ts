import type { KeptRecord } from '../local-store.ts';
import type { RemoteRecord } from '../record-rules.ts';
import { isDirty } from '../record-rules.ts';
import type { AppliedChange } from './apply-listing.ts';

/** What a sync did, by key. */
export interface SyncResult {
  /** Values that changed here because they changed elsewhere. */
  readonly pulled: KeyChanges;
  /** Changes made here that the service has now. */
  readonly pushed: KeyChanges;
  /** Conflicts that a resolver settled. */
  readonly resolved: readonly string[];
  /** Conflicts that wait for `resolveConflict`. */
  readonly deferred: readonly string[];
  /** Keys whose value the pool's function changed or refused. */
  readonly overruled: readonly string[];
  /** Unsynced changes that were given up because the dataset was deleted elsewhere and `onRemoteDelete` says so. */
  readonly discarded: readonly string[];
  /** Datasets of merged identities that were folded into this one. */
  readonly merged: readonly string[];
  readonly deletedElsewhere: boolean;
  /** The bookmark after the sync. */
  readonly syncCount: number;
  /** Requests that were sent, repeated ones too. */
  readonly requests: number;
  readonly durationMs: number;
}

/** Keys by what happened to them. */
export interface KeyChanges {
  readonly added: readonly string[];
  readonly updated: readonly string[];
  readonly removed: readonly string[];
}

/** Gathers a SyncResult while a run goes on. */
export class SyncReport {
  readonly #pulled = new Map<string, { before: string | null; after: string | null }>();
  readonly #pushed = new Map<string, { before: string | null; after: string | null }>();
  readonly #resolved = new Set<string>();
  readonly #deferred = new Set<string>();
  readonly #overruled = new Set<string>();
  #discarded: readonly string[] = [];
  readonly #merged: string[] = [];
  #deletedElsewhere = false;
  requests = 0;

  pulled({ before, next, outcome }: AppliedChange): void {
    const key = (next ?? before)?.key;
    if (key === undefined) return;
    if (outcome === 'resolved') this.#resolved.add(key);
    if (outcome === 'deferred') this.#deferred.add(key);
    else this.#deferred.delete(key);
    note(this.#pulled, key, before?.value ?? null, next?.value ?? null);
  }

  pushed(sent: KeptRecord, answer: RemoteRecord): void {
    if (answer.value !== sent.value) this.#overruled.add(sent.key);
    if (isDirty(sent)) note(this.#pushed, sent.key, sent.base, answer.value);
  }

  deletedElsewhere(discarded: readonly string[]): void {
    this.#deletedElsewhere = true;
    this.#discarded = discarded;
  }

  merged(name: string): void {
    this.#merged.push(name);
  }

  result(syncCount: number, durationMs: number, nameOf: (key: string) => string): SyncResult {
    const names = (keys: Iterable<string>) => [...keys].map(nameOf);
    return {
      pulled: changes(this.#pulled, nameOf),
      pushed: changes(this.#pushed, nameOf),
      resolved: names(this.#resolved),
      deferred: names(this.#deferred),
      overruled: names(this.#overruled),
      discarded: names(this.#discarded),
      merged: this.#merged,
      deletedElsewhere: this.#deletedElsewhere,
      syncCount,
      requests: this.requests,
      durationMs,
    };
  }
}

type Changes = Map<string, { before: string | null; after: string | null }>;

function note(into: Changes, key: string, before: string | null, after: string | null): void {
  const noted = into.get(key);
  into.set(key, { before: noted ? noted.before : before, after });
}

function changes(noted: Changes, nameOf: (key: string) => string): KeyChanges {
  const select = (wanted: (before: string | null, after: string | null) => boolean) =>
    [...noted]
      .filter(([, { before, after }]) => before !== after && wanted(before, after))
      .map(([key]) => nameOf(key));
  return {
    added: select((before) => before === null),
    updated: select((before, after) => before !== null && after !== null),
    removed: select((_, after) => after === null),
  };
}
