import { Listeners } from './listeners.ts';
import type { DatasetChange, DatasetHead, KeptRecord, LocalStore, Owner } from './local-store.ts';
import { edited } from './record-rules.ts';
import type { TabChannel } from './tabs.ts';
import { utf8Bytes } from './utf8.ts';

/** What one program asks to change at once. */
export interface Edit {
  readonly key: string;
  /** Null removes the key. */
  readonly value: string | null;
}

/** A key that an edit was computed from, with the text it had. */
export interface Read {
  readonly key: string;
  readonly value: string | null;
}

/** Who changed something: this tab, the service, another tab, or a change of the user. */
export type Origin = 'local' | 'remote' | 'tab' | 'identity';

/** Keys whose value changed. */
export type ReplicaListener = (keys: ReadonlySet<string>, origin: Origin) => void;

export interface ReplicaOptions {
  readonly store: LocalStore;
  readonly owner: Owner;
  readonly name: string;
  readonly now: () => number;
}

/** Undefined takes a member away. */
export type HeadChange = { readonly [Name in keyof DatasetHead]?: DatasetHead[Name] | undefined };

/** How a dataset is to change; what is absent stays. */
export interface ReplicaChange {
  readonly put?: readonly KeptRecord[];
  readonly erase?: readonly string[];
  readonly head?: HeadChange;
}

/** What other tabs are told: enough to follow without reading the store. */
interface TabMessage {
  readonly owner: Owner;
  readonly dataset: string;
  readonly from: number;
  readonly head: DatasetHead;
  readonly put: readonly KeptRecord[];
  readonly erase: readonly string[];
}

interface Waiting {
  readonly edits: readonly Edit[];
  readonly reads: readonly Read[];
  readonly changedAt: number;
  readonly resolve: (isDone: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One dataset of one owner on this device: all of its records in memory, every change in the store.
 *
 * Edits show at once and are written soon after, all that wait in one commit; their promises resolve when they are
 * written. A commit that another tab forestalled is computed anew from what that tab wrote. Invariant: `#records` is
 * `#saved` with the waiting edits on top.
 */
export class Replica {
  readonly owner: Owner;
  readonly name: string;
  readonly #store: LocalStore;
  readonly #now: () => number;
  readonly #listeners = new Listeners<{ readonly keys: ReadonlySet<string>; readonly origin: Origin }>();
  #channel: TabChannel | undefined;
  #saved = new Map<string, KeptRecord>();
  #head: DatasetHead;
  #records = new Map<string, KeptRecord>();
  #usage = { bytes: 0, records: 0 };
  #waiting: Waiting[] = [];
  #version = 0;
  /** Commits happen one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #isFlushing = false;

  private constructor({ store, owner, name, now }: ReplicaOptions) {
    this.#store = store;
    this.owner = owner;
    this.name = name;
    this.#now = now;
    this.#head = { name, revision: 0, syncCount: 0 };
  }

  /** @throws SyncError `STORE` */
  static async open(options: ReplicaOptions): Promise<Replica> {
    const replica = new Replica(options);
    await replica.#load();
    return replica;
  }

  get head(): DatasetHead {
    return this.#head;
  }

  /** By key, removed ones too; edits that are not written yet are in it. */
  get records(): ReadonlyMap<string, KeptRecord> {
    return this.#records;
  }

  /** What counts toward the quotas. */
  get usage(): { readonly bytes: number; readonly records: number } {
    return this.#usage;
  }

  /** Changes whenever anything does. */
  get version(): number {
    return this.#version;
  }

  subscribe(listener: ReplicaListener): () => void {
    return this.#listeners.add(({ keys, origin }) => listener(keys, origin));
  }

  /** Tells other tabs through `channel` from now on. */
  announceTo(channel: TabChannel): void {
    this.#channel = channel;
  }

  /**
   * Makes all edits or none. False, and nothing is changed, when a key in `reads` does not have its text any more.
   *
   * @throws SyncError `STORE`
   */
  edit(edits: readonly Edit[], reads: readonly Read[] = []): Promise<boolean> {
    if (!this.#matches(this.#records, reads)) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      const waiting = { edits, reads, changedAt: this.#now(), resolve, reject };
      this.#waiting.push(waiting);
      this.#show(new Set(edits.map((edit) => edit.key)), 'local');
      if (this.#isFlushing) return;
      this.#isFlushing = true;
      void this.#inTurn(() => this.#flush());
    });
  }

  /**
   * Writes a change that was computed when the replica was at `version`. False, and nothing is written, when it has
   * moved on: compute it anew.
   *
   * @throws SyncError `STORE`
   */
  commit(version: number, change: ReplicaChange, origin: Origin): Promise<boolean> {
    return this.#inTurn(async () => {
      if (this.#version !== version || this.#waiting.length > 0) return false;
      return this.#write(change, origin);
    });
  }

  /** Resolves when all edits so far are written, or have failed. */
  async written(): Promise<void> {
    while (this.#waiting.length > 0 || this.#isFlushing) await this.#turn.catch(() => undefined);
  }

  /** Follows a change that another tab wrote. */
  follow(message: unknown): void {
    const { owner, dataset, from, head, put, erase } = message as TabMessage;
    if (owner !== this.owner || dataset !== this.name || head.revision <= this.#head.revision) return;
    void this.#inTurn(async () => {
      if (head.revision <= this.#head.revision) return;
      if (from === this.#head.revision) this.#apply(head, put, erase, 'tab');
      else await this.#load('tab');
    }).catch(() => undefined);
  }

  /** Takes up what other tabs wrote while nobody told us. */
  refresh(): Promise<void> {
    return this.#inTurn(() => this.#load('tab'));
  }

  async #flush(): Promise<void> {
    this.#isFlushing = false;
    while (this.#waiting.length > 0) {
      const batch = [...this.#waiting];
      const { changed, stale } = this.#replay(batch);
      try {
        const put = [...changed.values()].filter((record) => record !== undefined);
        const erase = [...changed].filter(([, record]) => !record).map(([key]) => key);
        const isDone = changed.size === 0 || (await this.#writeSaved({ put, erase }));
        if (!isDone) continue;
        this.#waiting.splice(0, batch.length);
        for (const waiting of batch) waiting.resolve(!stale.has(waiting));
        if (stale.size > 0) this.#show(keysOf([...stale]), 'local');
      } catch (error) {
        this.#waiting.splice(0, batch.length);
        this.#show(keysOf(batch), 'local');
        for (const waiting of batch) waiting.reject(error);
      }
    }
  }

  /** What the batch makes of the saved records, one edit after the other. */
  #replay(batch: readonly Waiting[]) {
    const changed = new Map<string, KeptRecord | undefined>();
    const stale = new Set<Waiting>();
    const now = (key: string) => (changed.has(key) ? changed.get(key) : this.#saved.get(key));
    for (const waiting of batch) {
      if (waiting.reads.some(({ key, value }) => (now(key)?.value ?? null) !== value)) {
        stale.add(waiting);
        continue;
      }
      for (const { key, value } of waiting.edits) {
        const next = edited(now(key), key, value, waiting.changedAt);
        if (next !== this.#saved.get(key)) changed.set(key, next);
        else changed.delete(key);
      }
    }
    return { changed, stale };
  }

  /** Writes what the waiting edits come to: they are shown already, so only other tabs have to be told. */
  async #writeSaved(change: ReplicaChange): Promise<boolean> {
    const write = this.#storeChange(change);
    if (!(await this.#store.commit([write]))) {
      await this.#load('tab');
      return false;
    }
    for (const record of write.put) this.#saved.set(record.key, record);
    for (const key of write.erase) this.#saved.delete(key);
    this.#head = write.head;
    this.#tell(write);
    return true;
  }

  async #write(change: ReplicaChange, origin: Origin): Promise<boolean> {
    const write = this.#storeChange(change);
    if (!(await this.#store.commit([write]))) {
      await this.#load('tab');
      return false;
    }
    this.#apply(write.head, write.put, write.erase, origin);
    this.#tell(write);
    return true;
  }

  #storeChange(change: ReplicaChange): DatasetChange & { readonly head: DatasetHead } {
    const { owner, name } = this;
    const expected = this.#head.revision;
    // From the clock, so that a dataset that was erased and made again does not come to the same revision again.
    const revision = Math.max(expected + 1, this.#now());
    const head = withoutUndefined({ ...this.#head, ...change.head, name, revision });
    return { owner, dataset: name, expected, head, put: change.put ?? [], erase: change.erase ?? [] };
  }

  #tell({
    owner,
    dataset,
    expected,
    head,
    put,
    erase,
  }: DatasetChange & { readonly head: DatasetHead }): void {
    this.#channel?.send({ owner, dataset, from: expected, head, put, erase } satisfies TabMessage);
  }

  #apply(head: DatasetHead, put: readonly KeptRecord[], erase: readonly string[], origin: Origin): void {
    for (const record of put) this.#saved.set(record.key, record);
    for (const key of erase) this.#saved.delete(key);
    this.#head = head;
    this.#show(new Set([...put.map((record) => record.key), ...erase]), origin);
  }

  async #load(origin: Origin = 'local'): Promise<void> {
    const kept = await this.#store.load(this.owner, this.name);
    const before = this.#saved;
    this.#saved = new Map(kept?.records.map((record) => [record.key, record]));
    this.#head = kept?.head ?? { name: this.name, revision: 0, syncCount: 0 };
    const changed = [...before.keys(), ...this.#saved.keys()].filter(
      (key) => !isSame(before.get(key), this.#saved.get(key)),
    );
    this.#show(new Set(changed), origin);
  }

  /** Computes `#records` for the keys, and tells of those whose value changed. */
  #show(keys: ReadonlySet<string>, origin: Origin): void {
    this.#version += 1;
    const changed = new Set<string>();
    for (const key of keys) {
      const before = this.#records.get(key);
      let after = this.#saved.get(key);
      for (const waiting of this.#waiting) {
        for (const edit of waiting.edits) {
          if (edit.key === key) after = edited(after, key, edit.value, waiting.changedAt);
        }
      }
      if (after) this.#records.set(key, after);
      else this.#records.delete(key);
      this.#count(before, -1);
      this.#count(after, 1);
      if ((before?.value ?? null) !== (after?.value ?? null) || before?.conflict !== after?.conflict)
        changed.add(key);
    }
    this.#listeners.tell({ keys: changed, origin });
  }

  #count(record: KeptRecord | undefined, sign: 1 | -1): void {
    if (record?.value == null) return;
    const { bytes, records } = this.#usage;
    this.#usage = {
      bytes: bytes + sign * (utf8Bytes(record.key) + utf8Bytes(record.value)),
      records: records + sign,
    };
  }

  #matches(records: ReadonlyMap<string, KeptRecord>, reads: readonly Read[]): boolean {
    return reads.every(({ key, value }) => (records.get(key)?.value ?? null) === value);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

function keysOf(waiting: readonly Waiting[]): Set<string> {
  return new Set(waiting.flatMap(({ edits }) => edits.map((edit) => edit.key)));
}

function isSame(one: KeptRecord | undefined, other: KeptRecord | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function withoutUndefined(
  head: { [Name in keyof DatasetHead]?: DatasetHead[Name] | undefined },
): DatasetHead {
  return Object.fromEntries(
    Object.entries(head).filter(([, value]) => value !== undefined),
  ) as unknown as DatasetHead;
}
