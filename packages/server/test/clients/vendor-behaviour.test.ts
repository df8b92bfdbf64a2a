import { InvalidParameterException, ResourceNotFoundException } from '@aws-sdk/client-cognito-sync';
import { afterAll, describe, expect, test } from 'vitest';
import {
  createPool,
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

// What the integration tests of the original's own client libraries assert of the live service. Each test is named
// after what is asserted.

const scenario = await startScenario();
const { sync: developer, identity } = scenario.developer;
afterAll(() => endScenario(scenario));

/** A dataset of a new guest, which does not exist yet. */
async function newDataset(name = 'notes') {
  const guest = await newGuest(scenario);
  const sync = syncClient(scenario, guest);
  return { sync, ids: guest.ids, dataset: openDataset(sync, guest, name) };
}

async function newPool() {
  return { IdentityPoolId: await createPool(identity) };
}

describe('ListRecords', () => {
  test('of a dataset that never was succeeds: no records, count 0, DatasetExists false, and a token that is not empty', async () => {
    const { dataset } = await newDataset();
    expect(await dataset.list()).toMatchObject({
      Records: [],
      Count: 0,
      DatasetSyncCount: 0,
      DatasetExists: false,
      DatasetDeletedAfterRequestedSyncCount: false,
      SyncSessionToken: expect.stringMatching(/./),
    });
  });

  test('with a count that the dataset has not reached fails with “No such SyncCount:”', async () => {
    const { dataset } = await newDataset();
    await dataset.update([replace('key', 'value')]);
    const refusal = await refusalOf(dataset.list({ LastSyncCount: 2 }));
    expect(refusal).toBeInstanceOf(InvalidParameterException);
    expect(refusal.message).toBe('No such SyncCount: 2 exists for this Dataset');
    expect(await dataset.list({ LastSyncCount: 1 })).toMatchObject({ Records: [], DatasetSyncCount: 1 });
  });

  test('with a token goes on in that session as often as one likes before a push', async () => {
    const { dataset } = await newDataset();
    const { SyncSessionToken } = await dataset.list();
    for (let times = 0; times < 3; times++) {
      expect(await dataset.list({ SyncSessionToken })).toMatchObject({ SyncSessionToken });
    }
    await dataset.update([replace('key', 'value')], { SyncSessionToken: present(SyncSessionToken) });
  });

  test('with the token of a session that a push has closed fails', async () => {
    const { dataset } = await newDataset();
    const SyncSessionToken = present((await dataset.list()).SyncSessionToken);
    await dataset.update([replace('key', 'value')], { SyncSessionToken });
    expect(await refusalOf(dataset.list({ SyncSessionToken }))).toMatchObject({
      name: 'InvalidParameterException',
      message: 'SyncSessionToken not valid for these inputs',
    });
  });

  test('with the token of a push that was refused succeeds', async () => {
    const { dataset } = await newDataset();
    await dataset.update([replace('key', 'value')]);
    const SyncSessionToken = present((await dataset.list()).SyncSessionToken);
    await refusalOf(dataset.update([replace('key', 'stale')], { SyncSessionToken }));
    expect(await dataset.list({ SyncSessionToken })).toMatchObject({ DatasetSyncCount: 1 });
    await dataset.update([replace('key', 'fresh', 1)], { SyncSessionToken });
  });
});

describe('UpdateRecords', () => {
  test('takes a dataset from count 0 to count 1, and so its records', async () => {
    const { dataset } = await newDataset();
    expect(await dataset.list()).toMatchObject({ DatasetSyncCount: 0 });
    const { Records } = await dataset.update([replace('a', '1'), replace('b', '2')]);
    expect(Records).toMatchObject([
      { Key: 'a', SyncCount: 1 },
      { Key: 'b', SyncCount: 1 },
    ]);
    expect(await dataset.list()).toMatchObject({ DatasetSyncCount: 1, DatasetExists: true, Count: 2 });
  });

  test('accepts the dataset’s count for a key that does not exist', async () => {
    const { dataset } = await newDataset();
    await dataset.update([replace('a', '1')]);
    await dataset.update([replace('a', '2', 1)]);
    const { DatasetSyncCount } = await dataset.list();
    expect(await dataset.update([replace('b', '1', DatasetSyncCount)])).toMatchObject({
      Records: [{ Key: 'b', Value: '1', SyncCount: 3 }],
    });
  });

  test('that writes the value which is there already returns the record', async () => {
    const { dataset } = await newDataset();
    await dataset.update([replace('key', 'same')]);
    expect(await dataset.update([replace('key', 'same', 1)])).toMatchObject({
      Records: [{ Key: 'key', Value: 'same', SyncCount: 2 }],
    });
  });

  test('that removes a record returns it without a value, and listings keep it', async () => {
    const { dataset } = await newDataset();
    await dataset.update([replace('key', 'value')]);
    const { Records } = await dataset.update([remove('key', 1)]);
    expect(Records).toMatchObject([{ Key: 'key', SyncCount: 2 }]);
    expect(Records?.[0]?.Value).toBeUndefined();
    for (const LastSyncCount of [0, 1]) {
      expect((await dataset.list({ LastSyncCount })).Records).toEqual(Records);
    }
  });
});

describe('DeleteDataset', () => {
  test('makes DescribeDataset fail with ResourceNotFoundException, and ListDatasets forget the name', async () => {
    const { dataset, sync, ids } = await newDataset();
    await dataset.update([replace('key', 'value')]);
    expect(await sync.listDatasets(ids)).toMatchObject({ Datasets: [{ DatasetName: 'notes' }] });
    await dataset.delete();
    expect(await refusalOf(dataset.describe())).toBeInstanceOf(ResourceNotFoundException);
    expect(await sync.listDatasets(ids)).toMatchObject({ Datasets: [], Count: 0 });
  });

  test('of a dataset that is not there fails with ResourceNotFoundException', async () => {
    const { dataset } = await newDataset();
    expect(await refusalOf(dataset.delete())).toBeInstanceOf(ResourceNotFoundException);
  });

  test('leaves ListRecords with the old count without an error: DatasetExists false', async () => {
    const { dataset } = await newDataset();
    await dataset.update([replace('key', 'value')]);
    await dataset.delete();
    expect(await dataset.list({ LastSyncCount: 1 })).toMatchObject({ Records: [], DatasetExists: false });
  });

  test('then recreate: a client with the old count sees DatasetDeletedAfterRequestedSyncCount and the new records in the same reply', async () => {
    const { dataset } = await newDataset();
    await dataset.update([replace('old', 'value')]);
    await dataset.delete();
    // As the vendor's test does it: the new key is sent with the count that the listing has just reported.
    const { DatasetSyncCount, SyncSessionToken } = await dataset.list();
    await dataset.update([replace('new', 'value', DatasetSyncCount)], {
      SyncSessionToken: present(SyncSessionToken),
    });
    expect(await dataset.list({ LastSyncCount: 1 })).toMatchObject({
      DatasetExists: true,
      DatasetDeletedAfterRequestedSyncCount: true,
      Records: [{ Key: 'new', Value: 'value' }],
    });
  });

  test('then recreate: a client without a count is not told of the deletion', async () => {
    const { dataset } = await newDataset();
    await dataset.update([replace('old', 'value')]);
    await dataset.delete();
    await dataset.update([replace('new', 'value')]);
    const listing = await dataset.list();
    expect(listing).toMatchObject({ DatasetDeletedAfterRequestedSyncCount: false, Count: 1 });
  });
});

describe('datasets and usage', () => {
  test('DescribeDataset of a dataset that never was fails with ResourceNotFoundException', async () => {
    const { dataset } = await newDataset();
    expect(await refusalOf(dataset.describe())).toBeInstanceOf(ResourceNotFoundException);
  });

  test('ListDatasets of an identity without data succeeds: an empty list', async () => {
    const { sync, ids } = await newDataset();
    expect(await sync.listDatasets(ids)).toMatchObject({ Datasets: [], Count: 0 });
  });

  test('a MaxResults of 1000 is accepted by all three lists', async () => {
    const { dataset, sync, ids } = await newDataset();
    expect(await dataset.list({ MaxResults: 1000 })).toMatchObject({ Count: 0 });
    expect(await sync.listDatasets({ ...ids, MaxResults: 1000 })).toMatchObject({ Count: 0 });
    const usages = await developer.listIdentityPoolUsage({ MaxResults: 1000 });
    expect(usages).toMatchObject({ MaxResults: 1000 });
    expect(usages.IdentityPoolUsages?.length).toBe(usages.Count);
  });

  test('DescribeIdentityPoolUsage gives an unused pool a LastModifiedDate', async () => {
    const pool = await newPool();
    expect(await developer.describeIdentityPoolUsage(pool)).toMatchObject({
      IdentityPoolUsage: { ...pool, DataStorage: 0, LastModifiedDate: expect.any(Date) },
    });
  });

  test('ListDatasets for the pool “INVALID” and the identity “A:B:C” says “validation errors detected”', async () => {
    const refusal = await refusalOf(
      developer.listDatasets({ IdentityPoolId: 'INVALID', IdentityId: 'A:B:C' }),
    );
    expect(refusal).toBeInstanceOf(InvalidParameterException);
    expect(refusal.message).toContain('2 validation errors detected');
  });
});

describe('the settings of a pool', () => {
  const applicationArn = 'arn:aws:sns:us-east-1:123456789012:app/GCM/holdall';
  const roleArn = 'arn:aws:iam::123456789012:role/holdall-sync';
  const functionArn = 'arn:aws:lambda:us-east-1:123456789012:function:sync-trigger';

  test('GetIdentityPoolConfiguration of a new pool has no PushSync', async () => {
    const pool = await newPool();
    const configuration = await developer.getIdentityPoolConfiguration(pool);
    expect(configuration).toMatchObject(pool);
    expect(configuration.PushSync).toBeUndefined();
  });

  test('SetIdentityPoolConfiguration takes application ARNs without a role', async () => {
    const pool = await newPool();
    const PushSync = { ApplicationArns: [applicationArn] };
    expect(await developer.setIdentityPoolConfiguration({ ...pool, PushSync })).toMatchObject({ PushSync });
    const configuration = await developer.getIdentityPoolConfiguration(pool);
    expect(configuration.PushSync).toEqual(PushSync);
  });

  test('SetIdentityPoolConfiguration with an empty PushSync clears it', async () => {
    const pool = await newPool();
    await developer.setIdentityPoolConfiguration({
      ...pool,
      PushSync: { ApplicationArns: [applicationArn], RoleArn: roleArn },
    });
    await developer.setIdentityPoolConfiguration({ ...pool, PushSync: {} });
    expect((await developer.getIdentityPoolConfiguration(pool)).PushSync).toBeUndefined();
  });

  test('GetCognitoEvents of a new pool is an empty map', async () => {
    expect(await developer.getCognitoEvents(await newPool())).toMatchObject({ Events: {} });
  });

  test('SetCognitoEvents sets an event, and takes it away for an empty ARN', async () => {
    const pool = await newPool();
    await developer.setCognitoEvents({ ...pool, Events: { SyncTrigger: functionArn } });
    expect((await developer.getCognitoEvents(pool)).Events).toEqual({ SyncTrigger: functionArn });
    await developer.setCognitoEvents({ ...pool, Events: { SyncTrigger: '' } });
    expect((await developer.getCognitoEvents(pool)).Events).toEqual({});
  });

  test('DeleteIdentityPool makes the pool’s configuration ResourceNotFoundException', async () => {
    const pool = await newPool();
    await identity.deleteIdentityPool(pool);
    expect(await refusalOf(developer.getIdentityPoolConfiguration(pool))).toBeInstanceOf(
      ResourceNotFoundException,
    );
  });
});
