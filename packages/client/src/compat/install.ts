import type { SyncClientOptions } from '../client-options.ts';
import type { LocalStore } from '../local-store.ts';
import { createSyncClient, type SyncClient } from '../sync-client.ts';
import { AwsUser, type LegacyCredentials } from './aws-user.ts';
import { CognitoSyncManager, StoreInMemory, StoreLocalStorage } from './manager.ts';

interface ServiceSettings {
  readonly endpoint?: unknown;
}

/** What is used of version 2 of the AWS SDK. */
export interface LegacyAws {
  readonly config: {
    // What it is, is seen when a manager is made.
    credentials?: unknown;
    region?: string | undefined;
    endpoint?: unknown;
    readonly [service: string]: unknown;
  };
  CognitoSyncManager?: unknown;
}

/** What `installCompat` is told: where data is kept, and all that a client may be told. */
export interface CompatOptions
  extends Omit<SyncClientOptions, 'endpoint' | 'region' | 'identity' | 'store' | 'autoSync'> {
  /** Where managers keep data; called for each. */
  readonly store: () => LocalStore;
  /** The same for managers that are told `StoreInMemory`: `memoryStore`. */
  readonly memory?: () => LocalStore;
  /** Done with such a store first: `(store) => importLegacyLocalStorage(store, localStorage)`. */
  readonly prepare?: (store: LocalStore) => Promise<unknown>;
}

/** What pages give to `new AWS.CognitoSyncManager`. */
export interface InstalledOptions {
  readonly DataStore?: unknown;
  readonly log?: (message: string) => void;
}

/**
 * Puts `CognitoSyncManager` where amazon-cognito-js puts it. Each manager has a client of its own, made from
 * `AWS.config` as it is then: credentials, region, and the endpoint of `cognitosync`.
 */
export function installCompat(AWS: LegacyAws, options: CompatOptions): void {
  AWS.CognitoSyncManager = class extends CognitoSyncManager {
    readonly #client: SyncClient;

    /** @throws TypeError when `AWS.config.credentials` are not for an identity, or the DataStore is one of the app's own */
    constructor({ DataStore, log }: InstalledOptions = {}) {
      const user = new AwsUser(credentialsOf(AWS));
      const store = storeFor(DataStore, options);
      const client = createSyncClient({
        ...options,
        ...service(AWS),
        identity: user,
        store,
        autoSync: false,
      });
      user.startWith(client, async () => DataStore === StoreInMemory || options.prepare?.(store));
      super({ client, user, ...(log && { log }) });
      this.#client = client;
    }

    /** Ends everything; edits that were accepted are written first. */
    close(): Promise<void> {
      return this.#client[Symbol.asyncDispose]();
    }
  };
}

function storeFor(DataStore: unknown, { store, memory }: CompatOptions): LocalStore {
  const isInMemory = DataStore === StoreInMemory;
  const open = isInMemory ? memory : store;
  if (open && (isInMemory || DataStore === undefined || DataStore === StoreLocalStorage)) return open();
  throw new TypeError('Give installCompat a `store`, or `memory`, instead of a DataStore.');
}

function credentialsOf({ config }: LegacyAws): LegacyCredentials {
  const credentials = config.credentials as Partial<LegacyCredentials> | null | undefined;
  if (typeof credentials?.params?.IdentityPoolId === 'string') return credentials as LegacyCredentials;
  throw new TypeError('AWS.config.credentials must be AWS.CognitoIdentityCredentials by now.');
}

function service({ config }: LegacyAws): { readonly endpoint: string; readonly region: string } {
  const region = config.region ?? 'us-east-1';
  const own = (config.cognitosync as ServiceSettings | undefined)?.endpoint ?? config.endpoint;
  // A text, or an AWS.Endpoint.
  const text = typeof own === 'object' && own !== null && 'href' in own ? own.href : own;
  return {
    endpoint: typeof text === 'string' ? text : `https://cognito-sync.${region}.amazonaws.com`,
    region,
  };
}
