import { ServiceError } from '@holdall/protocol';
import { describe, expect, test } from 'vitest';
import type { Identity } from '../../domain/identity.ts';
import type { IdentityPool } from '../../domain/identity-pool.ts';
import type { CredentialIssuer } from '../../ports/credential-issuer.ts';
import type { VerifiedOpenIdToken } from '../../ports/open-id-tokens.ts';
import { assumeRoleWithWebIdentity } from './assume-role-with-web-identity.ts';

// What real clients see is in test/clients/sts.test.ts; here is what the rest of the API cannot bring about at will.

const at = Date.UTC(2026, 10, 20, 12);
const pool: IdentityPool = {
  id: 'us-east-1:00000000-0000-4000-8000-000000000000',
  createdAt: 0,
  settings: { IdentityPoolName: 'any', AllowUnauthenticatedIdentities: true, AllowClassicFlow: true },
  events: {},
};
const identity: Identity = {
  id: 'us-east-1:11111111-1111-4111-8111-111111111111',
  poolId: pool.id,
  createdAt: 0,
  lastModifiedAt: 0,
  logins: [],
  disabled: false,
};
const verified: VerifiedOpenIdToken = {
  kind: 'verified',
  claims: { poolId: pool.id, identityId: identity.id, amr: ['unauthenticated'] },
  expiresAt: Number.MAX_SAFE_INTEGER,
};

interface Scene {
  readonly pool?: IdentityPool | undefined;
  readonly identity?: Identity | undefined;
  readonly token?: VerifiedOpenIdToken;
}

async function assume(scene: Scene, input: { RoleArn?: string; DurationSeconds?: number } = {}) {
  const issued: Parameters<CredentialIssuer['issue']>[] = [];
  const { pool: itsPool, identity: itsIdentity, token } = { pool, identity, token: verified, ...scene };
  const handler = assumeRoleWithWebIdentity({
    store: { pool: async () => itsPool, identity: async () => itsIdentity },
    openIdTokens: { issue: async () => '', verify: async () => token },
    issuer: {
      issue: (...args) => {
        issued.push(args);
        return { accessKeyId: 'ASIA', secretAccessKey: 'secret', sessionToken: 'token', expiresAt: at };
      },
    },
  });
  const given = { RoleArn: 'arn:aws:iam::000000000000:role/app', ...input };
  const answer = await handler(
    { ...given, RoleSessionName: 'session', WebIdentityToken: 'token' },
    { caller: { kind: 'anyone' }, at },
  ).catch((error: unknown) => {
    if (!(error instanceof ServiceError)) throw error;
    return error.code;
  });
  return { answer, issued };
}

describe('AssumeRoleWithWebIdentity', () => {
  test.each([
    [undefined, 3_600_000],
    [900, 900_000],
    [43_200, 43_200_000],
  ])('asked for %s seconds, has credentials issued for %i ms', async (DurationSeconds, lifetimeMs) => {
    const { issued } = await assume({}, DurationSeconds === undefined ? {} : { DurationSeconds });
    expect(issued).toEqual([[{ poolId: pool.id, identityId: identity.id }, at, lifetimeMs]]);
  });

  const withFlow = (AllowClassicFlow: boolean) => ({
    ...pool,
    settings: { ...pool.settings, AllowClassicFlow },
  });
  const { AllowClassicFlow: _, ...unsaid } = pool.settings;
  test.each<readonly [string, Scene, string]>([
    ['the pool is gone', { pool: undefined }, 'AccessDeniedException'],
    ['the pool does not allow it', { pool: withFlow(false) }, 'AccessDeniedException'],
    ['the pool does not say', { pool: { ...pool, settings: unsaid } }, 'AccessDeniedException'],
    ['the identity is gone', { identity: undefined }, 'AccessDeniedException'],
    ['the identity is disabled', { identity: { ...identity, disabled: true } }, 'AccessDeniedException'],
    [
      "the identity is another pool's",
      { identity: { ...identity, poolId: 'other' } },
      'AccessDeniedException',
    ],
    [
      'the token has expired',
      { token: { kind: 'refused', reason: 'expired', message: 'late' } },
      'ExpiredTokenException',
    ],
    [
      'the token proves nothing',
      { token: { kind: 'refused', reason: 'invalid', message: 'no' } },
      'InvalidIdentityTokenException',
    ],
  ])('issues nothing when %s', async (_name, scene, code) => {
    expect(await assume(scene)).toEqual({ answer: code, issued: [] });
  });

  test.each([
    'arn:aws:iam::000000000000:user/app',
    'arn:aws:iam::0:role/application',
    'arn:aws:iam::000000000000:role/',
    'arn:aws:iam::000000000000:role/a b',
    'arn:aws:sts::000000000000:role/app',
    'anything else that is long enough',
  ])('takes no %s for a role', async (RoleArn) => {
    expect(await assume({}, { RoleArn })).toEqual({ answer: 'InvalidParameterException', issued: [] });
  });

  test.each([
    ['arn:aws:iam::000000000000:role/app', 'arn:aws:sts::000000000000:assumed-role/app/session'],
    ['arn:aws-cn:iam::000000000000:role/a/b/app', 'arn:aws-cn:sts::000000000000:assumed-role/app/session'],
  ])('shows %s as assumed', async (RoleArn, Arn) => {
    expect(await assume({}, { RoleArn })).toMatchObject({ answer: { AssumedRoleUser: { Arn } } });
  });
});
