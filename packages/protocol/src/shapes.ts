import type {
  ListShape,
  MapShape,
  NumberShape,
  StringShape,
  StructureShape,
  TimestampShape,
} from './shape.ts';

// Shapes that more than one operation uses, with the constraints of the original's model.

export const text = { type: 'string' } as const satisfies StringShape;
export const integer = { type: 'integer' } as const satisfies NumberShape;
export const long = { type: 'long' } as const satisfies NumberShape;
export const boolean = { type: 'boolean' } as const;
export const timestamp = { type: 'timestamp' } as const satisfies TimestampShape;

/** `<region>:<uuid>`: an identity pool's id and an identity's id look alike. */
export const regionalId = {
  type: 'string',
  min: 1,
  max: 55,
  pattern: '[\\w-]+:[0-9a-f-]+',
} as const satisfies StringShape;

export const roleArn = {
  type: 'string',
  min: 20,
  max: 2048,
  pattern: 'arn:aws:iam::\\d+:role/.*',
} as const satisfies StringShape;

// Cognito Sync

export const datasetName = {
  type: 'string',
  min: 1,
  max: 128,
  pattern: '[a-zA-Z0-9_.:-]+',
} as const satisfies StringShape;

export const deviceId = { type: 'string', min: 1, max: 256 } as const satisfies StringShape;
/** Without bounds in the original's model; the longest that platforms give out have a few hundred characters. */
export const pushToken = { type: 'string', min: 1, max: 4096 } as const satisfies StringShape;
export const recordKey = { type: 'string', min: 1, max: 1024 } as const satisfies StringShape;
export const recordValue = { type: 'string', max: 1_048_575 } as const satisfies StringShape;

export const dataset = {
  type: 'structure',
  members: {
    IdentityId: { shape: regionalId },
    DatasetName: { shape: datasetName },
    CreationDate: { shape: timestamp },
    LastModifiedDate: { shape: timestamp },
    LastModifiedBy: { shape: text },
    DataStorage: { shape: long },
    NumRecords: { shape: long },
  },
} as const satisfies StructureShape;

export const record = {
  type: 'structure',
  members: {
    Key: { shape: recordKey },
    Value: { shape: recordValue },
    SyncCount: { shape: long },
    LastModifiedDate: { shape: timestamp },
    LastModifiedBy: { shape: text },
    DeviceLastModifiedDate: { shape: timestamp },
  },
} as const satisfies StructureShape;

export const recordPatch = {
  type: 'structure',
  members: {
    Op: { shape: { type: 'string', values: ['replace', 'remove'] }, required: true },
    Key: { shape: recordKey, required: true },
    Value: { shape: recordValue },
    SyncCount: { shape: long, required: true },
    DeviceLastModifiedDate: { shape: timestamp },
  },
} as const satisfies StructureShape;

export const identityUsage = {
  type: 'structure',
  members: {
    IdentityId: { shape: regionalId },
    IdentityPoolId: { shape: regionalId },
    LastModifiedDate: { shape: timestamp },
    DatasetCount: { shape: integer },
    DataStorage: { shape: long },
  },
} as const satisfies StructureShape;

export const identityPoolUsage = {
  type: 'structure',
  members: {
    IdentityPoolId: { shape: regionalId },
    SyncSessionsCount: { shape: long },
    DataStorage: { shape: long },
    LastModifiedDate: { shape: timestamp },
  },
} as const satisfies StructureShape;

export const pushSync = {
  type: 'structure',
  members: {
    ApplicationArns: {
      shape: {
        type: 'list',
        member: { type: 'string', pattern: 'arn:aws:sns:[-0-9a-z]+:\\d+:app/[A-Z_]+/[a-zA-Z0-9_.-]+' },
      },
    },
    RoleArn: { shape: roleArn },
  },
} as const satisfies StructureShape;

export const cognitoStreams = {
  type: 'structure',
  members: {
    StreamName: { shape: { type: 'string', min: 1, max: 128 } },
    RoleArn: { shape: roleArn },
    StreamingStatus: { shape: { type: 'string', values: ['ENABLED', 'DISABLED'] } },
  },
} as const satisfies StructureShape;

export const events = { type: 'map', key: text, value: text, max: 1 } as const satisfies MapShape;

// Cognito Identity

export const poolName = {
  type: 'string',
  min: 1,
  max: 128,
  pattern: '[\\w\\s+=,.@-]+',
} as const satisfies StringShape;

export const developerProviderName = {
  type: 'string',
  min: 1,
  max: 128,
  pattern: '[\\w._-]+',
} as const satisfies StringShape;

export const providerName = { type: 'string', min: 1, max: 128 } as const satisfies StringShape;
export const arn = { type: 'string', min: 20, max: 2048 } as const satisfies StringShape;
export const arnList = { type: 'list', member: arn } as const satisfies ListShape;

export const supportedLoginProviders = {
  type: 'map',
  key: providerName,
  value: { type: 'string', min: 1, max: 128, pattern: '[\\w.;_/-]+' },
  max: 10,
} as const satisfies MapShape;

export const cognitoIdentityProviders = {
  type: 'list',
  member: {
    type: 'structure',
    members: {
      ProviderName: { shape: { type: 'string', min: 1, max: 128, pattern: '[\\w._:/-]+' } },
      ClientId: { shape: { type: 'string', min: 1, max: 128, pattern: '[\\w_]+' } },
      ServerSideTokenCheck: { shape: boolean },
    },
  },
} as const satisfies ListShape;

const tagKey = { type: 'string', min: 1, max: 128 } as const satisfies StringShape;

export const tags = {
  type: 'map',
  key: tagKey,
  value: { type: 'string', max: 256 },
} as const satisfies MapShape;

export const tagKeys = { type: 'list', member: tagKey } as const satisfies ListShape;

export const logins = {
  type: 'map',
  key: providerName,
  value: { type: 'string', min: 1, max: 50_000 },
  max: 10,
} as const satisfies MapShape;

export const providerNames = { type: 'list', member: providerName } as const satisfies ListShape;

export const developerUser = { type: 'string', min: 1, max: 1024 } as const satisfies StringShape;

export const identityDescription = {
  type: 'structure',
  members: {
    IdentityId: { shape: regionalId },
    Logins: { shape: providerNames },
    CreationDate: { shape: timestamp },
    LastModifiedDate: { shape: timestamp },
  },
} as const satisfies StructureShape;

export const roles = {
  type: 'map',
  key: { type: 'string', min: 1, max: 128, pattern: '(un)?authenticated' },
  value: arn,
  max: 2,
} as const satisfies MapShape;

const mappingRule = {
  type: 'structure',
  members: {
    Claim: {
      shape: { type: 'string', min: 1, max: 64, pattern: '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+' },
      required: true,
    },
    MatchType: {
      shape: { type: 'string', values: ['Equals', 'Contains', 'StartsWith', 'NotEqual'] },
      required: true,
    },
    Value: { shape: { type: 'string', min: 1, max: 128 }, required: true },
    RoleARN: { shape: arn, required: true },
  },
} as const satisfies StructureShape;

export const roleMappings = {
  type: 'map',
  key: providerName,
  value: {
    type: 'structure',
    members: {
      Type: { shape: { type: 'string', values: ['Token', 'Rules'] }, required: true },
      AmbiguousRoleResolution: { shape: { type: 'string', values: ['AuthenticatedRole', 'Deny'] } },
      RulesConfiguration: {
        shape: {
          type: 'structure',
          members: {
            Rules: { shape: { type: 'list', member: mappingRule, min: 1, max: 400 }, required: true },
          },
        },
      },
    },
  },
  max: 10,
} as const satisfies MapShape;

export const principalTags = {
  type: 'map',
  key: { type: 'string', min: 1, max: 128 },
  value: { type: 'string', min: 1, max: 256 },
  max: 50,
} as const satisfies MapShape;

export const queryLimit = { type: 'integer', min: 1, max: 60 } as const satisfies NumberShape;

export const pageKey = {
  type: 'string',
  min: 1,
  max: 65_535,
  pattern: '[\\S]+',
} as const satisfies StringShape;
