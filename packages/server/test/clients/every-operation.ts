import type { CognitoSync } from '@aws-sdk/client-cognito-sync';
import { syncOperations } from '@holdall/protocol';
import { expect, test } from 'vitest';
import {
  type Credentials,
  createPool,
  newGuest,
  openDataset,
  present,
  refusalOf,
  replace,
  type Scenario,
  syncClient,
} from './scenario.ts';

export type OperationName = keyof typeof syncOperations;

/** Makes a real client call an operation; rejects with an error that has the original's name and message. */
export type Call = (operation: OperationName, input: object, as: Credentials) => Promise<object>;

/** One user's data, and a device for push sync, in a pool of its own. */
interface Home {
  readonly pool: { readonly IdentityPoolId: string };
  readonly ids: { readonly IdentityPoolId: string; readonly IdentityId: string };
  readonly dataset: Home['ids'] & { readonly DatasetName: string };
  readonly deviceId: string;
  /** An open session on the dataset. */
  readonly token: string;
  readonly guest: Credentials;
  readonly developer: Credentials;
}

interface Case {
  readonly as: Credentials;
  /** What the developer sets up first. */
  readonly before?: (developer: CognitoSync) => Promise<unknown>;
  readonly input: object;
  /** What the answer has, among other things. */
  readonly answer: object;
  /** The refusal that clients of the operation have to expect. */
  readonly refusal: {
    readonly as?: Credentials;
    readonly input: object;
    readonly name: string;
    readonly message: string;
  };
}

const roleArn = 'arn:aws:iam::123456789012:role/holdall-sync';
const functionArn = 'arn:aws:lambda:us-east-1:123456789012:function:sync-trigger';
const pushSync = {
  ApplicationArns: ['arn:aws:sns:us-east-1:123456789012:app/GCM/holdall'],
  RoleArn: roleArn,
};
const streams = { StreamName: 'changes', RoleArn: roleArn, StreamingStatus: 'ENABLED' } as const;

const noPool = 'us-east-1:00000000-0000-4000-8000-000000000000';
const unknownPool = {
  input: { IdentityPoolId: noPool },
  name: 'ResourceNotFoundException',
  message: `IdentityPool '${noPool}' not found.`,
};
const notTheirs = {
  name: 'NotAuthorizedException',
  message: 'These credentials are not valid for accessing this resource',
};
const noDataset = {
  name: 'ResourceNotFoundException',
  message: "Dataset 'absent' not found.",
};

const cases: { readonly [Name in OperationName]: (home: Home) => Case } = {
  BulkPublish: ({ developer, pool }) => ({
    as: developer,
    before: (sync) => sync.setIdentityPoolConfiguration({ ...pool, CognitoStreams: streams }),
    input: pool,
    answer: pool,
    refusal: unknownPool,
  }),
  DeleteDataset: ({ guest, dataset, ids }) => ({
    as: guest,
    input: dataset,
    answer: { Dataset: { IdentityId: ids.IdentityId, DatasetName: 'notes', NumRecords: 1, DataStorage: 10 } },
    refusal: { input: { ...ids, DatasetName: 'absent' }, ...noDataset },
  }),
  DescribeDataset: ({ guest, dataset, ids }) => ({
    as: guest,
    input: dataset,
    answer: {
      Dataset: {
        IdentityId: ids.IdentityId,
        DatasetName: 'notes',
        CreationDate: expect.anything(),
        LastModifiedDate: expect.anything(),
        LastModifiedBy: ids.IdentityId,
        NumRecords: 1,
        DataStorage: 10,
      },
    },
    refusal: { input: { ...ids, DatasetName: 'absent' }, ...noDataset },
  }),
  DescribeIdentityPoolUsage: ({ developer, pool }) => ({
    as: developer,
    input: pool,
    answer: { IdentityPoolUsage: { ...pool, LastModifiedDate: expect.anything() } },
    refusal: unknownPool,
  }),
  DescribeIdentityUsage: ({ guest, developer, ids }) => ({
    as: guest,
    input: ids,
    answer: { IdentityUsage: { ...ids, DatasetCount: 1, DataStorage: 10 } },
    refusal: {
      as: developer,
      input: { ...ids, IdentityId: noPool },
      name: 'ResourceNotFoundException',
      message: `Identity '${noPool}' not found.`,
    },
  }),
  GetBulkPublishDetails: ({ developer, pool }) => ({
    as: developer,
    input: pool,
    answer: { ...pool, BulkPublishStatus: 'NOT_STARTED' },
    refusal: unknownPool,
  }),
  GetCognitoEvents: ({ developer, pool }) => ({
    as: developer,
    before: (sync) => sync.setCognitoEvents({ ...pool, Events: { SyncTrigger: functionArn } }),
    input: pool,
    answer: { Events: { SyncTrigger: functionArn } },
    refusal: unknownPool,
  }),
  GetIdentityPoolConfiguration: ({ developer, pool }) => ({
    as: developer,
    before: (sync) => sync.setIdentityPoolConfiguration({ ...pool, CognitoStreams: streams }),
    input: pool,
    answer: {
      ...pool,
      PushSync: pushSync,
      CognitoStreams: streams,
    },
    refusal: unknownPool,
  }),
  ListDatasets: ({ guest, ids }) => ({
    as: guest,
    input: { ...ids, MaxResults: 64 },
    answer: { Datasets: [{ DatasetName: 'notes', NumRecords: 1 }], Count: 1 },
    refusal: { input: { ...ids, IdentityId: noPool }, ...notTheirs },
  }),
  ListIdentityPoolUsage: ({ guest, developer }) => ({
    as: developer,
    input: { MaxResults: 1 },
    answer: { IdentityPoolUsages: [{ IdentityPoolId: expect.any(String) }], MaxResults: 1, Count: 1 },
    refusal: { as: guest, input: {}, ...notTheirs },
  }),
  ListRecords: ({ guest, dataset, ids }) => ({
    as: guest,
    input: { ...dataset, LastSyncCount: 0, MaxResults: 1024 },
    answer: {
      Records: [
        {
          Key: 'title',
          Value: 'Hello',
          SyncCount: 1,
          LastModifiedDate: expect.anything(),
          LastModifiedBy: ids.IdentityId,
          DeviceLastModifiedDate: expect.anything(),
        },
      ],
      Count: 1,
      DatasetSyncCount: 1,
      LastModifiedBy: ids.IdentityId,
      DatasetExists: true,
      DatasetDeletedAfterRequestedSyncCount: false,
      SyncSessionToken: expect.stringMatching(/./),
    },
    refusal: {
      input: { ...dataset, LastSyncCount: 7 },
      name: 'InvalidParameterException',
      message: 'No such SyncCount: 7 exists for this Dataset',
    },
  }),
  RegisterDevice: ({ guest, ids }) => ({
    as: guest,
    input: { ...ids, Platform: 'GCM', Token: 'another-token' },
    answer: { DeviceId: expect.stringMatching(/./) },
    refusal: {
      input: { ...ids, Platform: 'APNS', Token: 'C0FFEE' },
      name: 'InvalidConfigurationException',
      message: `Identity pool ${ids.IdentityPoolId} is not set up for push sync on APNS`,
    },
  }),
  SetCognitoEvents: ({ developer, pool }) => ({
    as: developer,
    input: { ...pool, Events: { SyncTrigger: functionArn } },
    answer: {},
    refusal: { ...unknownPool, input: { ...unknownPool.input, Events: { SyncTrigger: functionArn } } },
  }),
  SetIdentityPoolConfiguration: ({ developer, pool }) => ({
    as: developer,
    input: { ...pool, CognitoStreams: { ...streams, StreamingStatus: 'DISABLED' } },
    answer: {
      ...pool,
      PushSync: pushSync,
      CognitoStreams: { ...streams, StreamingStatus: 'DISABLED' },
    },
    refusal: { ...unknownPool, input: { ...unknownPool.input, CognitoStreams: streams } },
  }),
  SubscribeToDataset: ({ guest, dataset, deviceId }) => ({
    as: guest,
    input: { ...dataset, DeviceId: deviceId },
    answer: {},
    refusal: { input: { ...dataset, DatasetName: 'absent', DeviceId: deviceId }, ...noDataset },
  }),
  UnsubscribeFromDataset: ({ guest, dataset, deviceId }) => ({
    as: guest,
    input: { ...dataset, DeviceId: deviceId },
    answer: {},
    refusal: {
      input: { ...dataset, DeviceId: 'no-such-device' },
      name: 'ResourceNotFoundException',
      message: "Device 'no-such-device' not found.",
    },
  }),
  UpdateRecords: ({ guest, dataset, deviceId, token }) => {
    const patch = { Op: 'replace', Key: 'title', Value: 'Hi' };
    const update = {
      ...dataset,
      DeviceId: deviceId,
      SyncSessionToken: token,
      ClientContext: 'an acceptance',
    };
    return {
      as: guest,
      input: { ...update, RecordPatches: [{ ...patch, SyncCount: 1 }] },
      answer: { Records: [{ Key: 'title', Value: 'Hi', SyncCount: 2, LastModifiedBy: deviceId }] },
      refusal: {
        input: { ...update, RecordPatches: [{ ...patch, SyncCount: 0 }] },
        name: 'ResourceConflictException',
        message: 'Current SyncCount for: title is: 1 not: 0',
      },
    };
  },
};

const operationNames = Object.keys(syncOperations) as OperationName[];

interface Options {
  /** For clients that take long over a call. */
  readonly concurrent?: boolean;
  /** Which operations are refused too; all when absent. */
  readonly refused?: readonly OperationName[];
}

/** Has a client call each operation, once to be answered and once to be refused. */
export function describeEveryOperation(scenario: Scenario, call: Call, options: Options = {}): void {
  const { concurrent = false, refused = operationNames } = options;

  test.for(operationNames)('%s is answered', { concurrent }, async (operation) => {
    const { as, before, input, answer } = cases[operation](await furnish(scenario));
    await before?.(scenario.developer.sync);
    expect(await call(operation, input, as)).toMatchObject(answer);
  });

  test.for(refused)('%s is refused by name and message', { concurrent }, async (operation) => {
    const { as, refusal } = cases[operation](await furnish(scenario));
    const { name, message } = await refusalOf(call(operation, refusal.input, refusal.as ?? as));
    expect({ name, message }).toEqual({ name: refusal.name, message: refusal.message });
  });
}

async function furnish(scenario: Scenario): Promise<Home> {
  const { identity, sync } = scenario.developer;
  const pool = { IdentityPoolId: await createPool(identity) };
  await sync.setIdentityPoolConfiguration({ ...pool, PushSync: pushSync });
  const guest = await newGuest(scenario, pool.IdentityPoolId);
  const dataset = { ...guest.ids, DatasetName: 'notes' };
  const device = syncClient(scenario, guest);
  const notes = openDataset(device, guest, dataset.DatasetName);
  await notes.update([replace('title', 'Hello')]);
  const { DeviceId } = await device.registerDevice({ ...guest.ids, Platform: 'GCM', Token: 'a-token' });
  await device.subscribeToDataset({ ...dataset, DeviceId });
  const { SyncSessionToken } = await notes.list();
  device.destroy();
  return {
    pool,
    ids: guest.ids,
    dataset,
    deviceId: present(DeviceId),
    token: present(SyncSessionToken),
    guest: guest.credentials,
    developer: scenario.server.credentials,
  };
}
