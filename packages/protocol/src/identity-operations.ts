import type { ErrorName } from './errors.ts';
import type { Operations, Service } from './operation.ts';
import type { Members } from './shape.ts';
import * as shapes from './shapes.ts';

const settings = {
  IdentityPoolName: { shape: shapes.poolName, required: true },
  AllowUnauthenticatedIdentities: { shape: shapes.boolean, required: true },
  AllowClassicFlow: { shape: shapes.boolean },
  SupportedLoginProviders: { shape: shapes.supportedLoginProviders },
  DeveloperProviderName: { shape: shapes.developerProviderName },
  OpenIdConnectProviderARNs: { shape: shapes.arnList },
  CognitoIdentityProviders: { shape: shapes.cognitoIdentityProviders },
  SamlProviderARNs: { shape: shapes.arnList },
  IdentityPoolTags: { shape: shapes.tags },
} as const satisfies Members;

const identityPool = {
  IdentityPoolId: { shape: shapes.regionalId, required: true },
  ...settings,
} as const satisfies Members;

const poolId = { IdentityPoolId: { shape: shapes.regionalId, required: true } } as const;

const usual = [
  'InvalidParameterException',
  'NotAuthorizedException',
  'TooManyRequestsException',
  'InternalErrorException',
] as const satisfies readonly ErrorName[];

/** Operations of Amazon Cognito Identity, API version 2014-06-30: those that give out identities for sync. */
export const identityOperations = {
  CreateIdentityPool: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    input: settings,
    output: identityPool,
    errors: [...usual, 'ResourceConflictException', 'LimitExceededException'],
    doc: 'Creates an identity pool.',
  },
  DeleteIdentityPool: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    input: poolId,
    errors: [...usual, 'ResourceNotFoundException'],
    doc: 'Deletes an identity pool with its identities and all their data, for good.',
  },
  DescribeIdentityPool: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    input: poolId,
    output: identityPool,
    errors: [...usual, 'ResourceNotFoundException'],
    doc: 'The settings of a pool.',
  },
  GetCredentialsForIdentity: {
    method: 'POST',
    path: '/',
    callers: ['anyone'],
    input: {
      IdentityId: { shape: shapes.regionalId, required: true },
      Logins: { shape: shapes.logins },
      CustomRoleArn: { shape: shapes.arn },
    },
    output: {
      IdentityId: { shape: shapes.regionalId },
      Credentials: {
        shape: {
          type: 'structure',
          members: {
            AccessKeyId: { shape: shapes.text },
            SecretKey: { shape: shapes.text },
            SessionToken: { shape: shapes.text },
            Expiration: { shape: shapes.timestamp },
          },
        },
      },
    },
    errors: [
      ...usual,
      'ResourceNotFoundException',
      'ResourceConflictException',
      'InvalidIdentityPoolConfigurationException',
      'ExternalServiceException',
    ],
    doc: 'Temporary credentials that reach the data of one identity.',
  },
  GetId: {
    method: 'POST',
    path: '/',
    callers: ['anyone'],
    input: {
      AccountId: { shape: { type: 'string', min: 1, max: 15, pattern: '\\d+' } },
      ...poolId,
      Logins: { shape: shapes.logins },
    },
    output: { IdentityId: { shape: shapes.regionalId } },
    errors: [
      ...usual,
      'ResourceNotFoundException',
      'ResourceConflictException',
      'LimitExceededException',
      'ExternalServiceException',
    ],
    doc: 'A new identity for a guest.',
  },
  ListIdentityPools: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    input: { MaxResults: { shape: shapes.queryLimit, required: true }, NextToken: { shape: shapes.pageKey } },
    output: {
      IdentityPools: {
        shape: {
          type: 'list',
          member: {
            type: 'structure',
            members: {
              IdentityPoolId: { shape: shapes.regionalId },
              IdentityPoolName: { shape: shapes.poolName },
            },
          },
        },
      },
      NextToken: { shape: shapes.pageKey },
    },
    errors: [...usual, 'ResourceNotFoundException'],
    doc: 'All pools, a page at a time.',
  },
} as const satisfies Operations;

export const identityService = {
  target: 'AWSCognitoIdentityService',
  namespace: 'com.amazonaws.cognito.identity.model',
  signingName: 'cognito-identity',
  version: '2014-06-30',
  rest: false,
  constraintError: 'ValidationException',
  flatStatus: 400,
  operations: identityOperations,
} as const satisfies Service;
