import AWS from 'aws-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Call, describeEveryOperation } from './every-operation.ts';
import { createPool, endScenario, newGuest, present, refusalOf, startScenario } from './scenario.ts';

const scenario = await startScenario();
const { endpoint } = scenario;
beforeAll(() => {
  AWS.config.update({ region: endpoint.region });
});
afterAll(() => endScenario(scenario));

const call: Call = async (operation, input, credentials) => {
  const client = new AWS.CognitoSync({ ...endpoint, credentials });
  const method = `${operation.charAt(0).toLowerCase()}${operation.slice(1)}`;
  return client.makeRequest(method, input).promise();
};

describe('every operation of Cognito Sync', () => describeEveryOperation(scenario, call));

describe('CognitoIdentityCredentials', () => {
  const guestCredentials = (IdentityPoolId: string) =>
    new AWS.CognitoIdentityCredentials({ IdentityPoolId }, { ...endpoint });

  test('gives a guest credentials by the enhanced flow, and keeps the identity when it refreshes', async () => {
    const credentials = guestCredentials(scenario.poolId);
    await credentials.getPromise();
    const { identityId, accessKeyId } = credentials;
    expect(credentials.expireTime.getTime() - Date.now()).toBeGreaterThan(3_500_000);

    await credentials.refreshPromise();
    expect(credentials.identityId).toBe(identityId);
    expect(credentials.accessKeyId).not.toBe(accessKeyId);

    const sync = new AWS.CognitoSync({ ...endpoint, credentials });
    const ids = { IdentityPoolId: scenario.poolId, IdentityId: identityId };
    expect(await sync.listDatasets(ids).promise()).toMatchObject({ Datasets: [], Count: 0 });
  });

  test('says which pool is not there', async () => {
    const refusal = await refusalOf(
      guestCredentials('us-east-1:00000000-0000-4000-8000-000000000000').getPromise(),
    );
    expect(refusal).toMatchObject({ code: 'ResourceNotFoundException', statusCode: 400 });
  });
});

test('an identity pool is created, described, listed and deleted', async () => {
  const identity = new AWS.CognitoIdentity({ ...endpoint, credentials: scenario.server.credentials });
  const IdentityPoolId = await createPool(scenario.developer.identity);
  const pool = await identity.describeIdentityPool({ IdentityPoolId }).promise();
  expect(pool).toMatchObject({ IdentityPoolName: 'guests welcome', AllowUnauthenticatedIdentities: true });
  const { IdentityPools } = await identity.listIdentityPools({ MaxResults: 60 }).promise();
  expect(IdentityPools).toContainEqual({ IdentityPoolId, IdentityPoolName: 'guests welcome' });
  await identity.deleteIdentityPool({ IdentityPoolId }).promise();
  expect(await refusalOf(identity.describeIdentityPool({ IdentityPoolId }).promise())).toMatchObject({
    code: 'ResourceNotFoundException',
    statusCode: 400,
  });
});

describe('a client whose clock is an hour late', () => {
  const lateClient = async (correctClockSkew: boolean) => {
    const { ids, credentials } = await newGuest(scenario);
    const options = { ...endpoint, credentials, correctClockSkew, systemClockOffset: -3_600_000 };
    return { sync: new AWS.CognitoSync(options), ids };
  };

  test('corrects it from our Date header when asked to', async () => {
    const { sync, ids } = await lateClient(true);
    expect(await sync.listDatasets(ids).promise()).toMatchObject({ Count: 0 });
    expect(Math.abs(present(sync.config.systemClockOffset))).toBeLessThan(60_000);
  });

  test('is told that its signature has expired when not', async () => {
    const { sync, ids } = await lateClient(false);
    expect(await refusalOf(sync.listDatasets(ids).promise())).toMatchObject({
      code: 'InvalidSignatureException',
      message: expect.stringContaining('Signature expired'),
      statusCode: 403,
    });
  });
});

test('errors carry status and request id', async () => {
  const { ids, credentials } = await newGuest(scenario);
  const sync = new AWS.CognitoSync({ ...endpoint, credentials });
  const update = { ...ids, DatasetName: 'notes', SyncSessionToken: 'garbage', RecordPatches: [] };
  expect(await refusalOf(sync.updateRecords(update).promise())).toMatchObject({
    code: 'InvalidParameterException',
    message: 'SyncSessionToken not valid for these inputs',
    statusCode: 400,
    retryable: false,
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

test('a record, its dates and its emptiness arrive as they were sent', async () => {
  const { ids, credentials } = await newGuest(scenario);
  const sync = new AWS.CognitoSync({ ...endpoint, credentials });
  const dataset = { ...ids, DatasetName: 'My.data:set-1_x' };
  const changedAt = new Date(1_714_979_289_123);
  const { SyncSessionToken } = await sync.listRecords(dataset).promise();
  const { Records } = await sync
    .updateRecords({
      ...dataset,
      SyncSessionToken: present(SyncSessionToken),
      ClientContext: 'device=é',
      RecordPatches: [
        { Op: 'replace', Key: 'lev el/1:é', Value: '', SyncCount: 0, DeviceLastModifiedDate: changedAt },
        { Op: 'remove', Key: 'never there', Value: 'ignored', SyncCount: 0 },
      ],
    })
    .promise();
  expect(Records).toMatchObject([
    { Key: 'lev el/1:é', Value: '', SyncCount: 1, DeviceLastModifiedDate: changedAt },
    { Key: 'never there', SyncCount: 1 },
  ]);
  expect(Records?.[1]).not.toHaveProperty('Value');
  const listing = await sync.listRecords({ ...dataset, LastSyncCount: 0 }).promise();
  // Nobody else can know the key that was never there, so nobody is told that it is gone.
  expect(listing.Records).toEqual(Records?.slice(0, 1));
});
