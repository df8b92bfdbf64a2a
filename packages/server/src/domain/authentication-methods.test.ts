import { expect, test } from 'vitest';
import { authenticationMethods, stillAuthenticated } from './authentication-methods.ts';
import { newIdentity } from './identity.ts';
import type { IdentityPool } from './identity-pool.ts';

const userPool = 'cognito-idp.us-east-1.amazonaws.com/us-east-1_abc';
const arn = 'arn:aws:iam::123456789012:oidc-provider/id.example.com';
const pool: IdentityPool = {
  id: 'us-east-1:0',
  createdAt: 0,
  settings: {
    IdentityPoolName: 'demo',
    AllowUnauthenticatedIdentities: true,
    DeveloperProviderName: 'backend',
    SupportedLoginProviders: { 'graph.facebook.com': '4711' },
    OpenIdConnectProviderARNs: [arn],
  },
  events: {},
};

test.each([
  ['backend', 'backend:us-east-1:0:ann'],
  ['graph.facebook.com', 'graph.facebook.com:4711:ann'],
  ['id.example.com', `${arn}:OIDC:ann`],
  [userPool, `${userPool}:CognitoSignIn:ann`],
  ['elsewhere.example.com', 'elsewhere.example.com:OIDC:ann'],
  ['constructor', 'constructor:OIDC:ann'],
])('a login of %s is told as the provider and as %s', (provider, method) => {
  expect(authenticationMethods(pool, [{ provider, subject: 'ann' }])).toEqual([
    'authenticated',
    provider,
    method,
  ]);
});

test('a provider is told once, a guest as such', () => {
  const users = ['ann', 'bob'].map((subject) => ({ provider: 'backend', subject }));
  expect(authenticationMethods(pool, users)).toEqual([
    'authenticated',
    'backend',
    'backend:us-east-1:0:ann',
    'backend:us-east-1:0:bob',
  ]);
  expect(authenticationMethods(pool, [])).toEqual(['unauthenticated']);
});

test('a token speaks for its identity while what it says of it is true', () => {
  const login = { provider: 'backend', subject: 'ann' };
  const guest = newIdentity('us-east-1:1', pool.id, [], 0);
  const ann = { ...guest, logins: [login] };
  const bob = { ...guest, logins: [{ ...login, subject: 'bob' }] };
  const ofGuest = authenticationMethods(pool, []);
  const ofAnn = authenticationMethods(pool, [login]);

  expect(stillAuthenticated(ofGuest, pool, guest)).toBe(true);
  expect(stillAuthenticated(ofGuest, pool, ann)).toBe(false);
  expect(stillAuthenticated(ofAnn, pool, ann)).toBe(true);
  expect(stillAuthenticated(ofAnn, pool, bob)).toBe(false);
  expect(stillAuthenticated(ofAnn, pool, guest)).toBe(false);
  expect(stillAuthenticated(ofGuest, pool, { ...guest, disabled: true })).toBe(false);
  expect(stillAuthenticated(ofAnn, pool, { ...ann, disabled: true })).toBe(false);
});
