import type { Operations, Service } from './operation.ts';
import * as shapes from './shapes.ts';

/** What the original does not have. Signed like Cognito Sync, so that the same credentials and signers do. */
export const extensionOperations = {
  WatchChanges: {
    method: 'GET',
    path: '/identitypools/{IdentityPoolId}/identities/{IdentityId}/changes',
    callers: ['identity', 'developer'],
    input: {
      IdentityPoolId: { shape: shapes.regionalId, required: true, in: 'path' },
      IdentityId: { shape: shapes.regionalId, required: true, in: 'path' },
      // What an EventSource sends by itself when it connects again.
      LastEventId: { shape: shapes.text, in: 'header', wire: 'Last-Event-ID' },
      // For a new EventSource, which cannot send headers. Like all of a query it is part of what is signed.
      LastEventIdInQuery: { shape: shapes.text, in: 'query', wire: 'lastEventId' },
    },
    streams: true,
    errors: [
      'InvalidParameterException',
      'NotAuthorizedException',
      'InternalErrorException',
      'TooManyRequestsException',
      'ResourceNotFoundException',
      'LimitExceededException',
    ],
    doc: "Tells of every change of the identity's datasets as it happens.",
  },
} as const satisfies Operations;

export const extensionService = {
  target: 'Holdall',
  namespace: 'holdall',
  signingName: 'cognito-sync',
  version: '2014-06-30',
  rest: true,
  restOnly: true,
  constraintError: 'InvalidParameterException',
  operations: extensionOperations,
} as const satisfies Service;
