import {
  createSyncClient,
  type Dataset,
  guest,
  type Identity,
  type LocalStore,
  openIdToken,
  resolvers,
  type SyncClient,
  systemClock,
} from '@holdall/client';
import { emptyMemory, memoryStore } from '@holdall/client/stores/memory';
import { createCrashingStore, createTabs } from '@holdall/client/testing';
import { loginProvider, type World } from './world.ts';

/** What goes wrong with one request. */
export type Trouble = 'none' | 'lost' | 'answer lost' | 'fails' | 'throttled' | 'twice';

export interface Life {
  /** The write of this life at which the device dies; undefined: it lives on. */
  readonly crash: { readonly write: number; readonly moment: 'before' | 'after' } | undefined;
  /** One for each request, over and over. */
  readonly troubles: readonly Trouble[];
}

type Kept = { log: readonly string[]; count: number; x: string; y: string };
type Shortlived = Record<string, string>;

/** A device with two tabs on one store that may crash, behind a network that may fail. */
export class Device {
  readonly name: string;
  readonly #world: World;
  readonly #memory = emptyMemory();
  #tabs = createTabs();
  #life:
    | { crashing: ReturnType<typeof createCrashingStore>; clients: SyncClient[]; isOver: boolean }
    | undefined;
  isOnline = true;
  lives = 0;

  constructor(name: string, world: World) {
    this.name = name;
    this.#world = world;
  }

  /** The store as it is on the disk. */
  disk(): LocalStore {
    return memoryStore(this.#memory);
  }

  get isRunning(): boolean {
    return this.#life !== undefined && !this.#life.crashing.hasCrashed;
  }

  /** Resolves when the device dies; never when it does not. */
  get crashed(): Promise<void> {
    return this.#life?.crashing.crashed ?? new Promise(() => {});
  }

  start({ crash, troubles }: Life): void {
    this.end();
    this.lives += 1;
    const crashing = createCrashingStore(memoryStore(this.#memory), crash);
    const life = { crashing, clients: [] as SyncClient[], isOver: false };
    let request = 0;
    const network: typeof fetch = async (input, init) => {
      if (life.isOver || crashing.hasCrashed) return new Promise(() => {});
      if (!this.isOnline) throw new TypeError('offline');
      const trouble = troubles.length > 0 ? troubles[request++ % troubles.length] : 'none';
      if (trouble === 'lost') throw new TypeError('lost');
      if (trouble === 'fails') return new Response('{}', { status: 500 });
      if (trouble === 'throttled') {
        return new Response('{"message":"Rate exceeded"}', {
          status: 429,
          headers: { 'x-amzn-errortype': 'TooManyRequestsException' },
        });
      }
      const response = await fetch(input, init);
      if (trouble === 'answer lost') {
        await response.arrayBuffer();
        throw new TypeError('answer lost');
      }
      if (trouble !== 'twice') return response;
      await response.arrayBuffer();
      return fetch(input, init);
    };
    life.clients = ['a', 'b'].map((tab) =>
      createSyncClient({
        endpoint: this.#world.url,
        identity: guest({ identityPoolId: this.#world.identityPoolId }),
        store: storeWhile(() => !life.isOver, crashing.store),
        tabs: this.#tabs.tab(`${tab}${this.lives}`).tabs,
        autoSync: false,
        fetch: network,
        clock: systemClock,
        retry: (failures) => (failures < 5 ? 0 : undefined),
      }),
    );
    this.#life = life;
  }

  /** The device loses its power. */
  end(): void {
    if (this.#life) this.#life.isOver = true;
    this.#life = undefined;
    this.#tabs = createTabs();
  }

  /** Both apps are closed in peace. */
  async close(): Promise<void> {
    await Promise.all((this.#life?.clients ?? []).map((client) => client[Symbol.asyncDispose]()));
  }

  client(tab: number): SyncClient {
    const client = this.#life?.clients[tab];
    if (!client) throw new Error(`${this.name} is not running.`);
    return client;
  }

  kept(tab: number): Dataset<Kept> {
    return this.client(tab).dataset<Kept>('kept', {
      codec: { encode: (value) => JSON.stringify(value), decode: (text) => JSON.parse(text) as unknown },
      resolve: { log: resolvers.set, count: resolvers.counter },
    });
  }

  shortlived(tab: number): Dataset<Shortlived> {
    return this.client(tab).dataset('shortlived');
  }

  /** Signs in in both tabs, as an app does that listens to its login. */
  async signIn(user: string): Promise<Identity> {
    const provider = openIdToken({
      identityPoolId: this.#world.identityPoolId,
      provider: loginProvider,
      token: async () => user,
      user,
    });
    const identity = await this.client(0).signIn(provider);
    await this.client(1).signIn(provider);
    return identity;
  }
}

/** The store as tabs share it: closing one does not close it, and a process that is gone gets no answer. */
function storeWhile(isAlive: () => boolean, store: LocalStore): LocalStore {
  const gone = new Promise<never>(() => {});
  return {
    load: (owner, dataset) => (isAlive() ? store.load(owner, dataset) : gone),
    datasets: (owner) => (isAlive() ? store.datasets(owner) : gone),
    owners: () => (isAlive() ? store.owners() : gone),
    commit: (changes) => (isAlive() ? store.commit(changes) : gone),
    note: (name) => (isAlive() ? store.note(name) : gone),
    setNote: (name, text) => (isAlive() ? store.setNote(name, text) : gone),
    close: async () => undefined,
  };
}
