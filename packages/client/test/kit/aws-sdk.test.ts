import { CognitoIdentityClient, GetIdCommand } from '@aws-sdk/client-cognito-identity';
import {
  CognitoSyncClient,
  DeleteDatasetCommand,
  DescribeDatasetCommand,
  DescribeIdentityUsageCommand,
  ListDatasetsCommand,
  ListRecordsCommand,
  NotAuthorizedException,
  RegisterDeviceCommand,
  ResourceConflictException,
  ResourceNotFoundException,
  SubscribeToDatasetCommand,
  UnsubscribeFromDatasetCommand,
  UpdateRecordsCommand,
} from '@aws-sdk/client-cognito-sync';
import { fromCognitoIdentity } from '@aws-sdk/credential-providers';
import { describe, expect, test } from 'vitest';
import { createTestServer } from '../../src/testing/index.ts';

type FetchLike = typeof fetch;
type Handler = NonNullable<ConstructorParameters<typeof CognitoSyncClient>[0]['requestHandler']>;

/** What the SDK sends its requests with, on any `fetch`. */
function handlerOn(fetchLike: FetchLike): Handler {
  return {
    async handle(request, { abortSignal } = {}) {
      const { protocol, hostname, path, query = {}, method, body } = request;
      const search = Object.entries(query).map(
        ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
      );
      const response = await fetchLike(
        `${protocol}//${hostname}${path}${search.length > 0 ? `?${search.join('&')}` : ''}`,
        {
          method,
          headers: request.headers,
          ...(body !== undefined && method !== 'GET' && { body }),
          ...(abortSignal && { signal: abortSignal as AbortSignal }),
        },
      );
      const headers = Object.fromEntries(response.headers);
      return { response: { statusCode: response.status, headers, body: response.body } };
    },
  } as Handler;
}

const server = createTestServer();
const common = {
  region: server.region,
  endpoint: server.url,
  requestHandler: handlerOn(server.fetch),
};

async function newDevice() {
  const identityClient = new CognitoIdentityClient({
    ...common,
    credentials: { accessKeyId: '', secretAccessKey: '' },
  });
  const { IdentityId } = await identityClient.send(
    new GetIdCommand({ IdentityPoolId: server.identityPoolId }),
  );
  const identityId = IdentityId ?? '';
  const credentials = fromCognitoIdentity({ client: identityClient, identityId });
  const client = new CognitoSyncClient({ ...common, credentials });
  const own = { IdentityPoolId: server.identityPoolId, IdentityId: identityId };
  return { client, identityId, own, dataset: { ...own, DatasetName: 'My.data:set-1_x' } };
}

describe("Amazon's own client", () => {
  test('goes through the life of a dataset', async () => {
    const { client, identityId, own, dataset } = await newDevice();
    const listed = await client.send(new ListRecordsCommand(dataset));
    expect(listed).toMatchObject({ Records: [], DatasetExists: false, DatasetSyncCount: 0 });
    const updated = await client.send(
      new UpdateRecordsCommand({
        ...dataset,
        SyncSessionToken: listed.SyncSessionToken,
        RecordPatches: [
          {
            Op: 'replace',
            Key: 'level',
            Value: '4 — ü 😀',
            SyncCount: 0,
            DeviceLastModifiedDate: new Date(1500),
          },
        ],
      }),
    );
    expect(updated.Records).toMatchObject([
      { Key: 'level', Value: '4 — ü 😀', SyncCount: 1, DeviceLastModifiedDate: new Date(1500) },
    ]);
    const described = await client.send(new DescribeDatasetCommand(dataset));
    expect(described.Dataset).toMatchObject({ NumRecords: 1, LastModifiedBy: identityId });
    const { Datasets } = await client.send(new ListDatasetsCommand(own));
    expect(Datasets).toMatchObject([{ DatasetName: dataset.DatasetName }]);
    const usage = await client.send(new DescribeIdentityUsageCommand(own));
    expect(usage.IdentityUsage).toMatchObject({ DatasetCount: 1 });
    const { DeviceId } = await client.send(
      new RegisterDeviceCommand({ ...own, Platform: 'GCM', Token: 't' }),
    );
    await client.send(new SubscribeToDatasetCommand({ ...dataset, DeviceId }));
    await client.send(new UnsubscribeFromDatasetCommand({ ...dataset, DeviceId }));
    await client.send(new DeleteDatasetCommand(dataset));
    expect(server.state()[identityId]?.datasets[dataset.DatasetName]).toEqual({
      exists: false,
      syncCount: 2,
      values: {},
      syncCounts: {},
    });
  });

  test('knows the errors', async () => {
    const { client, identityId, own, dataset } = await newDevice();
    await expect(client.send(new DescribeDatasetCommand(dataset))).rejects.toThrow(ResourceNotFoundException);
    server.write(identityId, dataset.DatasetName, { level: '1' });
    const { SyncSessionToken } = await client.send(new ListRecordsCommand(dataset));
    const stale = new UpdateRecordsCommand({
      ...dataset,
      SyncSessionToken,
      RecordPatches: [{ Op: 'remove', Key: 'level', SyncCount: 0 }],
    });
    const conflict = await client.send(stale).catch((error: unknown) => error);
    expect(conflict).toBeInstanceOf(ResourceConflictException);
    expect(conflict).toMatchObject({ message: 'Current SyncCount for: level is: 1 not: 0' });
    const foreign = new ListDatasetsCommand({ ...own, IdentityId: server.createIdentity().identityId });
    await expect(client.send(foreign)).rejects.toThrow(NotAuthorizedException);
  });
});
