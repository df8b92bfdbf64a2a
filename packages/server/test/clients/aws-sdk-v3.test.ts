import {
  NotAuthorizedException as IdentityNotAuthorizedException,
  ResourceNotFoundException as IdentityResourceNotFoundException,
} from '@aws-sdk/client-cognito-identity';
import * as sdk from '@aws-sdk/client-cognito-sync';
import { CognitoSync, CognitoSyncClient, ListRecordsCommand } from '@aws-sdk/client-cognito-sync';
import { fromCognitoIdentityPool } from '@aws-sdk/credential-providers';
import { afterAll, describe, expect, test } from 'vitest';
import { type Call, describeEveryOperation } from './every-operation.ts';
import {
  endScenario,
  newGuest,
  openDataset,
  present,
  refusalOf,
  remove,
  replace,
  startScenario,
  syncClient,
} from './scenario.ts';

const scenario = await startScenario();
const { endpoint, developer } = scenario;
afterAll(() => endScenario(scenario));

type AnyCommand = Parameters<CognitoSyncClient['send']>[0];

/** The SDK's commands and exceptions by name. */
const parts: Readonly<Record<string, unknown>> = sdk;

const call: Call = async (operation, input, credentials) => {
  const client = new CognitoSyncClient({ ...endpoint, credentials });
  try {
    const Command = parts[`${operation}Command`] as new (input: object) => AnyCommand;
    return await client.send(new Command(input));
  } catch (error) {
    expect(error).toBeInstanceOf(parts[(error as Error).name]);
    throw error;
  } finally {
    client.destroy();
  }
};

describe('every operation of Cognito Sync, with errors of the SDK’s classes', () =>
  describeEveryOperation(scenario, call));

describe('identity pools', () => {
  test('are created, described, listed and deleted', async () => {
    const created = await developer.identity.createIdentityPool({
      IdentityPoolName: 'Life cycle',
      AllowUnauthenticatedIdentities: false,
      IdentityPoolTags: { stage: 'test' },
    });
    expect(created).toMatchObject({
      IdentityPoolId: expect.stringMatching(/^us-east-1:[0-9a-f-]{36}$/),
      IdentityPoolName: 'Life cycle',
      AllowUnauthenticatedIdentities: false,
      IdentityPoolTags: { stage: 'test' },
    });
    const pool = { IdentityPoolId: created.IdentityPoolId };

    expect(await developer.identity.describeIdentityPool(pool)).toMatchObject({
      IdentityPoolName: 'Life cycle',
    });
    const { IdentityPools } = await developer.identity.listIdentityPools({ MaxResults: 60 });
    expect(IdentityPools).toContainEqual({ ...pool, IdentityPoolName: 'Life cycle' });

    await developer.identity.deleteIdentityPool(pool);
    const refusal = await refusalOf(developer.identity.describeIdentityPool(pool));
    expect(refusal).toBeInstanceOf(IdentityResourceNotFoundException);
    expect(refusal.message).toBe(`IdentityPool '${pool.IdentityPoolId}' not found.`);
  });

  test('are listed a page at a time', async () => {
    for (const name of ['one', 'two', 'three']) {
      await developer.identity.createIdentityPool({
        IdentityPoolName: name,
        AllowUnauthenticatedIdentities: true,
      });
    }
    const names: unknown[] = [];
    let NextToken: string | undefined;
    do {
      const page = await developer.identity.listIdentityPools({ MaxResults: 2, NextToken });
      names.push(...(page.IdentityPools ?? []).map((pool) => pool.IdentityPoolName));
      ({ NextToken } = page);
    } while (NextToken);
    expect(names).toEqual(expect.arrayContaining(['one', 'two', 'three']));
  });

  test('refuse guests unless they admit them', async () => {
    const { IdentityPoolId } = await developer.identity.createIdentityPool({
      IdentityPoolName: 'Members only',
      AllowUnauthenticatedIdentities: false,
    });
    const refusal = await refusalOf(developer.identity.getId({ IdentityPoolId }));
    expect(refusal).toBeInstanceOf(IdentityNotAuthorizedException);
    expect(refusal.message).toBe('Unauthenticated access is not supported for this identity pool.');
  });
});

describe('guest credentials', () => {
  test('come from fromCognitoIdentityPool, for an hour, and reach the guest’s own data', async () => {
    const credentials = fromCognitoIdentityPool({
      identityPoolId: scenario.poolId,
      clientConfig: endpoint,
    });
    const { identityId, expiration } = await credentials();
    expect(present(expiration).getTime() - Date.now()).toBeGreaterThan(3_590_000);

    const sync = new CognitoSync({ ...endpoint, credentials });
    const ids = { IdentityPoolId: scenario.poolId, IdentityId: identityId };
    expect(await sync.listDatasets(ids)).toMatchObject({ Datasets: [], Count: 0 });
    sync.destroy();
  });

  test('do not reach another guest’s data', async () => {
    const [mine, theirs] = [await newGuest(scenario), await newGuest(scenario)];
    const sync = syncClient(scenario, mine);
    const refusal = await refusalOf(openDataset(sync, theirs, 'notes').list());
    expect(refusal).toBeInstanceOf(sdk.NotAuthorizedException);
    sync.destroy();
  });

  test('are refused for a login that the pool does not know', async () => {
    const credentials = fromCognitoIdentityPool({
      identityPoolId: scenario.poolId,
      logins: { 'graph.facebook.com': 'a-token' },
      clientConfig: endpoint,
    });
    expect(await refusalOf(credentials())).toMatchObject({ name: 'NotAuthorizedException' });
  });
});

test('a client whose clock is an hour late corrects it from our Date header', async () => {
  const guest = await newGuest(scenario);
  const sync = new CognitoSync({
    ...endpoint,
    credentials: guest.credentials,
    systemClockOffset: -3_600_000,
  });
  expect(await sync.listDatasets(guest.ids)).toMatchObject({ Count: 0 });
  expect(Math.abs(sync.config.systemClockOffset)).toBeLessThan(60_000);
  sync.destroy();
});

test('two devices of one user sync, conflict, resolve, delete and begin again', async () => {
  const guest = await newGuest(scenario);
  const [clientA, clientB] = [syncClient(scenario, guest), syncClient(scenario, guest)];
  const a = openDataset(clientA, guest, 'game:save-1');
  const b = openDataset(clientB, guest, 'game:save-1');

  // A writes, B sees it.
  await a.update([replace('level', '1'), replace('name', 'Zoë 🎮')]);
  const seenByB = await b.list();
  expect(seenByB.Records?.map(({ Key, Value, SyncCount }) => [Key, Value, SyncCount])).toEqual([
    ['level', '1', 1],
    ['name', 'Zoë 🎮', 1],
  ]);

  // B moves on; A, who does not know it, conflicts and nothing of its request is written.
  await b.update([replace('level', '2', 1)], { SyncSessionToken: present(seenByB.SyncSessionToken) });
  const conflict = await refusalOf(a.update([replace('level', '3', 1), replace('lives', '9')]));
  expect(conflict).toBeInstanceOf(sdk.ResourceConflictException);
  expect(conflict).toMatchObject({
    message: 'Current SyncCount for: level is: 2 not: 1',
    $metadata: { httpStatusCode: 409, attempts: 1 },
  });

  // A pulls what it missed, and wins the second time.
  const missed = await a.list({ LastSyncCount: 1 });
  expect(missed).toMatchObject({
    Records: [{ Key: 'level', Value: '2', SyncCount: 2 }],
    DatasetSyncCount: 2,
  });
  const resolved = await a.update([replace('level', '3', 2), remove('name', 1)], {
    SyncSessionToken: present(missed.SyncSessionToken),
  });
  expect(resolved.Records?.map(({ Key, Value, SyncCount }) => [Key, Value, SyncCount])).toEqual([
    ['level', '3', 3],
    ['name', undefined, 3],
  ]);

  // B deletes the dataset; A learns of it.
  expect(await b.delete()).toMatchObject({ Dataset: { NumRecords: 1 } });
  expect(await a.list({ LastSyncCount: 3 })).toMatchObject({
    Records: [],
    DatasetExists: false,
    DatasetDeletedAfterRequestedSyncCount: true,
  });

  // B begins again; A sees both the deletion and what came after it.
  await b.update([replace('level', '1')]);
  const again = await a.list({ LastSyncCount: 3 });
  expect(again).toMatchObject({
    Records: [{ Key: 'level', Value: '1' }],
    DatasetExists: true,
    DatasetDeletedAfterRequestedSyncCount: true,
  });
  expect(again.DatasetSyncCount).toBeGreaterThan(3);
  clientA.destroy();
  clientB.destroy();
});

test('a listing of many pages ends at the sync count that its first page reports', async () => {
  const guest = await newGuest(scenario);
  const sync = syncClient(scenario, guest);
  const inventory = openDataset(sync, guest, 'inventory');
  const keys = Array.from({ length: 25 }, (_, index) => `item-${index}`).toSorted();
  await inventory.update(keys.map((key) => replace(key, 'owned')));

  const first = await inventory.list({ MaxResults: 10 });
  // A change between the pages, to a record that is yet to come, belongs to the next listing.
  await inventory.update([replace(present(keys.at(-1)), 'sold', 1)]);
  const pages = [first];
  for (let NextToken = first.NextToken; NextToken !== undefined; ) {
    const page = await sync.send(
      new ListRecordsCommand({ ...guest.ids, DatasetName: 'inventory', MaxResults: 10, NextToken }),
    );
    pages.push(page);
    ({ NextToken } = page);
  }
  expect(pages.map((page) => page.Count)).toEqual([10, 10, 4]);
  expect(pages.map((page) => page.DatasetSyncCount)).toEqual([1, 1, 1]);
  const found = pages.flatMap((page) => page.Records ?? []).map((record) => record.Key);
  expect(found.toSorted()).toEqual(keys.slice(0, -1));
  expect((await inventory.list({ LastSyncCount: 1 })).Records).toMatchObject([
    { Key: keys.at(-1), Value: 'sold' },
  ]);
  sync.destroy();
});

test('datasets and pool usages are listed a page at a time', async () => {
  const guest = await newGuest(scenario);
  const sync = syncClient(scenario, guest);
  for (const name of ['a', 'b', 'c']) await openDataset(sync, guest, name).update([replace('k', 'v')]);

  const first = await sync.listDatasets({ ...guest.ids, MaxResults: 2 });
  expect(first).toMatchObject({ Count: 2, NextToken: expect.any(String) });
  const rest = await sync.listDatasets({ ...guest.ids, MaxResults: 2, NextToken: first.NextToken });
  expect(rest.NextToken).toBeUndefined();
  const names = [...present(first.Datasets), ...present(rest.Datasets)].map((dataset) => dataset.DatasetName);
  expect(names.toSorted()).toEqual(['a', 'b', 'c']);

  const usage = await developer.sync.listIdentityPoolUsage({ MaxResults: 1 });
  const next = await developer.sync.listIdentityPoolUsage({ MaxResults: 1, NextToken: usage.NextToken });
  expect(next.IdentityPoolUsages?.[0]?.IdentityPoolId).not.toBe(
    usage.IdentityPoolUsages?.[0]?.IdentityPoolId,
  );
  sync.destroy();
});
