import { describe, expect, test } from 'vitest';
import { createTestEdge, type Description, identityId, now, poolId } from '../../test/fixtures/test-edge.ts';

const description: Description = {
  method: 'GET',
  path: `/identitypools/${poolId}/identities/${identityId}/datasets/prefs`,
};
const minute = 60_000;

async function outcome(change: Partial<Description>): Promise<string> {
  const { status, error, headers } = await createTestEdge().send({ ...description, ...change });
  return error === undefined ? String(status) : `${status} ${error}: ${headers.get('x-amzn-errormessage')}`;
}

describe('a request', () => {
  test('with a signature that holds is let through', async () => {
    expect(await outcome({ signedBy: 'identity' })).toBe('200');
  });

  test('without a signature is refused', async () => {
    expect(await outcome({})).toBe('403 MissingAuthenticationTokenException: Missing Authentication Token');
  });

  test('with a signature that is not well-formed is refused as such', async () => {
    expect(await outcome({ headers: { Authorization: 'AWS4-HMAC-SHA256 nonsense' } })).toMatch(
      /^400 IncompleteSignatureException: /,
    );
  });

  test('with an unknown access key is refused', async () => {
    expect(await outcome({ signedBy: 'stranger' })).toBe(
      '403 UnrecognizedClientException: The security token included in the request is invalid.',
    );
  });

  test('with credentials that have expired is refused', async () => {
    expect(await outcome({ signedBy: 'expired' })).toBe(
      '403 ExpiredTokenException: The security token included in the request is expired',
    );
  });

  test('that was signed for another service is refused', async () => {
    expect(await outcome({ signedBy: 'identity', service: 'cognito-identity' })).toMatch(
      /^403 InvalidSignatureException: Credential should be scoped to correct service: 'cognito-sync'\./,
    );
  });

  test.each([-16 * minute, 16 * minute])('that was signed %i ms away from now is refused', async (away) => {
    expect(await outcome({ signedBy: 'identity', signedAt: now + away })).toMatch(
      /^403 InvalidSignatureException: Signature (expired|not yet current): /,
    );
  });

  test.each([-14 * minute, 14 * minute])(
    'that was signed %i ms away from now is let through',
    async (away) => {
      expect(await outcome({ signedBy: 'identity', signedAt: now + away })).toBe('200');
    },
  );

  test('that was signed too long ago is told so in the words of the query form there', async () => {
    const { status, error } = await createTestEdge().send({
      body: `Action=BulkPublish&Version=2014-06-30&IdentityPoolId=${poolId}`,
      signedBy: 'developer',
      signedAt: now - 16 * minute,
    });
    expect({ status, error }).toEqual({ status: 400, error: 'RequestExpired' });
  });
});

describe('an operation that is open to anyone', () => {
  const getId: Description = {
    method: 'POST',
    path: '/',
    headers: { 'X-Amz-Target': 'AWSCognitoIdentityService.GetId' },
    body: JSON.stringify({ IdentityPoolId: poolId }),
  };

  test.each([
    ['unsigned', {}],
    ['signed by a stranger', { signedBy: 'stranger' }],
    ['signed by root', { signedBy: 'developer', service: 'cognito-identity' }],
    ['signed with nonsense', { headers: { ...getId.headers, Authorization: 'nonsense' } }],
  ] as const)('does not look at who asks: %s', async (_how, change) => {
    const edge = createTestEdge();
    expect(await edge.send({ ...getId, ...change })).toMatchObject({ status: 200 });
    expect(edge.handled).toEqual([
      { operation: 'GetId', input: { IdentityPoolId: poolId }, caller: { kind: 'anyone' } },
    ]);
  });
});
