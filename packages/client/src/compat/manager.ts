import type { SyncClient } from '../sync-client.ts';
import { type Callback, told } from './callbacks.ts';
import { LegacyConflict } from './conflict.ts';
import { LegacyDataset, type LegacyHost } from './dataset.ts';
import { LegacyDatasetMetadata, metadataOf } from './dataset-metadata.ts';
import { openDataset } from './questions.ts';
import { LegacyRecord } from './record.ts';
import { type RemoteMetadata, remoteDatasets } from './remote-datasets.ts';

/** Who the app says the user is, where the client does not know better. */
export interface LegacyUser {
  /** Resolves when the client's user is this one; `asks`: of the service, if need be. */
  settle(asks?: boolean): Promise<void>;
  readonly identityId: string | undefined;
  /** The next user is another, or has yet to sign in. */
  forget(): void;
}

/** What a manager is made of. */
export interface LegacyManagerOptions {
  /** The manager does not close it. */
  readonly client: SyncClient;
  /** Progress, for developers. */
  readonly log?: (message: string) => void;
  readonly user?: LegacyUser;
}

/** Marks where a manager keeps data: see `installCompat`. */
export class StoreInMemory {}
export class StoreLocalStorage {}

/** `AWS.CognitoSyncManager` of amazon-cognito-js 1.1, on a client. Every method calls back and returns a promise. */
export class CognitoSyncManager {
  static readonly Dataset = LegacyDataset;
  static readonly Conflict = LegacyConflict;
  static readonly Record = LegacyRecord;
  static readonly DatasetMetadata = LegacyDatasetMetadata;
  static readonly StoreInMemory = StoreInMemory;
  static readonly StoreLocalStorage = StoreLocalStorage;

  readonly #client: SyncClient;
  readonly #user: LegacyUser | undefined;
  readonly #host: LegacyHost;
  /** What the service said of datasets; of those that were opened at least the name, so that empty ones are listed too. */
  readonly #remote = new Map<string, RemoteMetadata>();

  constructor({ client, user, log }: LegacyManagerOptions) {
    this.#client = client;
    this.#user = user;
    this.#host = {
      settle: (asks) => this.#settle(asks),
      identityId: () => this.getIdentityId(),
      remote: this.#remote,
      log: (message) => log?.(message),
    };
  }

  openOrCreateDataset(name: string, callback?: Callback<LegacyDataset>): Promise<LegacyDataset> {
    return told(this.#open(name), callback);
  }

  /** Of the datasets on this device. */
  listDatasets(callback?: Callback<LegacyDatasetMetadata[]>): Promise<LegacyDatasetMetadata[]> {
    return told(this.#list(), callback);
  }

  /** Of the datasets that the service has, with the sizes that it says. */
  refreshDatasetMetadata(callback?: Callback<LegacyDatasetMetadata[]>): Promise<LegacyDatasetMetadata[]> {
    return told(this.#refreshed(), callback);
  }

  /** Erases what this device has of the user, unsent changes too, and nothing else. The user then has to be told anew. */
  wipeData(callback?: Callback<true>): Promise<true> {
    return told(this.#wiped(), callback);
  }

  /** Undefined before the service has ever told. */
  getIdentityId(): string | undefined {
    return this.#user ? this.#user.identityId : this.#client.status.get().identity?.identityId;
  }

  async #open(name: string): Promise<LegacyDataset> {
    await this.#settle();
    const { core, consent } = openDataset(this.#client, name);
    await core.ready;
    if (!this.#remote.has(name)) this.#remote.set(name, { DatasetName: name });
    return new LegacyDataset(core, consent, this.#host);
  }

  async #list(): Promise<LegacyDatasetMetadata[]> {
    await this.#settle();
    const all = new Map([...this.#remote].map(([name, data]) => [name, new LegacyDatasetMetadata(data)]));
    for (const dataset of await this.#client.inspect()) {
      const { name, deletion } = dataset.head;
      if (!deletion) all.set(name, metadataOf(dataset, this.#remote.get(name)));
    }
    return [...all.values()];
  }

  async #refreshed(): Promise<LegacyDatasetMetadata[]> {
    await this.#settle(true);
    const remote = await remoteDatasets(this.#client);
    for (const data of remote) this.#remote.set(data.DatasetName, data);
    const all = await this.#list();
    return all.filter(({ datasetName }) => remote.some(({ DatasetName }) => DatasetName === datasetName));
  }

  async #wiped(): Promise<true> {
    await this.#client.ready();
    this.#remote.clear();
    this.#user?.forget();
    await this.#client.signOut({ localData: 'erase', discardUnsynced: true });
    // Nobody's data is erased beneath datasets that go on being nobody's.
    for (const dataset of this.#client.openDatasets()) await dataset.replica?.refresh();
    return true;
  }

  async #settle(asks?: boolean): Promise<void> {
    await this.#client.ready();
    await this.#user?.settle(asks);
  }
}
