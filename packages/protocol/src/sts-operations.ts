import type { Operations, Service } from './operation.ts';
import type { ListShape, StringShape } from './shape.ts';
import * as shapes from './shapes.ts';

/** Any character that XML 1.0 can carry, as the original's model spells it. */
const arn = {
  type: 'string',
  min: 20,
  max: 2048,
  pattern: '[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]+',
} as const satisfies StringShape;

const policyArns = {
  type: 'list',
  member: { type: 'structure', members: { arn: { shape: arn } } },
} as const satisfies ListShape;

/** Of the AWS Security Token Service, API version 2011-06-15: what the basic flow of identity pools needs. */
export const stsOperations = {
  AssumeRoleWithWebIdentity: {
    method: 'POST',
    path: '/',
    callers: ['anyone'],
    input: {
      RoleArn: { shape: arn, required: true },
      RoleSessionName: {
        shape: { type: 'string', min: 2, max: 64, pattern: '[\\w+=,.@-]*' },
        required: true,
      },
      WebIdentityToken: { shape: { type: 'string', min: 4, max: 20_000 }, required: true },
      ProviderId: { shape: { type: 'string', min: 4, max: 2048 } },
      PolicyArns: { shape: policyArns },
      Policy: {
        shape: {
          type: 'string',
          min: 1,
          max: 2048,
          pattern: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+',
        },
      },
      DurationSeconds: { shape: { type: 'integer', min: 900, max: 43_200 } },
    },
    output: {
      Credentials: {
        shape: {
          type: 'structure',
          members: {
            AccessKeyId: { shape: { type: 'string', min: 16, max: 128, pattern: '[\\w]*' }, required: true },
            SecretAccessKey: { shape: shapes.text, required: true },
            SessionToken: { shape: shapes.text, required: true },
            Expiration: { shape: shapes.timestamp, required: true },
          },
        },
      },
      SubjectFromWebIdentityToken: { shape: { type: 'string', min: 6, max: 255 } },
      AssumedRoleUser: {
        shape: {
          type: 'structure',
          members: {
            AssumedRoleId: {
              shape: { type: 'string', min: 2, max: 193, pattern: '[\\w+=,.@:-]*' },
              required: true,
            },
            Arn: { shape: arn, required: true },
          },
        },
      },
      PackedPolicySize: { shape: { type: 'integer', min: 0 } },
      Provider: { shape: shapes.text },
      Audience: { shape: shapes.text },
      SourceIdentity: { shape: { type: 'string', min: 2, max: 64, pattern: '[\\w+=,.@-]*' } },
    },
    errors: [
      'AccessDeniedException',
      'ExpiredTokenException',
      'InvalidIdentityTokenException',
      'InvalidParameterException',
    ],
    doc: "Temporary credentials for an identity's OpenID token: the second half of the basic flow.",
  },
} as const satisfies Operations;

export const stsService = {
  target: 'AWSSecurityTokenServiceV20110615',
  namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  signingName: 'sts',
  version: '2011-06-15',
  rest: false,
  xml: true,
  constraintError: 'InvalidParameterException',
  operations: stsOperations,
} as const satisfies Service;
