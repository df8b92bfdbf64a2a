import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CognitoIdentity } from '@aws-sdk/client-cognito-identity';
import { CognitoSync } from '@aws-sdk/client-cognito-sync';
import { fromCognitoIdentity, fromCognitoIdentityPool } from '@aws-sdk/credential-providers';
import AWS from 'aws-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RealProvider } from '../logins/real-provider.ts';
import {
  type Credentials,
  endScenario,
  newGuest,
  openDataset,
  present,
  replace,
  startScenario,
} from './scenario.ts';

// People who sign in with a real OpenID Connect provider, through each stock client as an app would use it.

const folder = mkdtempSync(join(tmpdir(), 'holdall-sign-in-'));
const file = join(folder, 'login-providers.json');
const provider = await RealProvider.start('app');
writeFileSync(
  file,
  JSON.stringify({ openIdConnect: { [provider.name]: { clientIds: ['app'], issuer: provider.url } } }),
);
/** How far the server's clock is ahead. */
let ahead = 0;
const scenario = await startScenario({ flags: { loginProviders: file }, now: () => Date.now() + ahead });
const { developer, endpoint } = scenario;
const roleArn = 'arn:aws:iam::123456789012:role/app';
/** Calls what is not signed. */
const app = new CognitoIdentity(endpoint);
let poolId: string;

beforeAll(async () => {
  const pool = await developer.identity.createIdentityPool({
    IdentityPoolName: 'app',
    AllowUnauthenticatedIdentities: true,
    AllowClassicFlow: true,
    OpenIdConnectProviderARNs: [`arn:aws:iam::123456789012:oidc-provider/${provider.name}`],
  });
  poolId = present(pool.IdentityPoolId);
  // Clients of v2 that others make for us, such as those of amazon-cognito-js, know the global configuration alone.
  const { endpoint: url, region } = endpoint;
  AWS.config.update({
    region,
    cognitosync: { endpoint: url },
    cognitoidentity: { endpoint: url },
    sts: { endpoint: url },
  });
});
afterAll(async () => {
  app.destroy();
  await endScenario(scenario);
  await provider[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function loginsOf(name: string): Promise<Record<string, string>> {
  return { [provider.name]: (await provider.signIn(name, 'app')).idToken };
}

/** A guest's identity, not yet anybody's. */
async function newGuestId(): Promise<string> {
  return (await newGuest(scenario, poolId)).ids.IdentityId;
}

/** Writes a record with the credentials, and reads it again. */
async function expectToReach(identityId: string, credentials: Credentials): Promise<void> {
  const sync = new CognitoSync({ ...endpoint, credentials });
  const ids = { IdentityPoolId: poolId, IdentityId: identityId };
  const dataset = openDataset(sync, { ids, credentials }, randomUUID());
  await dataset.update([replace('k', 'v')]);
  expect(await dataset.list()).toMatchObject({
    Records: [{ Key: 'k', Value: 'v', LastModifiedBy: identityId }],
  });
  sync.destroy();
}

/** What the server knows of an identity. */
function describeIdentity(IdentityId: string) {
  return developer.identity.describeIdentity({ IdentityId });
}

describe('aws-sdk v3', () => {
  test('fromCognitoIdentityPool leads to the same identity on each device', async () => {
    const onDevice = async (name: string) =>
      fromCognitoIdentityPool({
        identityPoolId: poolId,
        logins: await loginsOf(name),
        clientConfig: endpoint,
      })();
    const [phone, tablet, other] = [await onDevice('v3'), await onDevice('v3'), await onDevice('v3 other')];
    expect(tablet.identityId).toBe(phone.identityId);
    expect(other.identityId).not.toBe(phone.identityId);
    await expectToReach(phone.identityId, phone);
    expect(await describeIdentity(phone.identityId)).toMatchObject({ Logins: [provider.name] });
  });

  test('fromCognitoIdentityPool asks for the token when it needs it', async () => {
    const credentials = await fromCognitoIdentityPool({
      identityPoolId: poolId,
      logins: { [provider.name]: async () => (await provider.signIn('v3 late', 'app')).idToken },
      clientConfig: endpoint,
    })();
    await expectToReach(credentials.identityId, credentials);
  });

  test('fromCognitoIdentity makes the guest the one who signs in', async () => {
    const identityId = await newGuestId();
    const credentials = await fromCognitoIdentity({
      identityId,
      logins: await loginsOf('v3 guest'),
      clientConfig: endpoint,
    })();
    expect(credentials.identityId).toBe(identityId);
    await expectToReach(identityId, credentials);
    expect(await describeIdentity(identityId)).toMatchObject({ Logins: [provider.name] });
    await expect(fromCognitoIdentity({ identityId, clientConfig: endpoint })()).rejects.toThrow(
      "Logins don't match.",
    );
  });
});

/** The provider of v2 as an app would have it; with a role it takes the basic flow. */
async function v2Credentials(params: { Logins?: Record<string, string>; RoleArn?: string }) {
  const credentials = new AWS.CognitoIdentityCredentials({ IdentityPoolId: poolId, ...params });
  await credentials.getPromise();
  return credentials;
}

describe('AWS.CognitoIdentityCredentials of aws-sdk v2', () => {
  test.each([
    ['enhanced', {}],
    ['basic', { RoleArn: roleArn }],
  ])('signs in by the %s flow, and renews what it got', async (flow, role) => {
    const credentials = await v2Credentials({ Logins: await loginsOf(`v2 ${flow}`), ...role });
    const { identityId, accessKeyId } = credentials;
    expect(await describeIdentity(identityId)).toMatchObject({ Logins: [provider.name] });
    await expectToReach(identityId, plain(credentials));
    await credentials.refreshPromise();
    expect(credentials.identityId).toBe(identityId);
    expect(credentials.accessKeyId).not.toBe(accessKeyId);
    await expectToReach(identityId, plain(credentials));
  });

  test.each([
    ['enhanced', {}],
    ['basic', { RoleArn: roleArn }],
  ])('takes a guest who signs in to the identity of the login, by the %s flow', async (flow, role) => {
    const Logins = await loginsOf(`v2 known ${flow}`);
    const { IdentityId: known } = await app.getId({ IdentityPoolId: poolId, Logins });
    const credentials = await v2Credentials(role);
    const guestId = credentials.identityId;
    expect(guestId).not.toBe(known);
    await signInWith(credentials, Logins);
    expect(credentials.identityId).toBe(known);
    await expectToReach(present(known), plain(credentials));
  });
});

function plain({ accessKeyId, secretAccessKey, sessionToken }: AWS.CognitoIdentityCredentials): Credentials {
  return { accessKeyId, secretAccessKey, sessionToken };
}

/** As the manual has it: the logins are set, and the credentials asked for anew. */
async function signInWith(
  credentials: AWS.CognitoIdentityCredentials,
  Logins: Record<string, string>,
): Promise<void> {
  Object.assign(credentials.params, { Logins });
  await credentials.refreshPromise();
}

describe('the AWS CLI', () => {
  /** Debian's. None of these operations is signed: there are no credentials to find. */
  async function aws<Answer>(command: string, flags: Readonly<Record<string, unknown>>): Promise<Answer> {
    const { stdout } = await promisify(execFile)(
      '/usr/bin/aws',
      [
        ...command.split(' '),
        ...['--endpoint-url', endpoint.endpoint, '--output', 'json', '--no-sign-request'],
        ...Object.entries(flags).flatMap(([name, value]) => [
          `--${name}`,
          typeof value === 'string' ? value : JSON.stringify(value),
        ]),
      ],
      {
        env: {
          HOME: folder,
          PATH: '/usr/bin:/bin',
          LANG: 'C.UTF-8',
          AWS_PAGER: '',
          AWS_EC2_METADATA_DISABLED: 'true',
          AWS_DEFAULT_REGION: endpoint.region,
        },
      },
    );
    return JSON.parse(stdout) as Answer;
  }

  test('signs in by the enhanced flow', async () => {
    const logins = await loginsOf('cli');
    const { IdentityId } = await aws<{ IdentityId: string }>('cognito-identity get-id', {
      'identity-pool-id': poolId,
      logins,
    });
    expect(await describeIdentity(IdentityId)).toMatchObject({ Logins: [provider.name] });
    const answer = await aws<{
      IdentityId: string;
      Credentials: { AccessKeyId: string; SecretKey: string; SessionToken: string };
    }>('cognito-identity get-credentials-for-identity', { 'identity-id': IdentityId, logins });
    expect(answer.IdentityId).toBe(IdentityId);
    const { AccessKeyId, SecretKey, SessionToken } = answer.Credentials;
    await expectToReach(IdentityId, {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretKey,
      sessionToken: SessionToken,
    });
  });

  test('signs a guest in by the basic flow', async () => {
    const guestId = await newGuestId();
    const { IdentityId, Token } = await aws<{ IdentityId: string; Token: string }>(
      'cognito-identity get-open-id-token',
      { 'identity-id': guestId, logins: await loginsOf('cli basic') },
    );
    expect(IdentityId).toBe(guestId);
    const answer = await aws<{
      SubjectFromWebIdentityToken: string;
      Credentials: { AccessKeyId: string; SecretAccessKey: string; SessionToken: string };
    }>('sts assume-role-with-web-identity', {
      'role-arn': roleArn,
      'role-session-name': 'cli',
      'web-identity-token': Token,
    });
    expect(answer.SubjectFromWebIdentityToken).toBe(guestId);
    const { AccessKeyId, SecretAccessKey, SessionToken } = answer.Credentials;
    await expectToReach(guestId, {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
    });
  });

  test('says why a token is refused', async () => {
    const logins = { [provider.name]: (await provider.signIn('cli', 'app')).accessToken };
    await expect(aws('cognito-identity get-id', { 'identity-pool-id': poolId, logins })).rejects.toThrow(
      'An error occurred (NotAuthorizedException) when calling the GetId operation: Invalid login token.',
    );
  });
});

// amazon-cognito-js has no types: these are the parts of it that are used here.

type Callback<T> = (error: Error | null, value: T) => void;

interface LibraryDataset {
  putAll(values: Readonly<Record<string, string>>, callback: Callback<unknown>): void;
  getAll(callback: Callback<Record<string, string>>): void;
  synchronize(callbacks: {
    onSuccess: () => void;
    onFailure: (error: Error) => void;
    onDatasetsMerged: (dataset: unknown, names: string[], go: (on: boolean) => void) => void;
  }): void;
}

interface Manager {
  readonly local: {
    deleteDataset(identityId: string, name: string, callback: Callback<unknown>): void;
  };
  openOrCreateDataset(name: string, callback: Callback<LibraryDataset>): void;
}

interface ManagerClass {
  readonly StoreInMemory: unknown;
  new (options: { DataStore: unknown }): Manager;
}

function promised<T>(start: (callback: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value)));
  });
}

describe('amazon-cognito-js', () => {
  let CognitoSyncManager: ManagerClass;
  beforeAll(() => {
    createRequire(import.meta.url)('amazon-cognito-js');
    ({ CognitoSyncManager } = AWS as unknown as { CognitoSyncManager: ManagerClass });
  });

  /** A device of whoever has the credentials. */
  function newDevice(credentials: AWS.CognitoIdentityCredentials) {
    AWS.config.credentials = credentials;
    const manager = new CognitoSyncManager({ DataStore: CognitoSyncManager.StoreInMemory });
    const open = async (name: string) => {
      const dataset = await promised<LibraryDataset>((done) => manager.openOrCreateDataset(name, done));
      return {
        putAll: (values: Readonly<Record<string, string>>) =>
          promised((done) => dataset.putAll(values, done)),
        getAll: () => promised<Record<string, string>>((done) => dataset.getAll(done)),
        deleteLocally: () =>
          promised((done) => manager.local.deleteDataset(credentials.identityId, name, done)),
        /** Answers with the merged datasets that the library told of; then the synchronization ended with them. */
        synchronize: () =>
          new Promise<readonly string[]>((resolve, reject) => {
            let merged: readonly string[] = [];
            dataset.synchronize({
              onSuccess: () => resolve([]),
              onFailure: (error) => (merged.length > 0 ? resolve(merged) : reject(error)),
              // To answer true would end in a method that the library lacks (`_synchronizeInternal`): an app declines,
              // recovers the data, and synchronizes again.
              onDatasetsMerged: (_dataset, names, go) => {
                merged = names;
                go(false);
              },
            });
          }),
      };
    };
    return { open };
  }

  /** What both had, with the user's own theme. */
  const recovered = { theme: 'dark', language: 'de', font: 'serif' };

  /** A user with a login and data of their own, and somebody with data who is still a guest. */
  async function guestOfKnownUser(name: string) {
    const laptopCredentials = await v2Credentials({ Logins: await loginsOf(name) });
    const laptop = await newDevice(laptopCredentials).open('settings');
    await laptop.putAll({ theme: 'dark', language: 'de' });
    expect(await laptop.synchronize()).toEqual([]);

    const credentials = await v2Credentials({});
    const guestId = credentials.identityId;
    const phone = newDevice(credentials);
    const settings = await phone.open('settings');
    await settings.putAll({ theme: 'light', font: 'serif' });
    expect(await settings.synchronize()).toEqual([]);
    return { name, knownId: laptopCredentials.identityId, laptop, credentials, guestId, phone };
  }

  /** The guest signs in; from now on the phone is the known user's. */
  async function signGuestIn(name: string) {
    const scene = await guestOfKnownUser(name);
    const { credentials, knownId, phone } = scene;
    await signInWith(credentials, await loginsOf(name));
    expect(credentials.identityId).toBe(knownId);
    return { ...scene, settings: await phone.open('settings') };
  }

  test('keeps the data of a guest whose login nobody has', async () => {
    const credentials = await v2Credentials({});
    const guestId = credentials.identityId;
    const settings = await newDevice(credentials).open('settings');
    await settings.putAll({ theme: 'light' });
    expect(await settings.synchronize()).toEqual([]);
    await signInWith(credentials, await loginsOf('js fresh'));
    expect(credentials.identityId).toBe(guestId);
    await settings.putAll({ font: 'serif' });
    expect(await settings.synchronize()).toEqual([]);

    const laptop = await newDevice(await v2Credentials({ Logins: await loginsOf('js fresh') })).open(
      'settings',
    );
    expect(await laptop.synchronize()).toEqual([]);
    expect(await laptop.getAll()).toEqual({ theme: 'light', font: 'serif' });
  });

  test('tells of the merged dataset, whose records the app recovers through the low-level client', async () => {
    const { settings, laptop, guestId, knownId, credentials } = await signGuestIn('js known');
    const mergedName = `settings.${guestId}`;
    expect(await settings.synchronize()).toEqual([mergedName]);
    // It stays so until the app has dealt with it.
    expect(await settings.synchronize()).toEqual([mergedName]);

    // The records go from dataset to dataset before the client hears of them: were they put into its own copy, they would
    // be in conflict, and amazon-cognito-js loses what came with a conflict (here the language).
    const sync = new AWS.CognitoSync({ credentials });
    const ids = { IdentityPoolId: poolId, IdentityId: knownId };
    const merged = await sync.listRecords({ ...ids, DatasetName: mergedName }).promise();
    expect(merged).toMatchObject({ DatasetSyncCount: 1, DatasetExists: true, Count: 2 });
    const { Records: guests = [] } = merged;
    expect(guests.map(({ Key, Value, SyncCount }) => [Key, Value, SyncCount]).toSorted()).toEqual([
      ['font', 'serif', 1],
      ['theme', 'light', 1],
    ]);
    const real = await sync.listRecords({ ...ids, DatasetName: 'settings' }).promise();
    expect(real.MergedDatasetNames).toEqual([mergedName]);
    const known = new Set(real.Records?.map(({ Key }) => Key));
    const RecordPatches = guests
      .filter(({ Key }) => !known.has(Key))
      .map(({ Key, Value }) => ({ Op: 'replace', Key: present(Key), Value: present(Value), SyncCount: 0 }));
    const SyncSessionToken = present(real.SyncSessionToken);
    await sync.updateRecords({ ...ids, DatasetName: 'settings', RecordPatches, SyncSessionToken }).promise();
    await sync.deleteDataset({ ...ids, DatasetName: mergedName }).promise();

    expect(await settings.synchronize()).toEqual([]);
    expect(await settings.getAll()).toEqual(recovered);
    expect(await laptop.synchronize()).toEqual([]);
    expect(await laptop.getAll()).toEqual(recovered);
    await expectOneDataset(knownId);
    expect(await describeIdentity(guestId)).toMatchObject({ IdentityId: guestId });
    await expect(app.getCredentialsForIdentity({ IdentityId: guestId })).rejects.toThrow(
      `Identity '${guestId}' is disabled.`,
    );
  });

  test('can synchronize the merged dataset as any other, and so recover and delete it', async () => {
    const { settings, laptop, phone, guestId, knownId } = await signGuestIn('js known too');
    const [mergedName] = await settings.synchronize();
    expect(mergedName).toBe(`settings.${guestId}`);
    const merged = await phone.open(present(mergedName));
    expect(await merged.synchronize()).toEqual([]);
    const guests = await merged.getAll();
    expect(guests).toEqual({ theme: 'light', font: 'serif' });
    await merged.deleteLocally();
    expect(await merged.synchronize()).toEqual([]);

    expect(await settings.synchronize()).toEqual([]);
    await settings.putAll({ ...guests, ...(await settings.getAll()) });
    expect(await settings.synchronize()).toEqual([]);
    expect(await settings.getAll()).toEqual(recovered);
    expect(await laptop.synchronize()).toEqual([]);
    expect(await laptop.getAll()).toEqual(recovered);
    await expectOneDataset(knownId);
  });

  async function expectOneDataset(IdentityId: string): Promise<void> {
    expect(await developer.sync.listDatasets({ IdentityPoolId: poolId, IdentityId })).toMatchObject({
      Datasets: [{ DatasetName: 'settings', NumRecords: 3 }],
      Count: 1,
    });
  }
});

// The last: what was signed before is of no use afterwards.
test('when the keys of the provider rotate, who signs in anew is who they were', async () => {
  const before = await loginsOf('rotated');
  const { IdentityId } = await app.getId({ IdentityPoolId: poolId, Logins: before });
  await provider.rotateKeys();
  // Past the cool-down between two fetches of keys.
  ahead = 15_000;
  const after = await fromCognitoIdentityPool({
    identityPoolId: poolId,
    logins: await loginsOf('rotated'),
    clientConfig: endpoint,
  })();
  expect(after.identityId).toBe(IdentityId);
  await expect(app.getId({ IdentityPoolId: poolId, Logins: before })).rejects.toThrow(
    "Invalid login token. Couldn't verify signed token.",
  );
});
