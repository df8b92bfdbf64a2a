import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CognitoSync } from '@aws-sdk/client-cognito-sync';
import { fromCognitoIdentityPool } from '@aws-sdk/credential-providers';
import AWS from 'aws-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IdentityPool } from '../../src/domain/identity-pool.ts';
import { ConfiguredLoginVerifier } from '../../src/logins/configured-login-verifier.ts';
import { readLoginProviders } from '../../src/logins/login-providers.ts';
import { endScenario, present, startScenario } from '../clients/scenario.ts';
import { RealProvider } from './real-provider.ts';

// ID tokens of a real provider, got as an app gets them, verified as the server does: from login-providers.json on.

const folder = mkdtempSync(join(tmpdir(), 'holdall-oidc-'));
const file = join(folder, 'login-providers.json');
const provider = await RealProvider.start('web', 'phone', 'stranger');
const silent = { error: () => {}, info: () => {}, debug: () => {} };
let verifier: ConfiguredLoginVerifier;
let pool: IdentityPool;

beforeAll(() => {
  const settings = { clientIds: ['web', 'phone'], issuer: provider.url };
  writeFileSync(file, JSON.stringify({ openIdConnect: { [provider.name]: settings } }));
  verifier = new ConfiguredLoginVerifier(readLoginProviders(file, true), silent);
  pool = {
    id: `us-east-1:${randomUUID()}`,
    createdAt: Date.now(),
    settings: {
      IdentityPoolName: 'with a login provider',
      AllowUnauthenticatedIdentities: true,
      OpenIdConnectProviderARNs: [`arn:aws:iam::000000000000:oidc-provider/${provider.name}`],
    },
    events: {},
  };
});
afterAll(async () => {
  verifier.close();
  await provider[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const verify = (token: string, now = Date.now()) => verifier.verify(pool, provider.name, token, now);

describe('an ID token of a real provider', () => {
  test.each([
    ['ada', 'web'],
    ['ada', 'phone'],
    ['grace', 'web'],
  ])('proves that somebody is %s, signed in with the client %s', async (login, client) => {
    const { idToken } = await provider.signIn(login, client);
    expect(await verify(idToken)).toEqual({
      kind: 'verified',
      login: { provider: provider.name, subject: login },
    });
  });

  test('for a client that is not ours proves nothing, and neither does an access token', async () => {
    const { idToken } = await provider.signIn('ada', 'stranger');
    expect(await verify(idToken)).toEqual({
      kind: 'refused',
      message: 'Token is not from a supported provider of this identity pool.',
    });
    const { accessToken } = await provider.signIn('ada', 'web');
    expect(await verify(accessToken)).toMatchObject({ kind: 'refused' });
  });

  test('expires', async () => {
    const { idToken } = await provider.signIn('ada', 'web');
    expect(await verify(idToken, Date.now() + 24 * 3_600_000)).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/^Invalid login token\. Token expired: \d+ >= \d+$/),
    });
  });
});

test('when the keys of the provider rotate, new tokens are good at once and old ones no more', async () => {
  const before = await provider.signIn('ada', 'web');
  expect(await verify(before.idToken)).toMatchObject({ kind: 'verified' });

  await provider.rotateKeys();
  const after = await provider.signIn('ada', 'web');
  // Past the cool-down between two fetches of keys.
  const later = Date.now() + 15_000;
  expect(await verify(after.idToken, later)).toMatchObject({ kind: 'verified' });
  expect(await verify(before.idToken, later)).toEqual({
    kind: 'refused',
    message: "Invalid login token. Couldn't verify signed token.",
  });
});

test('stock SDKs sign in: v3 in the enhanced flow, v2 in the basic one, to the same identity', async () => {
  // Settings, pool and server as docs/guides/oidc-sign-in.md has them.
  const scenario = await startScenario({ flags: { loginProviders: file } });
  const { endpoint, developer } = scenario;
  const { IdentityPoolId } = await developer.identity.createIdentityPool({
    IdentityPoolName: 'app',
    AllowUnauthenticatedIdentities: true,
    AllowClassicFlow: true,
    OpenIdConnectProviderARNs: pool.settings.OpenIdConnectProviderARNs?.slice(),
  });
  const identityPoolId = present(IdentityPoolId);
  const { idToken } = await provider.signIn('ada', 'web');
  const logins = { [provider.name]: idToken };

  const credentials = await fromCognitoIdentityPool({ identityPoolId, logins, clientConfig: endpoint })();
  const sync = new CognitoSync({ ...endpoint, credentials });
  const ids = { IdentityPoolId: identityPoolId, IdentityId: credentials.identityId };
  expect(await sync.listDatasets(ids)).toMatchObject({ Datasets: [], Count: 0 });
  sync.destroy();

  AWS.config.update({ region: endpoint.region, sts: { endpoint: endpoint.endpoint } });
  const basic = new AWS.CognitoIdentityCredentials(
    { IdentityPoolId: identityPoolId, Logins: logins, RoleArn: 'arn:aws:iam::000000000000:role/app' },
    endpoint,
  );
  await basic.getPromise();
  expect(basic.identityId).toBe(credentials.identityId);
  const v2 = new AWS.CognitoSync({ ...endpoint, credentials: basic });
  expect(await v2.listDatasets(ids).promise()).toMatchObject({ Datasets: [], Count: 0 });
  await endScenario(scenario);
});
