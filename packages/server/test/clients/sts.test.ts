import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CognitoSync } from '@aws-sdk/client-cognito-sync';
import { fromWebToken } from '@aws-sdk/credential-providers';
import AWS from 'aws-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OpenIdKeys } from '../../src/credentials/open-id-keys.ts';
import { JwtOpenIdTokens } from '../../src/credentials/open-id-tokens.ts';
import { endScenario, newGuest, present, refusalOf, startScenario } from './scenario.ts';

// AssumeRoleWithWebIdentity through what real clients make of its XML. Tokens are signed here with the server's own
// keys, so that one can be made that the server would not give.

const folder = mkdtempSync(join(tmpdir(), 'holdall-sts-'));
const data = join(folder, 'data');
const scenario = await startScenario({ data });
const { endpoint, developer } = scenario;
const issuer = 'https://cognito-identity.amazonaws.com';
const role = { RoleArn: 'arn:aws:iam::123456789012:role/path/to/app', RoleSessionName: 'web-identity' };
let tokens: JwtOpenIdTokens;
let ids: { readonly IdentityPoolId: string; readonly IdentityId: string };

beforeAll(async () => {
  const keys = await OpenIdKeys.open(join(data, 'open-id-keys.json'), endpoint.region, Date.now());
  tokens = new JwtOpenIdTokens({ keys, issuer, region: endpoint.region, accountId: '000000000000' });
  const pool = await developer.identity.createIdentityPool({
    IdentityPoolName: 'classic',
    AllowUnauthenticatedIdentities: true,
    AllowClassicFlow: true,
  });
  ids = (await newGuest(scenario, present(pool.IdentityPoolId))).ids;
});
afterAll(async () => {
  await endScenario(scenario);
  rmSync(folder, { recursive: true, force: true });
});

/** @param at when it was issued; it lives ten minutes */
function tokenFor(of = ids, at = Date.now()): Promise<string> {
  const claims = { poolId: of.IdentityPoolId, identityId: of.IdentityId, amr: ['unauthenticated'] };
  return tokens.issue(claims, 600_000, at);
}

describe('aws-sdk v2', () => {
  // The request is not signed; the SDK wants something that it can mark as expired all the same.
  const sts = () =>
    new AWS.STS({ ...endpoint, maxRetries: 0, credentials: new AWS.Credentials('any', 'any') });
  const assume = async (changes: object = {}) =>
    sts()
      .assumeRoleWithWebIdentity({ ...role, WebIdentityToken: await tokenFor(), ...changes })
      .promise();

  test('gets credentials for an hour that reach the data, and learns whose they are', async () => {
    const answer = await assume();
    expect(answer).toMatchObject({
      SubjectFromWebIdentityToken: ids.IdentityId,
      Audience: ids.IdentityPoolId,
      Provider: 'cognito-identity.amazonaws.com',
      AssumedRoleUser: {
        Arn: 'arn:aws:sts::123456789012:assumed-role/app/web-identity',
        AssumedRoleId: expect.stringMatching(/^AROA[A-Z2-7]{17}:web-identity$/),
      },
      ResponseMetadata: { RequestId: expect.stringMatching(/^[\w-]{36}$/) },
    });
    const given = present(answer.Credentials);
    expect(given.Expiration.getTime() - Date.now()).toBeGreaterThan(3_500_000);
    expect(given.Expiration.getTime() - Date.now()).toBeLessThanOrEqual(3_600_000);
    const credentials = new AWS.Credentials(given.AccessKeyId, given.SecretAccessKey, given.SessionToken);
    const sync = new AWS.CognitoSync({ ...endpoint, credentials });
    expect(await sync.listDatasets(ids).promise()).toMatchObject({ Datasets: [], Count: 0 });
    const neighbour = { ...ids, IdentityId: (await newGuest(scenario, ids.IdentityPoolId)).ids.IdentityId };
    expect(await refusalOf(sync.listDatasets(neighbour).promise())).toMatchObject({
      code: 'NotAuthorizedException',
    });
  });

  test.each([900, 43_200])('gets credentials for %i seconds', async (DurationSeconds) => {
    const { Credentials } = await assume({ DurationSeconds });
    const seconds = (present(Credentials).Expiration.getTime() - Date.now()) / 1000;
    expect(seconds).toBeGreaterThan(DurationSeconds - 60);
    expect(seconds).toBeLessThanOrEqual(DurationSeconds);
  });

  test.each<readonly [string, () => object | Promise<object>, object]>([
    [
      'a token that has expired',
      async () => ({ WebIdentityToken: await tokenFor(ids, Date.now() - 3_600_000) }),
      {
        code: 'ExpiredTokenException',
        statusCode: 400,
        message: expect.stringMatching(/^Invalid login token\. Token expired: \d+ >= \d+$/),
      },
    ],
    [
      'a token of somebody else',
      () => ({ WebIdentityToken: 'eyJhbGciOiJub25lIn0.e30.' }),
      { code: 'InvalidIdentityToken', statusCode: 400, message: 'Invalid login token. Not a Cognito token.' },
    ],
    [
      'a pool without the classic flow',
      async () => ({ WebIdentityToken: await tokenFor((await newGuest(scenario)).ids) }),
      {
        code: 'AccessDenied',
        statusCode: 403,
        message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity',
      },
    ],
    [
      'an identity of another pool',
      async () => ({
        WebIdentityToken: await tokenFor({ ...ids, IdentityId: (await newGuest(scenario)).ids.IdentityId }),
      }),
      { code: 'AccessDenied', statusCode: 403 },
    ],
    [
      'a role that is none',
      () => ({ RoleArn: 'arn:aws:iam::123456789012:user/app' }),
      { code: 'ValidationError', statusCode: 400, message: 'Request ARN is invalid' },
    ],
    [
      'too short a session name',
      () => ({ RoleSessionName: 'x' }),
      {
        code: 'ValidationError',
        message: expect.stringContaining("Value 'x' at 'roleSessionName' failed to satisfy constraint"),
      },
    ],
    ['a day', () => ({ DurationSeconds: 43_201 }), { code: 'ValidationError', statusCode: 400 }],
  ])('is refused %s', async (_name, changes, refusal) => {
    const error = await refusalOf(assume(await changes()));
    expect(error).toMatchObject({ ...refusal, requestId: expect.stringMatching(/^[\w-]{36}$/) });
  });
});

test('fromWebToken of v3 gets credentials that reach the data', async () => {
  const credentials = fromWebToken({
    roleArn: role.RoleArn,
    roleSessionName: role.RoleSessionName,
    webIdentityToken: await tokenFor(),
    durationSeconds: 1800,
    clientConfig: { ...endpoint },
  });
  const sync = new CognitoSync({ ...endpoint, credentials });
  expect(await sync.listDatasets(ids)).toMatchObject({ Datasets: [], Count: 0 });
  sync.destroy();
});

describe('the AWS CLI', () => {
  const aws = async (WebIdentityToken: string) =>
    promisify(execFile)(
      '/usr/bin/aws',
      [
        ...['sts', 'assume-role-with-web-identity', '--endpoint-url', endpoint.endpoint, '--output', 'json'],
        ...['--role-arn', role.RoleArn, '--role-session-name', role.RoleSessionName],
        ...['--web-identity-token', WebIdentityToken],
      ],
      { env: { HOME: folder, PATH: '/usr/bin:/bin', AWS_DEFAULT_REGION: endpoint.region, AWS_PAGER: '' } },
    );

  test('prints the answer', async () => {
    const { stdout } = await aws(await tokenFor());
    expect(JSON.parse(stdout)).toMatchObject({
      Credentials: {
        AccessKeyId: expect.stringMatching(/^ASIA/),
        Expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/),
      },
      SubjectFromWebIdentityToken: ids.IdentityId,
      Audience: ids.IdentityPoolId,
    });
  });

  test('prints the error', async () => {
    const { stderr } = await aws('no token').catch((error: { stderr: string }) => error);
    expect(stderr).toContain(
      'An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: ' +
        'Invalid login token. Not a Cognito token.',
    );
  });
});

describe('what verifiers of our tokens fetch', () => {
  const get = async (path: string) => {
    const response = await fetch(`${endpoint.endpoint}/.well-known/${path}`);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    return response.json() as Promise<{ issuer?: string; jwks_uri?: string; keys?: { kid: string }[] }>;
  };

  test('says where the keys are, which are the public ones', async () => {
    const discovery = await get('openid-configuration');
    expect(discovery).toMatchObject({
      issuer,
      jwks_uri: `${endpoint.endpoint}/.well-known/jwks_uri`,
      id_token_signing_alg_values_supported: ['RS512'],
    });
    const [{ keys }, other] = await Promise.all([get('jwks_uri'), get('jwks.json')]);
    expect(keys?.map(({ kid }) => kid)).toEqual([`${endpoint.region}1`]);
    expect(JSON.stringify(keys)).not.toContain('"d"');
    expect(other).toEqual({ keys });
  });
});
