import { AutoSync } from './auto-sync.ts';
import type { ChangeNotice } from './change-notice.ts';
import type { SyncClientOptions } from './client-options.ts';
import { type Clock, systemClock } from './clock.ts';
import { browserConnectivity, type Connectivity, whenConnected } from './connectivity.ts';
import { Dataset } from './dataset.ts';
import type { DatasetOptions, DatasetSchema, InputOf, OutputOf, Values } from './dataset-options.ts';
import type { SyncOptions } from './dataset-syncs.ts';
import { checkSynced, claimantOf, eraseOwner } from './device-data.ts';
import type { Identity, IdentityProvider } from './identity.ts';
import { checkDatasetName, defaultLimits, type Limits } from './limits.ts';
import { Listeners } from './listeners.ts';
import type { LiveState } from './live-port.ts';
import type { DatasetHead, KeptRecord, LocalStore, Owner } from './local-store.ts';
import { moveDatasets } from './move-datasets.ts';
import { Cell, type Readable } from './readable.ts';
import { isDirty } from './record-rules.ts';
import { Replica } from './replica.ts';
import { fullJitter, type RetryPolicy } from './retry.ts';
import { Session } from './session.ts';
import { Connection, type ObservedRequest } from './signed-fetch.ts';
import { SyncReport, type SyncResult } from './sync/report.ts';
import { runSync } from './sync/run-sync.ts';
import { SyncApi } from './sync-api.ts';
import { SyncError } from './sync-error.ts';
import type { TabChannel, Tabs } from './tabs.ts';
import { webTabs } from './web-tabs.ts';

/** What the client is doing; replaced whenever a member changes. */
export interface ClientStatus {
  /** Undefined before the service has ever told. */
  readonly identity: Identity | undefined;
  readonly isOnline: boolean;
  /** This tab holds the live connection for all tabs. */
  readonly isLeader: boolean;
  readonly live: LiveState;
}

/** For logs and developer tools. */
export type ClientEvent =
  | ({ readonly type: 'request' } & ObservedRequest)
  | {
      readonly type: 'sync';
      readonly at: number;
      readonly dataset: string;
      readonly outcome: SyncResult | SyncError;
    };

/** What `asUser` gives. */
export interface UserConnection {
  readonly identity: Identity;
  /** `path`: below the endpoint, percent-encoded, with its query. The answer's JSON. @throws SyncError */
  readonly ask: (method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown) => Promise<unknown>;
}

export interface SignInOptions {
  /**
   * What becomes of the data of the guest who signs in. `merge` (default): it becomes the user's, by the resolver where
   * both have a key. `keep`: it stays on the device, unseen. `discard`: it is erased.
   */
  readonly guestData?: 'merge' | 'keep' | 'discard';
}

export interface SignOutOptions {
  /** Whether the user's data stays on the device, unseen until they come back. Default: `keep`. */
  readonly localData?: 'keep' | 'erase';
  /** With `erase`: give up changes that the service does not have yet. Without it they are an error, `UNSYNCED`. */
  readonly discardUnsynced?: boolean;
  /** Who uses the device then. Default: the `identity` that the client was made with. */
  readonly next?: IdentityProvider;
}

interface OpenDataset {
  readonly dataset: Dataset;
  readonly auto: AutoSync | undefined;
  /** From a run that read and did not send: one that leaves the page can send at once. */
  sessionToken: string | undefined;
}

type Message =
  | { readonly kind: 'identity'; readonly identity: Identity | undefined }
  | { readonly kind: 'change'; readonly notice: ChangeNotice }
  | { readonly kind: 'live'; readonly state: LiveState }
  | { readonly kind: 'hello' }
  | { readonly kind?: undefined };

const defaultSyncTimeoutMs = 120_000;

/** One user's datasets on this device, and their way to the service. Made by `createSyncClient`. */
export class SyncClient implements AsyncDisposable {
  readonly #options: SyncClientOptions;
  readonly #store: LocalStore;
  readonly #clock: Clock;
  readonly #tabs: Tabs;
  readonly #connectivity: Connectivity;
  readonly #retry: RetryPolicy;
  readonly #limits: Limits;
  readonly #connection: Connection;
  readonly #api: SyncApi;
  readonly #datasets = new Map<string, OpenDataset>();
  readonly #events = new Listeners<ClientEvent>();
  readonly #status: Cell<ClientStatus>;
  readonly #lifetime = new AbortController();
  readonly #channel: TabChannel;
  readonly #opening: Promise<Session>;
  readonly #stopWatching: () => void;
  /** Ends what was begun for a user when the user changes. */
  #userLifetime = new AbortController();
  #deviceId: string | undefined;

  constructor(options: SyncClientOptions) {
    const { clock = systemClock, fetch = globalThis.fetch.bind(globalThis) } = options;
    const endpoint = checkedEndpoint(options.endpoint);
    this.#options = options;
    this.#store = options.store;
    this.#clock = clock;
    this.#tabs = options.tabs ?? webTabs();
    this.#connectivity = options.connectivity ?? browserConnectivity();
    this.#retry = options.retry ?? fullJitter(options.random ? { random: options.random } : {});
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#connection = new Connection({
      endpoint,
      region: options.region ?? 'us-east-1',
      fetch,
      clock,
      timeoutMs: options.requestTimeoutMs ?? 30_000,
      observed: (request) => this.#events.tell({ type: 'request', ...request }),
    });
    this.#api = new SyncApi(this.#connection);
    this.#status = new Cell<ClientStatus>({
      identity: undefined,
      isOnline: this.#connectivity.isOnline,
      isLeader: false,
      live: options.live ? 'connecting' : 'off',
    });
    this.#channel = this.#tabs.channel(`holdall:${endpoint}`, (message) =>
      this.#received(message as Message),
    );
    this.#stopWatching = this.#connectivity.subscribe((event) => this.#noticed(event));
    this.#opening = this.#open(fetch, endpoint);
    this.#opening.catch((error) => {
      for (const { dataset } of this.#datasets.values()) dataset.failed(error);
    });
  }

  /** Resolves when the device's storage is open. @throws SyncError `STORE` */
  async ready(): Promise<void> {
    await this.#opening;
  }

  get status(): Readable<ClientStatus> {
    return this.#status;
  }

  /** Requests and syncs as they happen. */
  onEvent(listener: (event: ClientEvent) => void): () => void {
    return this.#events.add(listener);
  }

  /**
   * The dataset of this name, the same object each time; options count the first time.
   *
   * @throws SyncError `INVALID` for a name that the service does not allow
   */
  dataset<Schema extends DatasetSchema>(
    name: string,
    options: DatasetOptions<Schema> & { readonly schema: Schema },
  ): Dataset<InputOf<Schema>, OutputOf<Schema>>;
  dataset<V extends object = Readonly<Record<string, string>>>(
    name: string,
    options?: Omit<DatasetOptions, 'schema'>,
  ): Dataset<V>;
  dataset(name: string, options: DatasetOptions = {}): unknown {
    this.#lifetime.signal.throwIfAborted();
    const existing = this.#datasets.get(name);
    if (existing) return existing.dataset;
    checkDatasetName(name);
    const open = this.#make(name, options);
    this.#datasets.set(name, open);
    this.#opening.then(() => this.#attach(open)).catch((error) => open.dataset.failed(error));
    return open.dataset;
  }

  #make(name: string, options: DatasetOptions): OpenDataset {
    const dataset: Dataset = new Dataset<Values>(name, options, {
      limits: this.#limits,
      now: () => this.#connection.now(),
      runSync: (wanted, signal) => this.#sync(open, wanted, signal),
      edited: () => open.auto?.edited(),
    });
    const open: OpenDataset = { dataset, auto: this.#autoSync(dataset, options), sessionToken: undefined };
    return open;
  }

  /** Synchronises all datasets that are open. */
  async syncAll(options: SyncOptions = {}): Promise<ReadonlyMap<string, SyncResult>> {
    const results = [...this.#datasets].map(async ([name, { dataset }]): Promise<[string, SyncResult]> => {
      return [name, await dataset.sync(options)];
    });
    return new Map(await Promise.all(results));
  }

  /** Names of the datasets on this device, open or not. */
  async listDatasets(): Promise<readonly string[]> {
    const { owner } = await this.#opening;
    const heads = await this.#store.datasets(owner);
    return heads.filter((head) => !head.deletion).map((head) => head.name);
  }

  /**
   * Somebody signs in. The service links the login to the guest of this device, or merges the two.
   *
   * @throws SyncError when the service cannot be asked; the user is then the same as before
   */
  async signIn(provider: IdentityProvider, options: SignInOptions = {}): Promise<Identity> {
    const session = await this.#opening;
    if (session.known?.guest) await this.#sendGuestData(session);
    const { mergedGuest, ...identity } = await session.ask(provider);
    await this.#become(session, identity, provider, options.guestData ?? 'merge', mergedGuest);
    return identity;
  }

  /** The user leaves the device. @throws SyncError `UNSYNCED` */
  async signOut(options: SignOutOptions = {}): Promise<void> {
    const session = await this.#opening;
    const { owner } = session;
    if (options.localData === 'erase' && !options.discardUnsynced) await checkSynced(this.#store, owner);
    await this.#become(session, undefined, options.next ?? this.#options.identity, 'keep');
    if (options.localData === 'erase') await eraseOwner(this.#store, owner);
  }

  /** Datasets that somebody has asked for. */
  openDatasets(): readonly Dataset[] {
    return [...this.#datasets.values()].map(({ dataset }) => dataset);
  }

  /**
   * Asks the service something that this package has no words for, as the present user.
   *
   * @throws SyncError
   */
  async asUser<T>(work: (user: UserConnection) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const session = await this.#opening;
    const ends = AbortSignal.any([this.#lifetime.signal, ...(signal ? [signal] : [])]);
    const identity = await this.#settledIdentity(session, ends);
    const ask: UserConnection['ask'] = async (method, path, body) => {
      const request = { method, path, signal: ends, ...(body !== undefined && { body }) };
      return this.#connection.ask(request, await session.credentials(identity, ends));
    };
    return work({ identity, ask });
  }

  /** @internal Updates name this device from now on, so that it is not told of them itself. */
  async rememberDevice(deviceId: string): Promise<void> {
    const { owner } = await this.#opening;
    await this.#store.setNote(deviceNote(owner), deviceId);
    this.#deviceId = deviceId;
  }

  /** All of what is kept of the present user, as it is stored: for developer tools. */
  async inspect(): Promise<
    readonly { readonly head: DatasetHead; readonly records: readonly KeptRecord[] }[]
  > {
    const { owner } = await this.#opening;
    const heads = await this.#store.datasets(owner);
    const kept = await Promise.all(heads.map((head) => this.#store.load(owner, head.name)));
    return kept.filter((dataset) => dataset !== undefined);
  }

  /** Stops everything and closes the store. Edits that were accepted are written first. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#lifetime.signal.aborted) return;
    this.#stopWatching();
    for (const { auto } of this.#datasets.values()) auto?.close();
    this.#lifetime.abort(new SyncError('ABORTED', 'The client is closed.'));
    this.#userLifetime.abort(this.#lifetime.signal.reason);
    await this.#opening.catch(() => undefined);
    await Promise.all([...this.#datasets.values()].map(({ dataset }) => dataset[Symbol.asyncDispose]()));
    this.#channel.close();
    await this.#store.close();
  }

  async #open(fetch: typeof globalThis.fetch, endpoint: string): Promise<Session> {
    const session = await Session.open(
      {
        store: this.#store,
        endpoint,
        fetch,
        now: () => this.#connection.now(),
        signal: this.#lifetime.signal,
      },
      this.#options.identity,
    );
    await this.#welcome(session);
    this.#channel.send({ kind: 'hello' } satisfies Message);
    return session;
  }

  /** What is to be done whenever somebody is the user from now on, in this tab. */
  async #welcome(session: Session): Promise<void> {
    const { known, owner } = session;
    this.#status.update({ identity: known });
    this.#deviceId = known && (await this.#store.note(deviceNote(owner)));
    if (!known) return;
    const { arrival } = session;
    if (arrival) await this.#move(arrival.from, owner, arrival.isMerged);
    await session.arrived();
    // A tab that did not know of the user yet may have written for nobody.
    await this.#move('', owner, false);
    this.#listen(session, known);
  }

  async #attach(open: OpenDataset): Promise<void> {
    const session = await this.#opening;
    const { owner } = session;
    const { name } = open.dataset;
    const replica = await Replica.open({
      store: this.#store,
      owner,
      name,
      now: () => this.#connection.now(),
    });
    if (owner !== session.owner) return this.#attach(open);
    replica.announceTo(this.#channel);
    open.sessionToken = undefined;
    await open.dataset.attach(replica);
    open.auto?.now();
  }

  #autoSync(dataset: Dataset, { autoSync = true }: DatasetOptions): AutoSync | undefined {
    const wanted = this.#options.autoSync ?? true;
    if (!autoSync || wanted === false) return undefined;
    return new AutoSync(wanted === true ? {} : wanted, {
      clock: this.#clock,
      random: this.#options.random ?? Math.random,
      retry: this.#retry,
      connectivity: this.#connectivity,
      isLive: () => this.#status.get().live === 'live',
      pending: () => dataset.state.get().pending,
      syncCount: () => dataset.state.get().syncCount,
      sync: (options) => dataset.sync(options),
    });
  }

  async #sync(open: OpenDataset, options: SyncOptions, signal: AbortSignal): Promise<SyncResult> {
    const { dataset } = open;
    const startedAt = this.#clock.now();
    const timeout = new AbortController();
    const timeoutMs = options.timeoutMs ?? defaultSyncTimeoutMs;
    const cancel = this.#clock.setTimer(() => {
      const message = `The sync of '${dataset.name}' did not end in ${timeoutMs} ms.`;
      timeout.abort(new SyncError('TIMEOUT', message, { retryable: true, dataset: dataset.name }));
    }, timeoutMs);
    const ends = AbortSignal.any([signal, timeout.signal, this.#lifetime.signal]);
    try {
      await this.#whenOnline(options.whenOnline === true, ends);
      const session = await this.#opening;
      const identity = await this.#settledIdentity(session, ends);
      const pinned = AbortSignal.any([ends, this.#userLifetime.signal]);
      const name = `holdall:sync:${identity.identityId}:${dataset.name}`;
      const report = await this.#tabs.exclusively(name, pinned, () =>
        this.#run(open, session, identity, options, pinned),
      );
      const replica = dataset.replica;
      const result = report.result(replica?.head.syncCount ?? 0, this.#clock.now() - startedAt, (key) =>
        dataset.keyOf(key),
      );
      this.#events.tell({ type: 'sync', at: startedAt, dataset: dataset.name, outcome: result });
      return result;
    } catch (error) {
      const failure = syncFailure(error, dataset.name);
      this.#events.tell({ type: 'sync', at: startedAt, dataset: dataset.name, outcome: failure });
      throw failure;
    } finally {
      cancel();
    }
  }

  async #run(
    open: OpenDataset,
    session: Session,
    identity: Identity,
    options: SyncOptions,
    signal: AbortSignal,
  ): Promise<SyncReport> {
    const { dataset } = open;
    const { replica } = dataset;
    if (!replica || replica.owner !== identity.identityId) throw identityChanged();
    const report = new SyncReport();
    const sessionToken = options.keepalive ? open.sessionToken : undefined;
    open.sessionToken = undefined;
    open.sessionToken = await runSync({
      replica,
      identity,
      session,
      api: this.#api,
      judge: dataset.judge(),
      report,
      clock: this.#clock,
      retry: this.#retry,
      signal,
      push: options.direction !== 'pull',
      full: options.full ?? false,
      foldsMerged: dataset.options.foldMerged ?? true,
      keepalive: options.keepalive ?? false,
      deviceId: this.#deviceId,
      sessionToken,
      claimant: await claimantOf(this.#store),
    });
    return report;
  }

  /** Who the user is, and their data in place. */
  async #settledIdentity(session: Session, signal: AbortSignal): Promise<Identity> {
    const identity = await session.identity(signal);
    if (identity.identityId !== session.owner) {
      const { mergedGuest, ...rest } = identity;
      await this.#become(session, rest, undefined, 'merge', mergedGuest);
    }
    return identity;
  }

  /**
   * What the guest changed goes to the service while the guest is one: an update whose answer got lost must be cleared
   * up before it is part of somebody else's data. A guest whom the service refuses can have no such update.
   */
  async #sendGuestData(session: Session): Promise<void> {
    for (const { name } of await this.#store.datasets(session.owner)) {
      const kept = await this.#store.load(session.owner, name);
      if (!kept?.head.deletion && !kept?.records.some((record) => record.sent || isDirty(record))) continue;
      const open = this.#datasets.get(name) ?? this.#make(name, { autoSync: false });
      try {
        if (!this.#datasets.has(name)) await this.#attach(open);
        await open.dataset.sync();
      } catch (error) {
        const isRefused = error instanceof SyncError && !error.retryable;
        if (!isRefused && kept.records.some((record) => record.sent)) throw error;
      } finally {
        if (!this.#datasets.has(name)) await open.dataset[Symbol.asyncDispose]();
      }
    }
  }

  /** Another user from now on. Nothing of a user who is known is ever given to another. */
  async #become(
    session: Session,
    identity: Identity | undefined,
    provider: IdentityProvider | undefined,
    guestData: 'merge' | 'keep' | 'discard',
    isMerged = false,
  ): Promise<void> {
    const signal = this.#lifetime.signal;
    await this.#tabs.exclusively('holdall:user', signal, async () => {
      const { known, owner } = session;
      if (identity !== undefined && identity.identityId === owner) return session.settle(identity, provider);
      await this.#suspend();
      try {
        const isArriving = identity && (known === undefined || known.guest) && guestData === 'merge';
        await session.settle(identity, provider, isArriving ? { from: owner, isMerged } : undefined);
        if (identity && known?.guest && guestData === 'discard') await eraseOwner(this.#store, owner);
      } finally {
        await this.#resume(session);
      }
      this.#channel.send({ kind: 'identity', identity } satisfies Message);
    });
  }

  /** Ends what runs for the present user, and lets no edit begin. */
  async #suspend(): Promise<void> {
    this.#userLifetime.abort(identityChanged());
    this.#userLifetime = new AbortController();
    await Promise.all([...this.#datasets.values()].map(({ dataset }) => dataset.suspend()));
  }

  async #resume(session: Session): Promise<void> {
    await this.#welcome(session);
    await Promise.all([...this.#datasets.values()].map((open) => this.#attach(open)));
  }

  #move(from: Owner, to: Owner, isMerged: boolean): Promise<void> {
    const judge = (name: string) => this.#datasets.get(name)?.dataset.judge();
    return moveDatasets({ store: this.#store, from, to, isMerged, now: () => this.#connection.now(), judge });
  }

  #listen(session: Session, identity: Identity): void {
    const { signal } = this.#userLifetime;
    this.#options
      .live?.({
        identity,
        signal,
        session,
        tabs: this.#tabs,
        clock: this.#clock,
        retry: this.#retry,
        connection: this.#connection,
        whenAwake: () => whenConnected(this.#connectivity, (it) => it.isOnline && it.isVisible, signal),
        leads: (isLeader) => this.#status.update({ isLeader }),
        became: (live) => {
          this.#status.update({ live });
          this.#channel.send({ kind: 'live', state: live } satisfies Message);
        },
        changed: (notice) => {
          this.#channel.send({ kind: 'change', notice } satisfies Message);
          this.#changedElsewhere(notice, 0);
        },
      })
      .catch(() => this.#status.update({ live: 'off' }));
  }

  #changedElsewhere({ identityId, datasetName, syncCount }: ChangeNotice, delayMs: number): void {
    if (identityId !== this.#status.get().identity?.identityId) return;
    this.#datasets.get(datasetName)?.auto?.changedElsewhere(syncCount, delayMs);
  }

  #received(message: Message): void {
    switch (message.kind) {
      case 'identity':
        void this.#follow(message.identity).catch(() => undefined);
        break;
      case 'change':
        // The tab that listens goes first; what it brings here need not be asked for again.
        this.#changedElsewhere(message.notice, 300 + 500 * (this.#options.random ?? Math.random)());
        break;
      case 'live':
        this.#status.update({ live: message.state });
        break;
      case 'hello':
        if (this.#status.get().isLeader) {
          this.#channel.send({ kind: 'live', state: this.#status.get().live } satisfies Message);
        }
        break;
      default:
        for (const { dataset } of this.#datasets.values()) dataset.replica?.follow(message);
    }
  }

  /** Another tab has another user. */
  async #follow(identity: Identity | undefined): Promise<void> {
    const session = await this.#opening;
    if (identity?.identityId === session.known?.identityId) return;
    await this.#suspend();
    session.adopt(identity);
    await this.#resume(session);
  }

  #noticed(event: 'changed' | 'leaving'): void {
    const { isOnline, isVisible } = this.#connectivity;
    this.#status.update({ isOnline });
    for (const { auto } of this.#datasets.values()) {
      if (event === 'leaving') auto?.leaving();
      else if (isOnline && isVisible) auto?.now();
    }
  }

  async #whenOnline(waits: boolean, signal: AbortSignal): Promise<void> {
    if (!this.#connectivity.isOnline && !waits) {
      throw new SyncError('OFFLINE', 'The device is offline.', { retryable: true });
    }
    await whenConnected(this.#connectivity, ({ isOnline }) => isOnline, signal);
  }
}

/** A client for one user's datasets: see `SyncClientOptions`. Nothing is asked of the network before it is needed. */
export function createSyncClient(options: SyncClientOptions): SyncClient {
  return new SyncClient(options);
}

function checkedEndpoint(endpoint: string): string {
  if (!URL.canParse(endpoint)) {
    throw new SyncError(
      'INVALID',
      `'${endpoint}' is no URL: the endpoint must be one, such as https://sync.example.com.`,
    );
  }
  return endpoint.replace(/\/+$/, '');
}

const deviceNote = (owner: Owner) => `device:${owner}`;

const identityChanged = () => new SyncError('ABORTED', 'The user changed meanwhile.', { retryable: true });

function syncFailure(error: unknown, dataset: string): SyncError {
  if (error instanceof SyncError) return error;
  return new SyncError('ABORTED', `The sync of '${dataset}' was ended.`, { cause: error, dataset });
}
