import { CognitoIdentity } from '@aws-sdk/client-cognito-identity';
import {
  CognitoSync,
  type ListRecordsCommandInput,
  type RecordPatch,
  type UpdateRecordsCommandInput,
} from '@aws-sdk/client-cognito-sync';
import { startTestServer, type TestServer, type TestServerOptions } from '@holdall/server/testing';
import { expect } from 'vitest';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A user without a login, and credentials that reach that user's data. */
export interface Guest {
  readonly credentials: Credentials;
  /** What every request about the guest begins with. */
  readonly ids: { readonly IdentityPoolId: string; readonly IdentityId: string };
}

/** A server with one identity pool that admits guests. */
export interface Scenario {
  readonly server: TestServer;
  readonly poolId: string;
  /** How an SDK is pointed at the server. */
  readonly endpoint: { readonly endpoint: string; readonly region: string };
  /** The account's own clients. */
  readonly developer: { readonly identity: CognitoIdentity; readonly sync: CognitoSync };
}

export async function startScenario(options: TestServerOptions = {}): Promise<Scenario> {
  const server = await startTestServer(options);
  const endpoint = { endpoint: server.url, region: server.region };
  const developer = {
    identity: new CognitoIdentity({ ...endpoint, credentials: server.credentials }),
    sync: new CognitoSync({ ...endpoint, credentials: server.credentials }),
  };
  return { server, endpoint, developer, poolId: await createPool(developer.identity) };
}

/** Ends a suite. A fault is a bug of the server's, whatever the client made of it. */
export async function endScenario({ server, developer }: Scenario): Promise<void> {
  developer.identity.destroy();
  developer.sync.destroy();
  await server.close();
  expect(server.faults).toEqual([]);
}

export async function createPool(identity: CognitoIdentity): Promise<string> {
  const pool = await identity.createIdentityPool({
    IdentityPoolName: 'guests welcome',
    AllowUnauthenticatedIdentities: true,
  });
  return present(pool.IdentityPoolId);
}

/** A new user of the pool. */
export async function newGuest({ endpoint, poolId }: Scenario, ofPool = poolId): Promise<Guest> {
  // Neither call is signed, so the client has no credentials.
  const identity = new CognitoIdentity(endpoint);
  const { IdentityId } = await identity.getId({ IdentityPoolId: ofPool });
  const { Credentials } = await identity.getCredentialsForIdentity({ IdentityId });
  identity.destroy();
  return {
    ids: { IdentityPoolId: ofPool, IdentityId: present(IdentityId) },
    credentials: {
      accessKeyId: present(Credentials?.AccessKeyId),
      secretAccessKey: present(Credentials?.SecretKey),
      sessionToken: present(Credentials?.SessionToken),
    },
  };
}

/** A client of one device of the guest. */
export function syncClient({ endpoint }: Scenario, { credentials }: Guest): CognitoSync {
  return new CognitoSync({ ...endpoint, credentials });
}

/** The requests about one dataset, as one device makes them. */
export function openDataset(sync: CognitoSync, { ids }: Guest, DatasetName: string) {
  const dataset = { ...ids, DatasetName };
  const list = (input: Omit<Partial<ListRecordsCommandInput>, keyof typeof dataset> = {}) =>
    sync.listRecords({ ...dataset, ...input });
  return {
    list,
    /** Writes in the session of `SyncSessionToken`, or in one of its own. */
    update: async (
      RecordPatches: RecordPatch[],
      given: Pick<Partial<UpdateRecordsCommandInput>, 'SyncSessionToken' | 'DeviceId'> = {},
    ) => {
      const SyncSessionToken = given.SyncSessionToken ?? (await list()).SyncSessionToken;
      return sync.updateRecords({ ...dataset, RecordPatches, ...given, SyncSessionToken });
    },
    describe: () => sync.describeDataset(dataset),
    delete: () => sync.deleteDataset(dataset),
  };
}

export function replace(Key: string, Value: string, SyncCount = 0): RecordPatch {
  return { Op: 'replace', Key, Value, SyncCount };
}

export function remove(Key: string, SyncCount: number): RecordPatch {
  return { Op: 'remove', Key, SyncCount };
}

export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The answer lacks what it must have.');
  return value;
}

/** The error that a call must end with. */
export async function refusalOf(call: Promise<unknown>): Promise<Error> {
  const outcome = await call.then(
    (answer) => `It was answered: ${JSON.stringify(answer)}`,
    (error: unknown) => error,
  );
  if (!(outcome instanceof Error)) throw new Error(`The call should have been refused. ${outcome}`);
  return outcome;
}
