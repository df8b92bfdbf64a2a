import { identityService, isRead, type Operation, ServiceError, syncService } from '@holdall/protocol';
import { describe, expect, test } from 'vitest';
import { createTestEdge, type Description, identityId, now, poolId } from '../../test/fixtures/test-edge.ts';

const dataset = `/identitypools/${poolId}/identities/${identityId}/datasets/notes`;
const update: Description = {
  path: dataset,
  body: JSON.stringify({
    SyncSessionToken: 'a token that is secret',
    RecordPatches: [{ Op: 'replace', Key: 'a private key', Value: 'a private value', SyncCount: 0 }],
  }),
};

function identity(operation: string, input: object): Description {
  const headers = { 'X-Amz-Target': `AWSCognitoIdentityService.${operation}` };
  return { headers, body: JSON.stringify(input), service: 'cognito-identity' };
}

const common = { at: now, source: 'api', requestId: 'the-next-uuid' };
const developer = { kind: 'developer', accessKeyId: 'developer' };

describe('what is recorded', () => {
  test('is what a developer changes: who, what, and how it ended', async () => {
    const edge = createTestEdge(() => ({ Records: [] }));
    await edge.send({ ...update, signedBy: 'developer' });
    expect(edge.audited).toEqual([
      {
        ...common,
        actor: developer,
        action: 'UpdateRecords',
        target: { identityPoolId: poolId, identityId, datasetName: 'notes' },
        outcome: 'done',
      },
    ]);
  });

  test('has what came to be, which the request could not name', async () => {
    const settings = { IdentityPoolName: 'demo', AllowUnauthenticatedIdentities: true };
    const edge = createTestEdge(() => ({ IdentityPoolId: poolId, ...settings }));
    await edge.send({ ...identity('CreateIdentityPool', settings), signedBy: 'developer' });
    expect(edge.audited).toMatchObject([
      { action: 'CreateIdentityPool', target: { identityPoolId: poolId }, outcome: 'done' },
    ]);
  });

  test('has the identities that are deleted, and the resource that is tagged', async () => {
    const edge = createTestEdge();
    const ResourceArn = `arn:aws:cognito-identity:us-east-1:000000000000:identitypool/${poolId}`;
    const ids = { IdentityIdsToDelete: [identityId] };
    await edge.send({ ...identity('DeleteIdentities', ids), signedBy: 'developer' });
    await edge.send({ ...identity('TagResource', { ResourceArn, Tags: {} }), signedBy: 'developer' });
    expect(edge.audited.map(({ target }) => target)).toEqual([
      { identityIds: [identityId] },
      { resourceArn: ResourceArn },
    ]);
  });

  test('is what a developer tried and failed with, whoever is at fault', async () => {
    const pool = identity('DeleteIdentityPool', { IdentityPoolId: poolId });
    const missing = createTestEdge(() =>
      Promise.reject(new ServiceError('ResourceNotFoundException', 'No such pool.')),
    );
    await missing.send({ ...pool, signedBy: 'developer' });
    const broken = createTestEdge(() => Promise.reject(new Error('broken')));
    await broken.send({ ...pool, signedBy: 'developer' });
    const invalid = createTestEdge();
    await invalid.send({ ...identity('DeleteIdentityPool', { IdentityPoolId: 7 }), signedBy: 'developer' });
    expect([...missing.audited, ...broken.audited, ...invalid.audited]).toMatchObject([
      { outcome: 'refused', error: 'ResourceNotFoundException', target: { identityPoolId: poolId } },
      { outcome: 'failed', error: 'InternalErrorException', target: { identityPoolId: poolId } },
      { outcome: 'refused', error: 'SerializationException', target: {} },
    ]);
  });

  test.each([
    ['neighbour', { kind: 'identity', identityPoolId: poolId }],
    ['reader', { kind: 'developer', accessKeyId: 'reader' }],
  ] as const)('is the refusal of what the caller may not do: %s', async (signedBy, actor) => {
    const edge = createTestEdge();
    await edge.send({ ...update, signedBy });
    expect(edge.audited).toMatchObject([
      {
        actor,
        action: 'UpdateRecords',
        target: { identityPoolId: poolId, identityId, datasetName: 'notes' },
        outcome: 'refused',
        error: 'NotAuthorizedException',
      },
    ]);
  });

  test.each([
    ['stranger', { kind: 'unverified', accessKeyId: 'stranger' }, 'UnrecognizedClientException'],
    ['expired', { kind: 'unverified', accessKeyId: 'expired' }, 'ExpiredTokenException'],
    [undefined, { kind: 'unverified' }, 'MissingAuthenticationTokenException'],
  ] as const)('is the refusal of credentials that do not hold: %s', async (signedBy, actor, error) => {
    const edge = createTestEdge();
    await edge.send({ ...update, ...(signedBy && { signedBy }) });
    expect(edge.audited).toEqual([
      { ...common, actor, action: 'UpdateRecords', target: {}, outcome: 'refused', error },
    ]);
  });

  test('is a refusal in an operation that is open, although nobody asked who it was', async () => {
    const edge = createTestEdge(() =>
      Promise.reject(new ServiceError('NotAuthorizedException', 'No guests.')),
    );
    await edge.send(
      identity('GetId', { IdentityPoolId: poolId, Logins: { 'login.example': 'a secret token' } }),
    );
    expect(edge.audited).toEqual([
      {
        ...common,
        actor: { kind: 'anyone' },
        action: 'GetId',
        target: { identityPoolId: poolId },
        outcome: 'refused',
        error: 'NotAuthorizedException',
      },
    ]);
  });
});

describe('what is not recorded', () => {
  test.each([
    ['what an identity does to its own data', { ...update, signedBy: 'identity' }],
    ['what a developer reads', { method: 'GET', path: dataset, signedBy: 'developer' }],
    ['what anyone may do', identity('GetId', { IdentityPoolId: poolId })],
    ['a mistake that is no offence', { ...update, body: '{}', signedBy: 'identity' }],
    ['an operation that is not there', { path: '/nonsense' }],
  ] as const)('%s', async (_what, description) => {
    const edge = createTestEdge(() => ({}));
    await edge.send(description);
    expect(edge.audited).toEqual([]);
  });

  test('secrets, tokens and records, whatever the request holds', async () => {
    for (const signedBy of ['developer', 'reader', 'neighbour', 'stranger'] as const) {
      const edge = createTestEdge(() => ({ Records: [{ Key: 'a private key', Value: 'a private value' }] }));
      await edge.send({ ...update, signedBy });
      expect(edge.audited).toHaveLength(1);
      expect(JSON.stringify(edge.audited)).not.toMatch(/secret|private|Signature=/);
    }
  });

  test('members that are not of the operation, and more of a text than an id could have', async () => {
    const edge = createTestEdge();
    const input = { IdentityPoolId: 'x'.repeat(5_000), IdentityId: 'smuggled', DatasetName: 7 };
    await edge.send({ ...identity('DeleteIdentityPool', input), signedBy: 'developer' });
    expect(edge.audited.map(({ target }) => target)).toEqual([{ identityPoolId: 'x'.repeat(128) }]);
  });
});

const developerRows = [syncService, identityService].flatMap(({ operations }) =>
  Object.entries<Operation>(operations).filter(([, { callers }]) => callers.includes('developer')),
);

test.each(developerRows)(
  '%s is recorded for a developer if and only if it changes something',
  async (name, row) => {
    const edge = createTestEdge();
    const service = Object.hasOwn(syncService.operations, name) ? syncService : identityService;
    await edge.send({
      headers: { 'X-Amz-Target': `${service.target}.${name}` },
      body: '{}',
      service: service.signingName,
      signedBy: 'developer',
    });
    expect(edge.audited.map(({ action }) => action)).toEqual(isRead(row) ? [] : [name]);
  },
);
