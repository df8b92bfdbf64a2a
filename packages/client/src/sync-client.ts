import { AutoSync } from './auto-sync.ts';
import type { ChangeNotice } from './change-notice.ts';
import type { SyncClientOptions } from './client-options.ts';
import type { ClientEvent, ClientStatus, Message, UserConnection } from './client-status.ts';
import { type Clock, systemClock } from './clock.ts';
import { browserConnectivity, type Connectivity, whenConnected } from './connectivity.ts';
import { CurrentUser, type SignInOptions, type SignOutOptions } from './current-user.ts';
import { Dataset } from './dataset.ts';
import type { DatasetOptions, DatasetSchema, InputOf, OutputOf, Values } from './dataset-options.ts';
import type { SyncOptions } from './dataset-syncs.ts';
import { claimantOf } from './device-data.ts';
import type { Identity, IdentityProvider } from './identity.ts';
import { checkDatasetName, defaultLimits, type Limits } from './limits.ts';
import { Listeners } from './listeners.ts';

import type { DatasetHead, KeptRecord, LocalStore } from './local-store.ts';
import { Cell, type Readable } from './readable.ts';
import { Replica } from './replica.ts';
import { fullJitter, type RetryPolicy } from './retry.ts';
import { Connection } from './signed-fetch.ts';
import type { SyncResult } from './sync/report.ts';
import { SyncApi } from './sync-api.ts';
import { type SpareSession, syncDataset } from './sync-dataset.ts';
import { SyncError } from './sync-error.ts';
import { type TabChannel, type Tabs, tabsOf } from './tabs.ts';
import { webTabs } from './web-tabs.ts';

interface OpenDataset extends SpareSession {
  readonly dataset: Dataset;
  readonly auto: AutoSync | undefined;
}

const requestTimeoutMs = 30_000;

/** One user's datasets on this device, and their way to the service. Made by `createSyncClient`. */
export class SyncClient implements AsyncDisposable {
  readonly #options: SyncClientOptions;
  readonly #store: LocalStore;
  readonly #clock: Clock;
  /** Those that share the store, once its name is known. */
  #tabs: Tabs;
  readonly #connectivity: Connectivity;
  readonly #retry: RetryPolicy;
  readonly #limits: Limits;
  readonly #connection: Connection;
  readonly #api: SyncApi;
  readonly #datasets = new Map<string, OpenDataset>();
  readonly #events = new Listeners<ClientEvent>();
  readonly #status: Cell<ClientStatus>;
  readonly #lifetime = new AbortController();
  /** To the tabs that share the store. */
  #channel: TabChannel | undefined;
  #claimant = '';
  readonly #opening: Promise<CurrentUser>;
  readonly #stopWatching: () => void;

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
      timeoutMs: options.requestTimeoutMs ?? requestTimeoutMs,
      observed: (request) => this.#events.tell({ type: 'request', ...request }),
    });
    this.#api = new SyncApi(this.#connection);
    this.#status = new Cell<ClientStatus>({
      identity: undefined,
      isOnline: this.#connectivity.isOnline,
      isLeader: false,
      live: options.live ? 'connecting' : 'off',
    });
    this.#stopWatching = this.#connectivity.subscribe((event) => this.#noticed(event));
    this.#opening = this.#open(fetch, endpoint);
    this.#opening.then(
      () => this.#tell({ kind: 'hello' }),
      (error) => this.#all(async ({ dataset }) => dataset.failed(error)),
    );
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
      signal: this.#lifetime.signal,
      now: () => this.#connection.now(),
      runSync: (wanted, signal) => this.#sync(open, wanted, signal),
      edited: () => open.auto?.edited(),
    });
    const open: OpenDataset = { dataset, auto: this.#autoSync(dataset, options), session: undefined };
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
    return (await this.#opening).signIn(provider, options);
  }

  /** The user leaves the device. @throws SyncError `UNSYNCED` */
  async signOut(options: SignOutOptions = {}): Promise<void> {
    await (await this.#opening).signOut(options);
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
    const user = await this.#opening;
    const ends = AbortSignal.any([this.#lifetime.signal, ...(signal ? [signal] : [])]);
    const identity = await user.identity(ends);
    const ask: UserConnection['ask'] = async (method, path, body) => {
      const request = { method, path, signal: ends, ...(body !== undefined && { body }) };
      return this.#connection.ask(request, await user.credentials(identity, ends));
    };
    return work({ identity, ask });
  }

  /** @internal Updates name this device from now on, so that it is not told of them itself. */
  async rememberDevice(deviceId: string): Promise<void> {
    await (await this.#opening).rememberDevice(deviceId);
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

  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Stops everything and closes the store. Edits that were accepted are written first. Until then a program goes on. */
  async close(): Promise<void> {
    if (this.#lifetime.signal.aborted) return;
    this.#stopWatching();
    for (const { auto } of this.#datasets.values()) auto?.close();
    this.#lifetime.abort(new SyncError('ABORTED', 'The client is closed.'));
    await this.#opening.catch(() => undefined);
    await Promise.all([...this.#datasets.values()].map(({ dataset }) => dataset.close()));
    this.#channel?.close();
    await this.#store.close();
  }

  async #open(fetch: typeof globalThis.fetch, endpoint: string): Promise<CurrentUser> {
    this.#claimant = await claimantOf(this.#store, this.#tabs, this.#lifetime.signal);
    this.#tabs = tabsOf(this.#tabs, this.#claimant);
    this.#channel = this.#tabs.channel('holdall', (message) => this.#received(message as Message));
    return CurrentUser.open({
      store: this.#store,
      tabs: this.#tabs,
      provider: this.#options.identity,
      endpoint,
      fetch,
      now: () => this.#connection.now(),
      clock: this.#clock,
      timeoutMs: this.#options.requestTimeoutMs ?? requestTimeoutMs,
      signal: this.#lifetime.signal,
      suspend: () => this.#all(({ dataset }) => dataset.suspend()),
      resume: () => this.#all((open) => this.#attach(open).catch((error) => open.dataset.failed(error))),
      became: (identity) => {
        this.#status.update({ identity });
        // In the next turn: the one who listens asks for the user, who is still being made when the client opens.
        if (identity) queueMicrotask(() => void this.#opening.then((user) => this.#listen(user, identity)));
      },
      learned: (identity) => this.#status.update({ identity }),
      announce: (identity) => this.#tell({ kind: 'identity', identity }),
      isOpen: (name) => this.#datasets.has(name),
      sync: (name) => this.#syncOnce(name),
    });
  }

  #tell(message: Message): void {
    this.#channel?.send(message);
  }

  async #all(work: (open: OpenDataset) => Promise<void>): Promise<void> {
    await Promise.all([...this.#datasets.values()].map(work));
  }

  /** Also a dataset that the app has not opened. */
  async #syncOnce(name: string): Promise<void> {
    const open = this.#datasets.get(name);
    if (open) return void (await open.dataset.sync());
    const brief = this.#make(name, { autoSync: false });
    try {
      await this.#attach(brief);
      await brief.dataset.sync();
    } finally {
      await brief.dataset.close();
    }
  }

  async #attach(open: OpenDataset): Promise<void> {
    const user = await this.#opening;
    const { owner } = user;
    const { name } = open.dataset;
    await user.receive(name, open.dataset.judge());
    const replica = await Replica.open({
      store: this.#store,
      owner,
      name,
      now: () => this.#connection.now(),
    });
    if (owner !== user.owner) return this.#attach(open);
    if (this.#channel) replica.announceTo(this.#channel);
    open.session = undefined;
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
    const at = this.#clock.now();
    const { name } = open.dataset;
    const ends = AbortSignal.any([signal, this.#lifetime.signal]);
    try {
      const needs = {
        user: await this.#opening,
        claimant: this.#claimant,
        api: this.#api,
        clock: this.#clock,
        retry: this.#retry,
        tabs: this.#tabs,
        connectivity: this.#connectivity,
      };
      const outcome = await syncDataset(open.dataset, open, options, ends, needs);
      this.#events.tell({ type: 'sync', at, dataset: name, outcome });
      return outcome;
    } catch (error) {
      if (error instanceof SyncError) this.#events.tell({ type: 'sync', at, dataset: name, outcome: error });
      throw error;
    }
  }

  #listen(user: CurrentUser, identity: Identity): void {
    const { signal, session } = user;
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
          this.#tell({ kind: 'live', state: live });
        },
        changed: (notice) => {
          this.#tell({ kind: 'change', notice });
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
        this.#opening.then((user) => user.follow(message.identity)).catch(() => undefined);
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
          this.#tell({ kind: 'live', state: this.#status.get().live });
        }
        break;
      default:
        for (const { dataset } of this.#datasets.values()) dataset.replica?.follow(message);
    }
  }

  #noticed(event: 'changed' | 'leaving'): void {
    const { isOnline, isVisible } = this.#connectivity;
    this.#status.update({ isOnline });
    for (const { auto } of this.#datasets.values()) {
      if (event === 'leaving') auto?.leaving();
      else if (isOnline && isVisible) auto?.now();
    }
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
