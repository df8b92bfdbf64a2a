import { createRequire } from 'node:module';
import { CognitoIdentity } from '@aws-sdk/client-cognito-identity';
import { CognitoSync } from '@aws-sdk/client-cognito-sync';
import { createSyncClient, type SyncClient, staticCredentials } from '@holdall/client';
import { installCompat } from '@holdall/client/compat';
import { type Memory, memoryStore } from '@holdall/client/stores/memory';
import { startTestServer } from '@holdall/server/testing';
import AWS from 'aws-sdk';
import { expect } from 'vitest';
import { type Dataset, type Manager, type ManagerClass, promised } from './legacy-api.ts';

export type Library = 'amazon-cognito-js' | 'facade';

/** A user of the pool, and the SDK's credentials for them. */
export interface User {
  readonly credentials: AWS.CognitoIdentityCredentials;
  readonly ids: { readonly IdentityPoolId: string; readonly IdentityId: string };
}

export interface Device {
  readonly manager: Manager;
  readonly dataset: Dataset;
}

export interface Service {
  readonly url: string;
  readonly poolId: string;
  readonly identity: CognitoIdentity;
  readonly sync: CognitoSync;
  /** A guest unless logins are given. */
  newUser(logins?: Readonly<Record<string, string>>): Promise<User>;
  /** One more device of the user: a library with memory of its own. */
  open(library: Library, user: User, name?: string): Promise<Device>;
  /** A client of the new API for the user. */
  client(user: User, options?: { memory?: Memory; fetch?: typeof fetch }): SyncClient;
  /** What the service has, without what differs from run to run. */
  content(user: User, name?: string): Promise<Record<string, string | null>>;
  close(): Promise<void>;
}

/** The page's SDK, on which both libraries are installed. */
export const page = {
  original: undefined as ManagerClass | undefined,
  facade: undefined as ManagerClass | undefined,
};

/** A real server with a pool that admits guests and an app's own logins, and both libraries pointed at it. */
export async function startService(): Promise<Service> {
  const server = await startTestServer();
  const endpoint = { endpoint: server.url, region: server.region };
  const identity = new CognitoIdentity({ ...endpoint, credentials: server.credentials });
  const sync = new CognitoSync({ ...endpoint, credentials: server.credentials });
  const pool = await identity.createIdentityPool({
    IdentityPoolName: 'compat',
    AllowUnauthenticatedIdentities: true,
    DeveloperProviderName: 'login.app',
  });
  const poolId = pool.IdentityPoolId ?? '';
  AWS.config.update({
    region: server.region,
    cognitosync: { endpoint: server.url },
    cognitoidentity: { endpoint: server.url },
  });
  createRequire(import.meta.url)('amazon-cognito-js');
  page.original ??= (AWS as unknown as { CognitoSyncManager: ManagerClass }).CognitoSyncManager;
  const facade: { config: typeof AWS.config; CognitoSyncManager?: ManagerClass } = { config: AWS.config };
  installCompat(facade as unknown as Parameters<typeof installCompat>[0], {
    store: () => memoryStore(),
    memory: () => memoryStore(),
  });
  page.facade = facade.CognitoSyncManager;
  const opened: Manager[] = [];
  const clients: SyncClient[] = [];

  return {
    url: server.url,
    poolId,
    identity,
    sync,
    async newUser(Logins) {
      const params = { IdentityPoolId: poolId, ...(Logins && { Logins }) };
      const credentials = new AWS.CognitoIdentityCredentials(params);
      await credentials.getPromise();
      return { credentials, ids: { IdentityPoolId: poolId, IdentityId: credentials.identityId } };
    },
    async open(library, { credentials }, name = 'settings') {
      const Manager = library === 'facade' ? page.facade : page.original;
      if (!Manager) throw new Error('The libraries are not loaded.');
      AWS.config.credentials = credentials;
      const manager = new Manager({ DataStore: Manager.StoreInMemory });
      opened.push(manager);
      const dataset = await promised<Dataset>((done) => manager.openOrCreateDataset(name, done));
      return { manager, dataset };
    },
    client({ credentials, ids }, { memory, fetch } = {}) {
      const { accessKeyId, secretAccessKey, sessionToken } = credentials;
      const client = createSyncClient({
        endpoint: server.url,
        identity: staticCredentials({
          identityId: ids.IdentityId,
          identityPoolId: poolId,
          accessKeyId,
          secretAccessKey,
          sessionToken,
        }),
        store: memoryStore(memory),
        autoSync: false,
        ...(fetch && { fetch }),
      });
      clients.push(client);
      return client;
    },
    async content({ ids }, name = 'settings') {
      const { Records = [] } = await sync.listRecords({ ...ids, DatasetName: name });
      const entries = Records.map(({ Key = '', Value }): [string, string | null] => [Key, Value ?? null]);
      return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
    },
    async close() {
      for (const manager of opened) await manager.close?.();
      for (const client of clients) await client[Symbol.asyncDispose]();
      identity.destroy();
      sync.destroy();
      await server.close();
      expect(server.faults).toEqual([]);
    },
  };
}
