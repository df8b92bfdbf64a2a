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

const developerUser = {
  ...poolId,
  DeveloperProviderName: { shape: shapes.developerProviderName, required: true },
} as const;

const principalTagMap = {
  IdentityPoolId: { shape: shapes.regionalId },
  IdentityProviderName: { shape: shapes.providerName },
  UseDefaults: { shape: shapes.boolean },
  PrincipalTags: { shape: shapes.principalTags },
} as const satisfies Members;

const providerOfPool = {
  ...poolId,
  IdentityProviderName: { shape: shapes.providerName, required: true },
} as const;

const resource = { ResourceArn: { shape: shapes.arn, required: true } } as const;

const page = { NextToken: { shape: shapes.pageKey } } as const;

const usual = [
  'InvalidParameterException',
  'NotAuthorizedException',
  'TooManyRequestsException',
  'InternalErrorException',
] as const satisfies readonly ErrorName[];

const usualOfPool = [...usual, 'ResourceNotFoundException'] as const;
const usualOfLogins = [...usualOfPool, 'ResourceConflictException'] as const;

/** The 23 operations of Amazon Cognito Identity, API version 2014-06-30. */
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
  DeleteIdentities: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    input: {
      IdentityIdsToDelete: {
        shape: { type: 'list', member: shapes.regionalId, min: 1, max: 60 },
        required: true,
      },
    },
    output: {
      UnprocessedIdentityIds: {
        shape: {
          type: 'list',
          member: {
            type: 'structure',
            members: {
              IdentityId: { shape: shapes.regionalId },
              ErrorCode: { shape: { type: 'string', values: ['AccessDenied', 'InternalServerError'] } },
            },
          },
          max: 60,
        },
      },
    },
    errors: ['InvalidParameterException', 'TooManyRequestsException', 'InternalErrorException'],
    doc: 'Deletes identities with all their data, for good.',
  },
  DeleteIdentityPool: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    input: poolId,
    errors: usualOfPool,
    doc: 'Deletes an identity pool with its identities and all their data, for good.',
  },
  DescribeIdentity: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    readOnly: true,
    input: { IdentityId: { shape: shapes.regionalId, required: true } },
    output: shapes.identityDescription.members,
    errors: usualOfPool,
    doc: 'The login providers and dates of an identity.',
  },
  DescribeIdentityPool: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    readOnly: true,
    input: poolId,
    output: identityPool,
    errors: usualOfPool,
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
    errors: [...usualOfLogins, 'InvalidIdentityPoolConfigurationException', 'ExternalServiceException'],
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
    errors: [...usualOfLogins, 'LimitExceededException', 'ExternalServiceException'],
    doc: 'The identity that the logins belong to, or a new one; without logins a new guest.',
  },
  GetIdentityPoolRoles: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    readOnly: true,
    input: poolId,
    output: {
      IdentityPoolId: { shape: shapes.regionalId },
      Roles: { shape: shapes.roles },
      RoleMappings: { shape: shapes.roleMappings },
    },
    errors: usualOfLogins,
    doc: 'The roles of a pool, as they were set.',
  },
  GetOpenIdToken: {
    method: 'POST',
    path: '/',
    callers: ['anyone'],
    input: { IdentityId: { shape: shapes.regionalId, required: true }, Logins: { shape: shapes.logins } },
    output: { IdentityId: { shape: shapes.regionalId }, Token: { shape: shapes.text } },
    errors: [...usualOfLogins, 'ExternalServiceException'],
    doc: 'An OpenID token for an identity, for the basic flow.',
  },
  GetOpenIdTokenForDeveloperIdentity: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    input: {
      ...poolId,
      IdentityId: { shape: shapes.regionalId },
      Logins: { shape: shapes.logins, required: true },
      PrincipalTags: { shape: shapes.principalTags },
      TokenDuration: { shape: { type: 'long', min: 1, max: 86_400 } },
    },
    output: { IdentityId: { shape: shapes.regionalId }, Token: { shape: shapes.text } },
    errors: [...usualOfLogins, 'DeveloperUserAlreadyRegisteredException'],
    doc: "An OpenID token for a user whom the developer's own backend vouches for.",
  },
  GetPrincipalTagAttributeMap: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    readOnly: true,
    input: providerOfPool,
    output: principalTagMap,
    errors: usualOfPool,
    doc: 'Which claims of a login provider become principal tags.',
  },
  ListIdentities: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    readOnly: true,
    input: {
      ...poolId,
      MaxResults: { shape: shapes.queryLimit, required: true },
      ...page,
      HideDisabled: { shape: shapes.boolean },
    },
    output: {
      IdentityPoolId: { shape: shapes.regionalId },
      Identities: { shape: { type: 'list', member: shapes.identityDescription } },
      ...page,
    },
    errors: usualOfPool,
    doc: 'The identities of a pool, a page at a time.',
  },
  ListIdentityPools: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    readOnly: true,
    limitsItself: true,
    input: { MaxResults: { shape: shapes.queryLimit, required: true }, ...page },
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
      ...page,
    },
    errors: usualOfPool,
    doc: 'All pools, a page at a time.',
  },
  ListTagsForResource: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    readOnly: true,
    input: resource,
    output: { Tags: { shape: shapes.tags } },
    errors: usualOfPool,
    doc: 'The tags of a pool.',
  },
  LookupDeveloperIdentity: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    readOnly: true,
    input: {
      ...poolId,
      IdentityId: { shape: shapes.regionalId },
      DeveloperUserIdentifier: { shape: shapes.developerUser },
      MaxResults: { shape: shapes.queryLimit },
      ...page,
    },
    output: {
      IdentityId: { shape: shapes.regionalId },
      DeveloperUserIdentifierList: { shape: { type: 'list', member: shapes.developerUser } },
      ...page,
    },
    errors: usualOfLogins,
    doc: "The identity of a developer's user, and that identity's developer users.",
  },
  MergeDeveloperIdentities: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    input: {
      SourceUserIdentifier: { shape: shapes.developerUser, required: true },
      DestinationUserIdentifier: { shape: shapes.developerUser, required: true },
      ...developerUser,
    },
    output: { IdentityId: { shape: shapes.regionalId } },
    errors: usualOfLogins,
    doc: "Merges the identity of one developer's user into that of another.",
  },
  SetIdentityPoolRoles: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    input: {
      ...poolId,
      Roles: { shape: shapes.roles, required: true },
      RoleMappings: { shape: shapes.roleMappings },
    },
    errors: [...usualOfLogins, 'ConcurrentModificationException'],
    doc: 'Sets the roles of a pool, which are kept and reported but mean nothing here.',
  },
  SetPrincipalTagAttributeMap: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    input: {
      ...providerOfPool,
      UseDefaults: { shape: shapes.boolean },
      PrincipalTags: { shape: shapes.principalTags },
    },
    output: principalTagMap,
    errors: usualOfPool,
    doc: 'Sets which claims of a login provider become principal tags; they are kept and reported.',
  },
  TagResource: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    input: { ...resource, Tags: { shape: shapes.tags, required: true } },
    output: {},
    errors: usualOfPool,
    doc: 'Adds tags to a pool.',
  },
  UnlinkDeveloperIdentity: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    input: {
      IdentityId: { shape: shapes.regionalId, required: true },
      ...developerUser,
      DeveloperUserIdentifier: { shape: shapes.developerUser, required: true },
    },
    errors: usualOfLogins,
    doc: "Takes a developer's user from an identity; without its last login the identity is disabled.",
  },
  UnlinkIdentity: {
    method: 'POST',
    path: '/',
    callers: ['anyone'],
    input: {
      IdentityId: { shape: shapes.regionalId, required: true },
      Logins: { shape: shapes.logins, required: true },
      LoginsToRemove: { shape: shapes.providerNames, required: true },
    },
    errors: [...usualOfLogins, 'ExternalServiceException'],
    doc: 'Takes logins from an identity; without its last login it is disabled.',
  },
  UntagResource: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    input: { ...resource, TagKeys: { shape: shapes.tagKeys, required: true } },
    output: {},
    errors: usualOfPool,
    doc: 'Removes tags from a pool.',
  },
  UpdateIdentityPool: {
    method: 'POST',
    path: '/',
    callers: ['developer'],
    input: identityPool,
    output: identityPool,
    errors: [...usualOfLogins, 'ConcurrentModificationException', 'LimitExceededException'],
    doc: 'Replaces the settings of a pool.',
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
