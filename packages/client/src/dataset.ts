import { identityChanged } from './current-user.ts';
import { DatasetEdits, type EditOptions } from './dataset-edits.ts';
import { conflictOf, conflictsOf, DatasetJudge, isSameConflict } from './dataset-judge.ts';
import type { DatasetOptions, Values } from './dataset-options.ts';
import { countsOf, type DatasetState, initialState } from './dataset-state.ts';
import { DatasetSyncs, type SyncOptions } from './dataset-syncs.ts';
import { openTransaction, type Transaction } from './dataset-transaction.ts';
import { type ChangeSet, DatasetView } from './dataset-view.ts';
import { type Eventual, unlessAborted, whenReady } from './eventual.ts';
import { checkEdits, type Limits } from './limits.ts';
import { Listeners, stream } from './listeners.ts';
import type { Owner } from './local-store.ts';
import { Cell, type Readable } from './readable.ts';
import { conflictResolved } from './record-rules.ts';
import type { Replica, ReplicaChange } from './replica.ts';
import type { Conflict, Resolution } from './resolvers.ts';
import { rewrittenRecords } from './rewritten-records.ts';
import type { SyncResult } from './sync/report.ts';
import { SyncError } from './sync-error.ts';
import { ValueReader } from './value-reader.ts';

type KeyOf<V> = keyof V & string;

export interface DatasetNeeds {
  /** Ends with the client. */
  readonly signal: AbortSignal;
  readonly limits: Limits;
  readonly now: () => number;
  readonly runSync: (options: SyncOptions, signal: AbortSignal) => Promise<SyncResult>;
  /** Something changed that the service has to be told. */
  readonly edited: () => void;
}

/**
 * A set of records of the user, kept on this device and brought to all others.
 *
 * Reads never wait for the network. An edit shows at once; its promise resolves when the device's storage has it, from
 * when on it survives a crash and is sent sooner or later.
 */
export class Dataset<Input = Values, Output = Input> {
  readonly name: string;
  readonly options: DatasetOptions;
  readonly #needs: DatasetNeeds;
  readonly #reader: ValueReader;
  readonly #view: DatasetView;
  readonly #edits: DatasetEdits;
  readonly #listeners = new Listeners<ChangeSet>();
  readonly #state = new Cell(initialState);
  readonly #syncs: DatasetSyncs;
  #attachment = Promise.withResolvers<void>();
  readonly #firstSync = Promise.withResolvers<SyncResult>();
  #replica: Replica | undefined;
  #isClosed = false;
  #hasFailed = false;
  #unsubscribe = () => {};

  /** Made by `client.dataset`. */
  constructor(name: string, options: DatasetOptions, needs: DatasetNeeds) {
    this.name = name;
    this.options = options;
    this.#needs = needs;
    this.#reader = new ValueReader(name, options);
    this.#view = new DatasetView(this.#reader, (changes) => this.#changed(changes));
    this.#edits = new DatasetEdits({
      dataset: name,
      reader: this.#reader,
      view: this.#view,
      limits: needs.limits,
    });
    this.#syncs = new DatasetSyncs((wanted, signal) => this.#sync(wanted, signal));
    this.#attachment.promise.catch(() => undefined);
    this.#firstSync.promise.catch(() => undefined);
  }

  /** Resolves when the local data is read. @throws SyncError `STORE` */
  get ready(): Promise<void> {
    return this.#attachment.promise;
  }

  /** Resolves with the first sync that completes: from then on an absent key is absent everywhere. */
  get firstSync(): Promise<SyncResult> {
    return this.#firstSync.promise;
  }

  get state(): Readable<DatasetState> {
    return this.#state;
  }

  /** All values by key, as one frozen object that is replaced when one changes. */
  get values(): Readable<Readonly<Partial<Output>>> {
    return this.#view.values as Readable<Readonly<Partial<Output>>>;
  }

  /**
   * @throws SyncError `INVALID` when there is a value that cannot be read
   */
  async get<Key extends KeyOf<Output>>(key: Key): Promise<Output[Key] | undefined> {
    await this.#read();
    const reading = this.#view.get(key);
    if (reading && 'error' in reading) throw reading.error;
    return reading?.value as Output[Key] | undefined;
  }

  /** The value as far as it is known in this moment: undefined before `ready`, and for what cannot be read. */
  peek<Key extends KeyOf<Output>>(key: Key): Output[Key] | undefined {
    const reading = this.#view.get(key);
    return reading && 'value' in reading ? (reading.value as Output[Key]) : undefined;
  }

  async all(): Promise<Readonly<Partial<Output>>> {
    await this.#read();
    return this.values.get();
  }

  async keys(): Promise<KeyOf<Output>[]> {
    return Object.keys(await this.all()) as KeyOf<Output>[];
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<[KeyOf<Output>, Output[KeyOf<Output>]]> {
    yield* Object.entries(await this.all()) as [KeyOf<Output>, Output[KeyOf<Output>]][];
  }

  /** @throws SyncError `INVALID`, `QUOTA` before anything is stored; `STORE` */
  set<Key extends KeyOf<Input>>(key: Key, value: Input[Key], options?: EditOptions): Promise<void> {
    return this.transact((transaction) => transaction.set(key, value), options);
  }

  /** Nothing happens when the key is not there. */
  remove(key: KeyOf<Output>, options?: EditOptions): Promise<void> {
    return this.transact((transaction) => transaction.remove(key), options);
  }

  /**
   * Sets the key to what `change` makes of its value; undefined removes it. `change` is called again if another tab
   * was faster.
   */
  update<Key extends KeyOf<Input> & KeyOf<Output>>(
    key: Key,
    change: (value: Output[Key] | undefined) => Input[Key] | undefined,
  ): Promise<void> {
    return this.transact((transaction) => {
      const next = change(transaction.get(key));
      if (next === undefined) transaction.remove(key);
      else transaction.set(key, next);
    });
  }

  /**
   * Makes several changes as one: all are stored or none is, other tabs see all or none, and what was read is still so
   * when they are stored. `change` must not wait for anything, and is called again if another tab was faster.
   *
   * @throws SyncError `INVALID`, `QUOTA` before anything is stored; `STORE`; and what `change` throws
   */
  async transact<T>(
    change: (transaction: Transaction<Input, Output>) => T,
    options: EditOptions = {},
  ): Promise<T> {
    let owner = '';
    for (;;) {
      // Not waiting when there is nothing to wait for: the edit shows in the turn in which it was made.
      if (!this.#state.get().isReady) await this.ready;
      const replica = this.#attached();
      // What was meant for one user is not done to another.
      if (isTold(owner) && replica.owner !== owner) throw identityChanged();
      owner = replica.owner;
      const reads = new Set<string>();
      const writes = new Map<string, unknown>();
      const result = change(openTransaction<Input, Output>(this.#view, reads, writes));
      const done = this.#edits.make({ reads, writes, options }, replica, () => replica === this.#replica);
      if (await done) {
        if (writes.size > 0) this.#needs.edited();
        return result;
      }
      await this.#view.read();
    }
  }

  /** Calls back after each change, with the keys. */
  subscribe(listener: (changes: ChangeSet) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Every change from now on. Ends with the signal. */
  changes(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ChangeSet> {
    return stream(
      this.#listeners,
      AbortSignal.any([this.#needs.signal, ...(options.signal ? [options.signal] : [])]),
    );
  }

  /** The value of a key now, and again whenever it changes. Ends with the signal. */
  async *watch<Key extends KeyOf<Output>>(
    key: Key,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<Output[Key] | undefined> {
    const changes = this.changes(options);
    await this.#read();
    yield this.peek(key);
    for await (const { added, updated, removed } of changes) {
      if ([added, updated, removed].some((keys) => keys.includes(key))) yield this.peek(key);
    }
  }

  /**
   * Brings here what is new elsewhere, and sends what is new here. Calls that come while one runs share the next one.
   *
   * @throws SyncError; whatever was done until then is kept, and nothing is lost
   */
  sync(options: SyncOptions = {}): Promise<SyncResult> {
    return this.#syncs.request(options);
  }

  /** Conflicts that a resolver deferred. */
  async conflicts(): Promise<readonly Conflict<Output[KeyOf<Output>]>[]> {
    await this.#read();
    return (await conflictsOf(this.#attached(), this.#reader)) as readonly Conflict<Output[KeyOf<Output>]>[];
  }

  /**
   * `seen`: the conflict that was decided about, for a decision that took a while.
   *
   * @throws SyncError `NOT_FOUND` when the key has no conflict; `CONFLICT` when it is not `seen` any more
   */
  async resolveConflict<Key extends KeyOf<Output>>(
    key: Key,
    resolution: Resolution<Output[Key]>,
    seen?: Conflict<Output[Key]>,
  ): Promise<void> {
    await this.#read();
    const storedKey = await this.#reader.storedKey(key);
    const value = resolution.use === 'value' ? await this.#text(key, resolution.value) : undefined;
    const decision =
      value === undefined
        ? (resolution as Exclude<Resolution, { use: 'value' }>)
        : { use: 'value' as const, value };
    await this.#commit(async ({ records }) => {
      const record = records.get(storedKey);
      if (!record?.conflict) {
        const message = `'${key}' in '${this.name}' has no conflict to resolve.`;
        throw new SyncError('NOT_FOUND', message, { dataset: this.name, key });
      }
      if (seen && !isSameConflict(seen, await conflictOf(this.name, this.#reader, record))) {
        const message = `'${key}' in '${this.name}' was changed again while somebody decided.`;
        throw new SyncError('CONFLICT', message, { dataset: this.name, key });
      }
      return { put: [conflictResolved(record, decision, this.#needs.now())] };
    });
  }

  /** Removes all records here now, and the dataset everywhere at the next sync. */
  async delete(): Promise<void> {
    await this.#read();
    await this.#commit((replica) => ({
      erase: [...replica.records.keys()],
      head: { deletion: true, syncCount: 0, sent: undefined },
    }));
  }

  /** Tries again to read what could not be read: the codec has got another key meanwhile. */
  async reread(): Promise<void> {
    await this.ready;
    await this.#view.reread();
    this.#refreshState();
  }

  /**
   * @internal Writes up to `most` records anew whose texts are outdated and can be read. How many. It is no edit: their
   * times stay as they are.
   */
  async rewrite(isOutdated: (text: string) => boolean, most: number): Promise<number> {
    await this.ready;
    let written = 0;
    await this.#commit(async (replica) => {
      const put = await rewrittenRecords(replica.records.values(), this.#reader, isOutdated, most);
      checkEdits(replica, put, this.#needs.limits);
      written = put.length;
      return put.length > 0 ? { put } : undefined;
    });
    return written;
  }

  /** What counts toward the service's quotas. */
  async usage(): Promise<{ readonly bytes: number; readonly records: number; readonly limits: Limits }> {
    await this.ready;
    return { ...this.#attached().usage, limits: this.#needs.limits };
  }

  /** @internal Ends what runs, with the client. What was edited is written first. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#syncs.close();
    await this.suspend();
    this.#view.detach();
    this.#unsubscribe();
    this.failed(closed(this.name));
  }

  /** @internal Shows this replica from now on. */
  async attach(replica: Replica): Promise<void> {
    if (this.#isClosed) return;
    this.#unsubscribe();
    this.#replica = replica;
    this.#state.update({ syncedAt: replica.head.syncedAt, error: undefined });
    const read = this.#view.attach(replica);
    this.#unsubscribe = replica.subscribe(() => this.#refreshState());
    await read;
    if (this.#replica !== replica) return;
    this.#refreshState();
    if (this.#hasFailed) this.#attachment = Promise.withResolvers();
    this.#hasFailed = false;
    this.#state.update({ isReady: true });
    this.#attachment.resolve();
  }

  /** @internal The user changes: what was edited is written, and later edits wait for `attach`. */
  async suspend(): Promise<void> {
    if (this.#state.get().isReady) {
      this.#attachment = Promise.withResolvers();
      this.#attachment.promise.catch(() => undefined);
      this.#state.update({ isReady: false });
    }
    // They are edits of this user, and of no other.
    await this.#edits.begun();
    const replica = this.#replica;
    this.#replica = undefined;
    await replica?.written();
  }

  /** @internal */
  get replica(): Replica | undefined {
    return this.#replica;
  }

  /** @internal */
  failed(error: unknown): void {
    this.#hasFailed = true;
    this.#attachment.reject(error);
    this.#firstSync.reject(error);
  }

  /** @internal What decides in a run of the machine. */
  judge(): DatasetJudge {
    return new DatasetJudge(this.name, this.options, this.#reader, this.#view);
  }

  /** @internal Resolves when all that has come is read: before, `keyOf` may not know its keys. */
  allRead(): Promise<void> {
    return this.#view.read();
  }

  /** @internal */
  keyOf(storedKey: string): string {
    return this.#view.keyOf(storedKey);
  }

  async #sync(options: SyncOptions, signal: AbortSignal): Promise<SyncResult> {
    this.#state.update({ isSyncing: true });
    try {
      await unlessAborted(this.ready, signal);
      const result = await this.#needs.runSync(options, signal);
      this.#state.update({ error: undefined, syncedAt: this.#needs.now() });
      this.#firstSync.resolve(result);
      return result;
    } catch (error) {
      if (error instanceof SyncError && error.code !== 'ABORTED') this.#state.update({ error });
      throw error;
    } finally {
      this.#refreshState();
      this.#state.update({ isSyncing: false });
    }
  }

  /** The text of a value; null for none. */
  #text(key: string, value: unknown): Eventual<string | null> {
    return value === undefined ? null : whenReady(this.#reader.write(key, value), ({ text }) => text);
  }

  /** Computes a change and writes it, again until nobody was faster; undefined: there is nothing to write. */
  async #commit(compute: (replica: Replica) => Eventual<ReplicaChange | undefined>): Promise<void> {
    const { owner } = this.#attached();
    for (;;) {
      const replica = this.#attached();
      if (isTold(owner) && replica.owner !== owner) throw identityChanged();
      await replica.written();
      const { version } = replica;
      const change = await compute(replica);
      if (!change) return;
      if (await replica.commit(version, change, 'local')) break;
    }
    this.#needs.edited();
  }

  async #read(): Promise<void> {
    await this.ready;
    await this.#view.read();
  }

  #attached(): Replica {
    if (this.#replica) return this.#replica;
    throw closed(this.name);
  }

  #changed(changes: ChangeSet): void {
    // Texts that took their time may turn out to be unreadable.
    if (this.#state.get().isReady) this.#refreshState();
    this.#listeners.tell(changes);
  }

  #refreshState(): void {
    const replica = this.#replica;
    if (!replica) return;
    this.#state.update(countsOf(replica, this.#view));
  }
}

const closed = (dataset: string) =>
  new SyncError('ABORTED', `The client of '${dataset}' is closed.`, { dataset });

/** Whether the service had told who the user is; before, what is theirs moves on to what it tells. */
const isTold = (owner: Owner) => owner !== '' && !owner.startsWith('user:');
