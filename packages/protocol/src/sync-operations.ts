import type { ErrorName } from './errors.ts';
import type { Operations, Service } from './operation.ts';
import type { Members } from './shape.ts';
import * as shapes from './shapes.ts';

const pool = { IdentityPoolId: { shape: shapes.regionalId, required: true, in: 'path' } } as const;
const identity = { ...pool, IdentityId: { shape: shapes.regionalId, required: true, in: 'path' } } as const;
const dataset = {
  ...identity,
  DatasetName: { shape: shapes.datasetName, required: true, in: 'path' },
} as const;
const subscription = {
  ...dataset,
  DeviceId: { shape: shapes.deviceId, required: true, in: 'path' },
} as const;
const page = {
  NextToken: { shape: shapes.text, in: 'query', wire: 'nextToken' },
  MaxResults: { shape: shapes.integer, in: 'query', wire: 'maxResults' },
} as const satisfies Members;

const configuration = {
  IdentityPoolId: { shape: shapes.regionalId },
  PushSync: { shape: shapes.pushSync },
  CognitoStreams: { shape: shapes.cognitoStreams },
} as const;

const always = ['InvalidParameterException', 'NotAuthorizedException', 'InternalErrorException'] as const;
const usual = [...always, 'TooManyRequestsException'] as const satisfies readonly ErrorName[];

/** The 17 operations of Amazon Cognito Sync, API version 2014-06-30. */
export const syncOperations = {
  BulkPublish: {
    method: 'POST',
    path: '/identitypools/{IdentityPoolId}/bulkpublish',
    callers: ['developer'],
    input: pool,
    output: { IdentityPoolId: { shape: shapes.regionalId } },
    errors: [...always, 'ResourceNotFoundException', 'DuplicateRequestException', 'AlreadyStreamedException'],
    doc: "Starts to publish all datasets of the pool to the pool's stream.",
  },
  DeleteDataset: {
    method: 'DELETE',
    path: '/identitypools/{IdentityPoolId}/identities/{IdentityId}/datasets/{DatasetName}',
    callers: ['identity', 'developer'],
    input: dataset,
    output: { Dataset: { shape: shapes.dataset } },
    errors: [...usual, 'ResourceNotFoundException', 'ResourceConflictException'],
    doc: 'Deletes a dataset with all its records, for good, and answers what was deleted.',
  },
  DescribeDataset: {
    method: 'GET',
    path: '/identitypools/{IdentityPoolId}/identities/{IdentityId}/datasets/{DatasetName}',
    callers: ['identity', 'developer'],
    input: dataset,
    output: { Dataset: { shape: shapes.dataset } },
    errors: [...usual, 'ResourceNotFoundException'],
    doc: 'Size, dates and last writer of one dataset.',
  },
  DescribeIdentityPoolUsage: {
    method: 'GET',
    path: '/identitypools/{IdentityPoolId}',
    callers: ['developer'],
    input: pool,
    output: { IdentityPoolUsage: { shape: shapes.identityPoolUsage } },
    errors: [...usual, 'ResourceNotFoundException'],
    doc: 'How much a pool stores.',
  },
  DescribeIdentityUsage: {
    method: 'GET',
    path: '/identitypools/{IdentityPoolId}/identities/{IdentityId}',
    callers: ['identity', 'developer'],
    input: identity,
    output: { IdentityUsage: { shape: shapes.identityUsage } },
    errors: [...usual, 'ResourceNotFoundException'],
    doc: 'How much one identity stores, in how many datasets.',
  },
  GetBulkPublishDetails: {
    method: 'POST',
    path: '/identitypools/{IdentityPoolId}/getBulkPublishDetails',
    callers: ['developer'],
    readOnly: true,
    input: pool,
    output: {
      IdentityPoolId: { shape: shapes.regionalId },
      BulkPublishStartTime: { shape: shapes.timestamp },
      BulkPublishCompleteTime: { shape: shapes.timestamp },
      BulkPublishStatus: {
        shape: { type: 'string', values: ['NOT_STARTED', 'IN_PROGRESS', 'FAILED', 'SUCCEEDED'] },
      },
      FailureMessage: { shape: shapes.text },
    },
    errors: [...always, 'ResourceNotFoundException'],
    doc: 'The state of the last bulk publish of the pool.',
  },
  GetCognitoEvents: {
    method: 'GET',
    path: '/identitypools/{IdentityPoolId}/events',
    callers: ['developer'],
    input: pool,
    output: { Events: { shape: shapes.events } },
    errors: [...usual, 'ResourceNotFoundException'],
    doc: 'Which function is called for which event of the pool.',
  },
  GetIdentityPoolConfiguration: {
    method: 'GET',
    path: '/identitypools/{IdentityPoolId}/configuration',
    callers: ['developer'],
    input: pool,
    output: configuration,
    errors: [...usual, 'ResourceNotFoundException'],
    doc: "The pool's push sync and stream settings.",
  },
  ListDatasets: {
    method: 'GET',
    path: '/identitypools/{IdentityPoolId}/identities/{IdentityId}/datasets',
    callers: ['identity', 'developer'],
    input: { ...identity, ...page },
    output: {
      Datasets: { shape: { type: 'list', member: shapes.dataset } },
      Count: { shape: shapes.integer },
      NextToken: { shape: shapes.text },
    },
    errors: usual,
    doc: "The identity's datasets, a page at a time.",
  },
  ListIdentityPoolUsage: {
    method: 'GET',
    path: '/identitypools',
    callers: ['developer'],
    limitsItself: true,
    input: page,
    output: {
      IdentityPoolUsages: { shape: { type: 'list', member: shapes.identityPoolUsage } },
      MaxResults: { shape: shapes.integer },
      Count: { shape: shapes.integer },
      NextToken: { shape: shapes.text },
    },
    errors: usual,
    doc: 'How much each pool stores, a page at a time.',
  },
  ListRecords: {
    method: 'GET',
    path: '/identitypools/{IdentityPoolId}/identities/{IdentityId}/datasets/{DatasetName}/records',
    callers: ['identity', 'developer'],
    input: {
      ...dataset,
      LastSyncCount: { shape: shapes.long, in: 'query', wire: 'lastSyncCount' },
      ...page,
      SyncSessionToken: { shape: shapes.text, in: 'query', wire: 'syncSessionToken' },
    },
    output: {
      Records: { shape: { type: 'list', member: shapes.record } },
      NextToken: { shape: shapes.text },
      Count: { shape: shapes.integer },
      DatasetSyncCount: { shape: shapes.long },
      LastModifiedBy: { shape: shapes.text },
      MergedDatasetNames: { shape: { type: 'list', member: shapes.text } },
      DatasetExists: { shape: shapes.boolean },
      DatasetDeletedAfterRequestedSyncCount: { shape: shapes.boolean },
      SyncSessionToken: { shape: shapes.text },
    },
    errors: usual,
    doc: 'What changed in a dataset after a sync count, and a token with which to send changes.',
  },
  RegisterDevice: {
    method: 'POST',
    path: '/identitypools/{IdentityPoolId}/identity/{IdentityId}/device',
    callers: ['identity'],
    input: {
      ...identity,
      Platform: {
        shape: { type: 'string', values: ['APNS', 'APNS_SANDBOX', 'GCM', 'ADM'] },
        required: true,
      },
      Token: { shape: shapes.pushToken, required: true },
    },
    output: { DeviceId: { shape: shapes.deviceId } },
    errors: [...usual, 'ResourceNotFoundException', 'InvalidConfigurationException'],
    doc: 'Makes a device known, so that it can be told of changes.',
  },
  SetCognitoEvents: {
    method: 'POST',
    path: '/identitypools/{IdentityPoolId}/events',
    callers: ['developer'],
    input: { ...pool, Events: { shape: shapes.events, required: true } },
    errors: [...usual, 'ResourceNotFoundException'],
    doc: 'Sets the function for an event of the pool; an empty ARN removes it.',
  },
  SetIdentityPoolConfiguration: {
    method: 'POST',
    path: '/identitypools/{IdentityPoolId}/configuration',
    callers: ['developer'],
    input: {
      ...pool,
      PushSync: { shape: shapes.pushSync },
      CognitoStreams: { shape: shapes.cognitoStreams },
    },
    output: configuration,
    errors: [...usual, 'ResourceNotFoundException', 'ConcurrentModificationException'],
    doc: "Sets the pool's push sync or stream settings; what is not given stays.",
  },
  SubscribeToDataset: {
    method: 'POST',
    path: '/identitypools/{IdentityPoolId}/identities/{IdentityId}/datasets/{DatasetName}/subscriptions/{DeviceId}',
    callers: ['identity'],
    input: subscription,
    output: {},
    errors: [...usual, 'ResourceNotFoundException', 'InvalidConfigurationException'],
    doc: 'Has a device told when other devices change the dataset.',
  },
  UnsubscribeFromDataset: {
    method: 'DELETE',
    path: '/identitypools/{IdentityPoolId}/identities/{IdentityId}/datasets/{DatasetName}/subscriptions/{DeviceId}',
    callers: ['identity'],
    input: subscription,
    output: {},
    errors: [...usual, 'ResourceNotFoundException', 'InvalidConfigurationException'],
    doc: 'Ends a subscription.',
  },
  UpdateRecords: {
    // 1 MiB of keys and values, every byte escaped (`\u0001`), and the other members of as many patches as may be.
    mostBodyBytes: 8 * 1024 * 1024,
    method: 'POST',
    path: '/identitypools/{IdentityPoolId}/identities/{IdentityId}/datasets/{DatasetName}',
    callers: ['identity', 'developer'],
    input: {
      ...dataset,
      DeviceId: { shape: shapes.deviceId },
      RecordPatches: { shape: { type: 'list', member: shapes.recordPatch } },
      SyncSessionToken: { shape: shapes.text, required: true },
      ClientContext: { shape: shapes.text, in: 'header', wire: 'x-amz-Client-Context' },
    },
    output: { Records: { shape: { type: 'list', member: shapes.record } } },
    errors: [
      ...usual,
      'ResourceNotFoundException',
      'LimitExceededException',
      'ResourceConflictException',
      'InvalidLambdaFunctionOutputException',
      'LambdaSocketTimeoutException',
      'LambdaThrottledException',
    ],
    doc: 'Writes records, all or none, unless another device changed one of them first.',
  },
} as const satisfies Operations;

export const syncService = {
  target: 'AWSCognitoSyncService',
  namespace: 'com.amazonaws.cognito.sync.model',
  signingName: 'cognito-sync',
  version: '2014-06-30',
  rest: true,
  constraintError: 'InvalidParameterException',
  operations: syncOperations,
} as const satisfies Service;
