import {
  type createSyncClient,
  guest,
  type IdentityProvider,
  type LocalStore,
  openIdToken,
  type SyncClient,
  type SyncClientOptions,
  type Tabs,
} from '@holdall/client';

/** A test that plays wherever there is a service, storage and tabs: in Node, and in a browser. */
export interface Scenario {
  readonly name: string;
  play(stage: Stage): Promise<void>;
}

export function scenario(name: string, play: (stage: Stage) => Promise<void>): Scenario {
  return { name, play };
}

/** What differs from place to place. */
export interface Place {
  /** Of a service whose pool admits guests, and users of `login.test` whose tokens are their names. */
  readonly service: { readonly url: string; readonly identityPoolId: string };
  /** What the device of that name has kept: each call opens it once more. */
  store(device: string): LocalStore;
  /** Where clients of that device run together with the test. */
  here(device: string): Promise<Ground>;
  /** A tab of its own. */
  tab(device: string): Promise<Ground>;
}

/** Where a client runs. */
export interface Ground {
  readonly tabs: Tabs;
  readonly store: LocalStore;
  readonly create: typeof createSyncClient;
  /** Ends all that runs there, as when the process is gone. */
  crash(): Promise<void>;
}

export type OpenOptions = Partial<SyncClientOptions>;

export interface Tab {
  readonly client: SyncClient;
  crash(): Promise<void>;
}

/** One device: its storage, and whatever is opened on it. */
export class Device {
  readonly #stage: Stage;
  readonly #name = crypto.randomUUID();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async open(options: OpenOptions = {}): Promise<SyncClient> {
    return this.#client(await this.#stage.place.here(this.#name), options);
  }

  async openTab(options: OpenOptions = {}): Promise<Tab> {
    const ground = await this.#stage.place.tab(this.#name);
    const client = this.#client(ground, options);
    const crash = () => {
      this.#stage.opened.delete(client);
      return ground.crash();
    };
    this.#stage.closers.push(() => ground.crash());
    return { client, crash };
  }

  /** What it has kept, read past all clients. */
  async kept(owner: string, dataset: string) {
    const store = this.store();
    try {
      return await store.load(owner, dataset);
    } finally {
      await store.close();
    }
  }

  /** Whoever opens it closes it. */
  store(): LocalStore {
    return this.#stage.place.store(this.#name);
  }

  #client({ create, tabs, store }: Ground, options: OpenOptions): SyncClient {
    const client = create({
      endpoint: this.#stage.url,
      identity: this.#stage.guest(),
      store,
      tabs,
      autoSync: false,
      // At once: the service is near, and nobody else is there.
      retry: (failures) => (failures < 6 ? 0 : undefined),
      ...options,
    });
    this.#stage.opened.add(client);
    return client;
  }
}

/** A scenario's own users and devices at one service. */
export class Stage {
  readonly place: Place;
  readonly opened = new Set<SyncClient>();
  readonly closers: (() => Promise<void>)[] = [];
  readonly #number = crypto.randomUUID();

  constructor(place: Place) {
    this.place = place;
  }

  get url(): string {
    return this.place.service.url;
  }

  device(): Device {
    return new Device(this);
  }

  guest(): IdentityProvider {
    return guest(this.place.service);
  }

  /** Somebody of that name; another in each scenario. */
  user(name = 'ann'): IdentityProvider {
    const { identityPoolId } = this.place.service;
    const user = `${name}.${this.#number}`;
    return openIdToken({ identityPoolId, provider: 'login.test', token: async () => user, user });
  }

  /** So many clients of one user, each on a device of its own. */
  async devices(count: number, options: OpenOptions = {}): Promise<SyncClient[]> {
    return Promise.all(
      Array.from({ length: count }, () => this.device().open({ identity: this.user(), ...options })),
    );
  }

  async close(): Promise<void> {
    await Promise.all([...this.opened].map((client) => client[Symbol.asyncDispose]()));
    for (const close of this.closers) await close();
  }
}

/** Plays a scenario. @throws whatever it throws */
export async function play({ play }: Scenario, place: Place): Promise<void> {
  const stage = new Stage(place);
  try {
    await play(stage);
  } finally {
    await stage.close();
  }
}
