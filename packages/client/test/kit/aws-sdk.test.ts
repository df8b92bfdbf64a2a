import { CognitoIdentityClient, GetIdCommand } from '@aws-sdk/client-cognito-identity';
import {
  CognitoSyncClient,
  type CognitoSyncClientConfig,
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

type Handler = NonNullable<CognitoSyncClientConfig['requestHandler']>;

/** What the SDK gives its handler. */
interface SentRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: BodyInit;
}

/** What the SDK sends its requests with, on any `fetch`. */
function handlerOn(fetchLike: typeof fetch): Handler {
  const handle = async ({ protocol, hostname, path, query = {}, method, headers, body }: SentRequest) => {
    const search = new URLSearchParams(query).toString();
    const response = await fetchLike(`${protocol}//${hostname}${path}${search && `?${search}`}`, {
      method,
      headers,
      ...(body !== undefined && method !== 'GET' && { body }),
    });
    const answered = Object.fromEntries(response.headers);
    return { response: { statusCode: response.status, headers: answered, body: response.body } };
  };
  return { handle } as unknown as Handler;
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
  const credentials = fromCognitoIdentity({ clientConfig: common, identityId });
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
