import { createPublicKey, type JsonWebKey, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CognitoIdentity } from '@aws-sdk/client-cognito-identity';
import { type Operation, syncOperations, syncService } from '@holdall/protocol';
import { base64url, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Credentials,
  endScenario,
  type Guest,
  newGuest,
  openDataset,
  present,
  refusalOf,
  replace,
  startScenario,
  syncClient,
} from './clients/scenario.ts';
import { independentSigner } from './fixtures/signed-requests.ts';
import { FakeIssuer } from './logins/fake-issuer.ts';

// Who has no business here, by every way in. Each attack ends in the right error and changes nothing; beside it stands
// the honest request that it was made from, which is answered, so that no attack fails for another reason.

const google = 'accounts.google.com';
const own = 'cognito-identity.amazonaws.com';
const backend = 'backend';
const clientId = 'app.apps.googleusercontent.com';

const folder = mkdtempSync(join(tmpdir(), 'holdall-attacks-'));
const issuer = await FakeIssuer.start();
const file = join(folder, 'login-providers.json');
writeFileSync(file, JSON.stringify({ openIdConnect: { [google]: { issuer: issuer.url } } }));
/** How far the server's clock is ahead. */
let ahead = 0;
const now = () => Date.now() + ahead;
const scenario = await startScenario({ flags: { loginProviders: file }, now });
const { developer, endpoint } = scenario;
/** Signs nothing: what an app without credentials calls. */
const app = new CognitoIdentity(endpoint);

afterAll(async () => {
  app.destroy();
  await issuer[Symbol.asyncDispose]();
  await endScenario(scenario);
  rmSync(folder, { recursive: true, force: true });
});

let poolId: string;
beforeEach(async () => {
  ahead = 0;
  poolId = await newPool();
});

const noMatch =
  "Logins don't match. Please include at least one valid login for this identity or identity pool.";
const unverifiable = "Invalid login token. Couldn't verify signed token.";
const notOurs = 'Invalid login token. Not a Cognito token.';
const notValid = 'Invalid login token. Not a valid OpenId Connect identity token.';
const otherAudience = 'Token is not from a supported provider of this identity pool.';
const expired = expect.stringMatching(/^Invalid login token\. Token expired: \d+ >= \d+$/);
const notYours = 'These credentials are not valid for accessing this resource';

const roleArn = 'arn:aws:iam::123456789012:role/holdall-sync';
const pushSync = {
  ApplicationArns: ['arn:aws:sns:us-east-1:123456789012:app/GCM/holdall'],
  RoleArn: roleArn,
};

async function newPool(change: object = {}): Promise<string> {
  const pool = await developer.identity.createIdentityPool({
    IdentityPoolName: 'under attack',
    AllowUnauthenticatedIdentities: true,
    AllowClassicFlow: true,
    DeveloperProviderName: backend,
    SupportedLoginProviders: { [google]: clientId },
    ...change,
  });
  const IdentityPoolId = present(pool.IdentityPoolId);
  await developer.sync.setIdentityPoolConfiguration({ IdentityPoolId, PushSync: pushSync });
  return IdentityPoolId;
}

function seconds(): number {
  return Math.floor(now() / 1000);
}

function claims(subject: string): JWTPayload {
  return { iss: issuer.url, sub: subject, aud: clientId, iat: seconds(), exp: seconds() + 600 };
}

/** The token of somebody who did sign in. */
async function loginOf(subject: string): Promise<Record<string, string>> {
  return { [google]: await issuer.sign(claims(subject)) };
}

async function idOf(subject: string, pool = poolId): Promise<string> {
  const { IdentityId } = await app.getId({ IdentityPoolId: pool, Logins: await loginOf(subject) });
  return present(IdentityId);
}

/** Somebody of the pool with a dataset. */
async function furnished(pool = poolId): Promise<Guest> {
  const guest = await newGuest(scenario, pool);
  const sync = syncClient(scenario, guest);
  await openDataset(sync, guest, 'notes').update([replace('title', 'Hello')]);
  sync.destroy();
  return guest;
}

/** All that the API shows of pools, for before and after. */
function stateOf(...pools: string[]): Promise<unknown> {
  return Promise.all(
    pools.map(async (IdentityPoolId) => {
      const { identity, sync } = developer;
      const pool = { IdentityPoolId };
      const { Identities = [] } = await identity.listIdentities({ ...pool, MaxResults: 60 });
      return plain({
        settings: await identity.describeIdentityPool(pool),
        configuration: await sync.getIdentityPoolConfiguration(pool),
        events: await sync.getCognitoEvents(pool),
        publishing: await sync.getBulkPublishDetails(pool),
        identities: Identities,
        data: await Promise.all(Identities.map(({ IdentityId }) => dataOf({ ...pool, IdentityId }))),
      });
    }),
  );
}

async function dataOf(ids: { IdentityPoolId: string; IdentityId: string | undefined }): Promise<unknown> {
  const { Datasets = [] } = await developer.sync.listDatasets({ ...ids, MaxResults: 64 });
  return Promise.all(
    Datasets.map(async (dataset) => {
      const { SyncSessionToken: _, ...rest } = await developer.sync.listRecords({
        ...ids,
        DatasetName: dataset.DatasetName,
      });
      return { dataset, ...rest };
    }),
  );
}

/** Without what differs from answer to answer. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, member) => (key === '$metadata' ? undefined : member)));
}

/** Makes the attack, and looks whether anything in the pools is different afterwards. */
async function attack(pools: readonly string[], call: () => Promise<unknown>): Promise<Error> {
  const before = await stateOf(...pools);
  const error = await refusalOf(call());
  expect(await stateOf(...pools)).toEqual(before);
  return error;
}

/** The query protocol, as `AssumeRoleWithWebIdentity` of any SDK has it. */
async function assumeRole(token: string): Promise<string> {
  const response = await fetch(endpoint.endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: 'arn:aws:iam::000000000000:role/app',
      RoleSessionName: 'attack',
      WebIdentityToken: token,
    }),
  });
  const text = await response.text();
  if (response.ok) return text;
  const error = new Error(/<Message>(.*)<\/Message>/.exec(text)?.[1]?.replaceAll('&apos;', "'"));
  error.name = /<Code>(.*)<\/Code>/.exec(text)?.[1] ?? text;
  throw error;
}

function segment(value: object): string {
  return base64url.encode(JSON.stringify(value));
}

/** The token with another payload under the same signature. */
function withPayload(token: string, change: object): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const content = JSON.parse(new TextDecoder().decode(base64url.decode(payload))) as object;
  return [header, segment({ ...content, ...change }), signature].join('.');
}

function headerOf(token: string): { kid: string; alg: string } {
  const [header = ''] = token.split('.');
  return JSON.parse(new TextDecoder().decode(base64url.decode(header))) as { kid: string; alg: string };
}

/** The texts that a server which confuses algorithms might take for the secret: the public key as PEM and as JWK. */
function keyTexts(jwk: JsonWebKey): string[] {
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return [
    key.export({ format: 'pem', type: 'spki' }).toString(),
    key.export({ format: 'pem', type: 'spki' }).toString().trim(),
    key.export({ format: 'pem', type: 'pkcs1' }).toString(),
    JSON.stringify(jwk),
    present(jwk.n),
  ];
}

function hmacWith(secret: string, payload: JWTPayload, header: { alg: string; kid: string; typ?: string }) {
  return new SignJWT(payload).setProtectedHeader(header).sign(new TextEncoder().encode(secret));
}

interface Forgery {
  readonly name: string;
  /** One or more of a kind. */
  readonly tokens: () => Promise<readonly string[]>;
  readonly message: unknown;
}

const forgeries: readonly Forgery[] = [
  {
    name: 'alg none, in any spelling',
    tokens: async () =>
      ['none', 'None', 'NONE', 'nOnE'].flatMap((alg) =>
        ['', 'AA'].map(
          (signature) =>
            `${segment({ alg, typ: 'JWT', kid: 'first' })}.${segment(claims('ann'))}.${signature}`,
        ),
      ),
    message: unverifiable,
  },
  {
    name: 'HS256 with the public key',
    tokens: async () =>
      Promise.all(
        keyTexts(issuer.publicKey('first') as JsonWebKey).map((secret) =>
          hmacWith(secret, claims('ann'), { alg: 'HS256', kid: 'first' }),
        ),
      ),
    message: unverifiable,
  },
  {
    name: 'a key of their own under the same key id, under another, and in the header',
    tokens: async () => {
      const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
      const jwk = await exportJWK(publicKey);
      return Promise.all(
        [{ kid: 'first' }, { kid: 'theirs' }, { kid: 'first', jwk }, { jwk }].map((header) =>
          new SignJWT(claims('ann')).setProtectedHeader({ alg: 'RS256', ...header }).sign(privateKey),
        ),
      );
    },
    message: unverifiable,
  },
  {
    name: 'another payload under a good signature',
    tokens: async () => [withPayload(await issuer.sign(claims('mallory')), { sub: 'ann' })],
    message: unverifiable,
  },
  {
    name: 'a wrong audience',
    tokens: () =>
      Promise.all(
        ['other', `${clientId} `, clientId.toUpperCase(), [], ['other']].map((aud) =>
          issuer.sign({ ...claims('ann'), aud }),
        ),
      ),
    message: otherAudience,
  },
  {
    name: 'a wrong issuer',
    tokens: () =>
      Promise.all(
        [
          'https://issuer.example',
          `${issuer.url}/`,
          issuer.url.toUpperCase(),
          `${issuer.url}.example`,
          '',
        ].map((iss) => issuer.sign({ ...claims('ann'), iss })),
      ),
    message: "Invalid login token. Issuer doesn't match providerName",
  },
  {
    name: 'a token that has expired, long ago or just now',
    tokens: () =>
      Promise.all([3600, 1, 0].map((ago) => issuer.sign({ ...claims('ann'), exp: seconds() - ago }))),
    message: expired,
  },
  {
    name: 'a token that is not yet valid',
    tokens: () =>
      Promise.all([
        issuer.sign({ ...claims('ann'), nbf: seconds() + 3000, exp: seconds() + 3600 }),
        issuer.sign({ ...claims('ann'), iat: seconds() + 3000, exp: seconds() + 3600 }),
      ]),
    message: notValid,
  },
  {
    name: 'what is no token',
    // The shortest that STS takes for a token has four characters.
    tokens: async () => ['....', 'a.b.c', 'no token', (await issuer.sign(claims('ann'))).slice(0, 100)],
    message: notValid,
  },
];

describe('a login token', () => {
  test('of the honest sort signs ann in', async () => {
    const ann = await idOf('ann');
    const guest = await newGuest(scenario, poolId);
    const { IdentityId } = await app.getCredentialsForIdentity({
      IdentityId: guest.ids.IdentityId,
      Logins: await loginOf('ann'),
    });
    expect(IdentityId).toBe(ann);
  });

  test.for(forgeries)('does not come in with $name', async ({ tokens, message }) => {
    const ann = await idOf('ann');
    const { IdentityId } = (await newGuest(scenario, poolId)).ids;
    const forged = await tokens();
    const before = await stateOf(poolId);
    const user = { IdentityPoolId: poolId, Logins: { [backend]: 'ann' } };
    for (const token of forged) {
      const Logins = { [google]: token };
      const ways = [
        () => app.getId({ IdentityPoolId: poolId, Logins }),
        ...[ann, IdentityId].flatMap((id) => [
          () => app.getCredentialsForIdentity({ IdentityId: id, Logins }),
          () => app.getOpenIdToken({ IdentityId: id, Logins }),
        ]),
        () => app.unlinkIdentity({ IdentityId: ann, Logins, LoginsToRemove: [google] }),
        () =>
          developer.identity.getOpenIdTokenForDeveloperIdentity({
            ...user,
            Logins: { ...user.Logins, ...Logins },
          }),
      ];
      for (const way of ways) {
        expect(await refusalOf(way())).toMatchObject({ name: 'NotAuthorizedException', message });
      }
      expect(await refusalOf(assumeRole(token))).toMatchObject({ name: 'InvalidIdentityToken' });
    }
    expect(await stateOf(poolId)).toEqual(before);
  });

  test('beside a good one takes that down with it', async () => {
    const guest = await newGuest(scenario, poolId);
    const Logins = { ...(await loginOf('ann')), [own]: 'a.b.c' };
    const error = await attack([poolId], () =>
      app.getCredentialsForIdentity({ IdentityId: guest.ids.IdentityId, Logins }),
    );
    expect(error).toMatchObject({ name: 'NotAuthorizedException', message: notOurs });
  });

  test('of somebody else does not open the identity of ann', async () => {
    const ann = await idOf('ann');
    await idOf('mallory');
    const Logins = await loginOf('mallory');
    for (const way of [
      () => app.getCredentialsForIdentity({ IdentityId: ann, Logins }),
      () => app.getOpenIdToken({ IdentityId: ann, Logins }),
      () => app.unlinkIdentity({ IdentityId: ann, Logins, LoginsToRemove: [google] }),
    ]) {
      expect(await attack([poolId], way)).toMatchObject({ name: 'NotAuthorizedException', message: noMatch });
    }
  });

  test.for([
    ['does not take the provider', { SupportedLoginProviders: {} }, noMatch],
    ['is for another app', { SupportedLoginProviders: { [google]: 'another-app' } }, otherAudience],
  ] as const)('replayed against a pool that %s is refused', async ([_name, change, message]) => {
    const ann = await idOf('ann');
    const other = await newPool(change);
    const guest = await newGuest(scenario, other);
    const Logins = await loginOf('ann');
    for (const way of [
      () => app.getId({ IdentityPoolId: other, Logins }),
      () => app.getCredentialsForIdentity({ IdentityId: guest.ids.IdentityId, Logins }),
      () => app.getOpenIdToken({ IdentityId: guest.ids.IdentityId, Logins }),
    ]) {
      expect(await attack([poolId, other], way)).toMatchObject({ name: 'NotAuthorizedException', message });
    }
    expect(await idOf('ann')).toBe(ann);
  });

  test('replayed against a pool for the same app is somebody else there', async () => {
    const ann = await idOf('ann');
    const other = await newPool();
    const before = await stateOf(poolId);
    expect(await idOf('ann', other)).not.toBe(ann);
    expect(await stateOf(poolId)).toEqual(before);
  });
});

describe('an OpenID token of our own', () => {
  const vouch = async (user: string, pool = poolId) => {
    const answer = await developer.identity.getOpenIdTokenForDeveloperIdentity({
      IdentityPoolId: pool,
      Logins: { [backend]: user },
    });
    return { id: present(answer.IdentityId), token: present(answer.Token) };
  };

  test('of the honest sort gets credentials, by both flows', async () => {
    const ann = await vouch('ann');
    const { IdentityId } = await app.getCredentialsForIdentity({
      IdentityId: ann.id,
      Logins: { [own]: ann.token },
    });
    expect(IdentityId).toBe(ann.id);
    expect(await assumeRole(ann.token)).toContain(ann.id);
  });

  test('of another identity, or of another pool, opens nothing', async () => {
    const other = await newPool();
    const [ann, bob, stranger] = [await vouch('ann'), await vouch('bob'), await vouch('ann', other)];
    for (const { token } of [bob, stranger]) {
      const Logins = { [own]: token };
      for (const way of [
        () => app.getCredentialsForIdentity({ IdentityId: ann.id, Logins }),
        () => app.getOpenIdToken({ IdentityId: ann.id, Logins }),
      ]) {
        expect(await attack([poolId, other], way)).toMatchObject({
          name: 'NotAuthorizedException',
          message: noMatch,
        });
      }
    }
    const replayed = () => app.getId({ IdentityPoolId: poolId, Logins: { [own]: stranger.token } });
    expect(await attack([poolId, other], replayed)).toMatchObject({
      name: 'NotAuthorizedException',
      message: noMatch,
    });
  });

  test('that was forged is refused by both flows', async () => {
    const [ann, mallory] = [await vouch('ann'), await vouch('mallory')];
    const [, payload = ''] = ann.token.split('.');
    const content = JSON.parse(new TextDecoder().decode(base64url.decode(payload))) as JWTPayload;
    const { kid } = headerOf(ann.token);
    const header = { typ: 'JWS', kid };
    const published = (await (await fetch(`${endpoint.endpoint}/.well-known/jwks.json`)).json()) as {
      keys: JsonWebKey[];
    };
    const secrets = keyTexts(present(published.keys[0]));
    const { privateKey } = await generateKeyPair('RS512', { extractable: true });
    const forged: readonly (readonly [string, string])[] = [
      [`${segment({ ...header, alg: 'none' })}.${payload}.`, notOurs],
      ...(await Promise.all(
        secrets.map(
          async (secret) => [await hmacWith(secret, content, { ...header, alg: 'HS512' }), notOurs] as const,
        ),
      )),
      [
        await new SignJWT(content).setProtectedHeader({ ...header, alg: 'RS512' }).sign(privateKey),
        unverifiable,
      ],
      [
        await new SignJWT(content)
          .setProtectedHeader({ ...header, alg: 'RS512', kid: 'theirs' })
          .sign(privateKey),
        notOurs,
      ],
      [withPayload(mallory.token, { sub: ann.id }), unverifiable],
      [withPayload(ann.token, { exp: seconds() + 1_000_000 }), unverifiable],
      [ann.token.slice(0, -4), unverifiable],
      [
        await issuer.sign({ ...content, iss: 'https://cognito-identity.amazonaws.com' }, { kid: 'first' }),
        notOurs,
      ],
    ];
    const before = await stateOf(poolId);
    for (const [token, message] of forged) {
      const Logins = { [own]: token };
      for (const way of [
        () => app.getId({ IdentityPoolId: poolId, Logins }),
        () => app.getCredentialsForIdentity({ IdentityId: ann.id, Logins }),
        () => app.getOpenIdToken({ IdentityId: ann.id, Logins }),
      ]) {
        expect(await refusalOf(way())).toMatchObject({ name: 'NotAuthorizedException', message });
      }
      expect(await refusalOf(assumeRole(token))).toMatchObject({ name: 'InvalidIdentityToken', message });
    }
    expect(await stateOf(poolId)).toEqual(before);
  });

  test('ends when it says', async () => {
    const ann = await vouch('ann');
    const Logins = { [own]: ann.token };
    const before = await stateOf(poolId);
    ahead = 15 * 60_000;
    for (const way of [
      () => app.getId({ IdentityPoolId: poolId, Logins }),
      () => app.getCredentialsForIdentity({ IdentityId: ann.id, Logins }),
      () => app.getOpenIdToken({ IdentityId: ann.id, Logins }),
    ]) {
      expect(await refusalOf(way())).toMatchObject({ name: 'NotAuthorizedException', message: expired });
    }
    expect(await refusalOf(assumeRole(ann.token))).toMatchObject({ name: 'ExpiredTokenException' });
    ahead = 0;
    expect(await stateOf(poolId)).toEqual(before);
  });
});

describe('a guest', () => {
  test('cannot ask for an identity that has a login', async () => {
    const ann = await idOf('ann');
    for (const change of [{}, { Logins: {} }]) {
      const input = { IdentityId: ann, ...change };
      for (const way of [() => app.getCredentialsForIdentity(input), () => app.getOpenIdToken(input)]) {
        expect(await attack([poolId], way)).toMatchObject({
          name: 'NotAuthorizedException',
          message: noMatch,
        });
      }
    }
  });

  test('has a token that is for no other guest, and for no other pool', async () => {
    const other = await newPool();
    const [ann, bob] = [(await newGuest(scenario, poolId)).ids, (await newGuest(scenario, poolId)).ids];
    const stranger = (await newGuest(scenario, other)).ids;
    const tokenOf = async ({ IdentityId }: { IdentityId: string }) =>
      present((await app.getOpenIdToken({ IdentityId })).Token);
    const [bobs, strangers] = [await tokenOf(bob), await tokenOf(stranger)];
    const { IdentityId } = ann;
    for (const way of [
      () => app.getCredentialsForIdentity({ IdentityId, Logins: { [own]: bobs } }),
      () => app.getOpenIdToken({ IdentityId, Logins: { [own]: bobs } }),
      () => app.getCredentialsForIdentity({ IdentityId, Logins: { [own]: strangers } }),
      () => app.getOpenIdToken({ IdentityId, Logins: { [own]: strangers } }),
      () => app.getId({ IdentityPoolId: poolId, Logins: { [own]: strangers } }),
    ]) {
      expect(await attack([poolId, other], way)).toMatchObject({
        name: 'NotAuthorizedException',
        message: noMatch,
      });
    }
  });

  test('has a token that ends with being a guest', async () => {
    const { IdentityId } = (await newGuest(scenario, poolId)).ids;
    const token = present((await app.getOpenIdToken({ IdentityId })).Token);
    expect(await assumeRole(token)).toContain(IdentityId);
    await app.getCredentialsForIdentity({ IdentityId, Logins: await loginOf('ann') });
    const Logins = { [own]: token };
    for (const way of [
      () => app.getCredentialsForIdentity({ IdentityId, Logins }),
      () => app.getOpenIdToken({ IdentityId, Logins }),
      () => app.getId({ IdentityPoolId: poolId, Logins }),
    ]) {
      expect(await attack([poolId], way)).toMatchObject({ name: 'NotAuthorizedException', message: noMatch });
    }
    expect(await attack([poolId], () => assumeRole(token))).toMatchObject({
      name: 'AccessDenied',
      message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity',
    });
  });
});

type OperationName = keyof typeof syncOperations;
type Members = Readonly<Record<string, unknown>>;

/** How an attacker calls an operation: straight from its row. */
function call(
  name: OperationName,
  input: Members,
  as: Credentials,
  /** Members in the body that belong in the path. */
  smuggled: Members = {},
): Promise<unknown> {
  const operation: Operation = syncOperations[name];
  const body: Record<string, unknown> = { ...smuggled };
  const query: Record<string, string> = {};
  let path = operation.path ?? '';
  for (const [member, value] of Object.entries(input)) {
    const row = operation.input[member];
    if (row?.in === 'path') path = path.replace(`{${member}}`, encodeURIComponent(String(value)));
    else if (row?.in === 'query') query[row.wire ?? member] = String(value);
    else if (row) body[member] = value;
  }
  const { method = 'POST' } = operation;
  return send({ method, path, query, ...(method === 'POST' && { body }) }, as);
}

/** The same in the envelope of 2014, where all members are in the body. */
function callInEnvelope(name: OperationName, input: Members, as: Credentials): Promise<unknown> {
  const operation: Operation = syncOperations[name];
  const { namespace, target } = syncService;
  const members = Object.entries(input).filter(([member]) => operation.input[member]);
  const body = {
    Operation: `${namespace}#${name}`,
    Service: `${namespace}#${target}`,
    Input: Object.fromEntries(members),
  };
  const headers = { 'x-amz-target': `${namespace}.${target}.${name}` };
  return send({ method: 'POST', path: '/', query: {}, headers, body }, as);
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** Signs with Amazon's own signer. */
async function send({ method, path, query, headers = {}, body }: Request, as: Credentials): Promise<unknown> {
  const url = new URL(endpoint.endpoint);
  const content = body && { body: JSON.stringify(body) };
  const { sessionToken } = as;
  const signed = await independentSigner({
    secret: as.secretAccessKey,
    accessKeyId: as.accessKeyId,
    ...(sessionToken !== undefined && { sessionToken }),
  }).sign(
    {
      method,
      protocol: 'http:',
      hostname: url.hostname,
      port: Number(url.port),
      path,
      query,
      headers: { ...headers, host: url.host, ...(content && { 'content-type': 'application/json' }) },
      ...content,
    },
    { signingDate: new Date(now()) },
  );
  const { host: _, ...sent } = signed.headers;
  const response = await fetch(`${url.origin}${path}?${new URLSearchParams(query)}`, {
    method,
    headers: sent,
    ...content,
  });
  const answer = (await response.json()) as { message?: string; Output?: { message?: string } };
  if (response.ok) return answer;
  const error = new Error(answer.message ?? answer.Output?.message);
  error.name = (response.headers.get('x-amzn-errortype') ?? '').replace(/:.*/, '');
  throw Object.assign(error, { status: response.status });
}

const operationNames = Object.keys(syncOperations) as OperationName[];

/** Somebody with all that there is to attack: a dataset, a device, a subscription, a session. */
async function home(pool: string) {
  const guest = await furnished(pool);
  const sync = syncClient(scenario, guest);
  const { DeviceId } = await sync.registerDevice({ ...guest.ids, Platform: 'GCM', Token: `of ${pool}` });
  const { SyncSessionToken } = await openDataset(sync, guest, 'notes').list();
  sync.destroy();
  return {
    ...guest,
    /** Good for every operation, once its other members are left out. */
    input: {
      ...guest.ids,
      DatasetName: 'notes',
      DeviceId,
      SyncSessionToken,
      RecordPatches: [{ Op: 'replace', Key: 'title', Value: 'Pwned', SyncCount: 1 }],
      Platform: 'GCM',
      Token: 'a-token',
      Events: { SyncTrigger: 'arn:aws:lambda:us-east-1:123456789012:function:theirs' },
      CognitoStreams: { StreamName: 'theirs', RoleArn: roleArn, StreamingStatus: 'ENABLED' },
    },
  };
}

describe('credentials of one identity', () => {
  let here: string;
  let there: string;
  beforeAll(async () => {
    [here, there] = [await newPool(), await newPool()];
  });

  test.for(operationNames)('do not reach what is of others with %s', async (name) => {
    const [mallory, victim, stranger] = [await home(here), await home(here), await home(there)];
    const operation: Operation = syncOperations[name];
    const isTheirsToo = operation.callers.includes('identity');
    const before = await stateOf(here, there);
    const refused = async (input: Members, smuggled?: Members) => {
      for (const way of [
        () => call(name, input, mallory.credentials, smuggled),
        () => callInEnvelope(name, input, mallory.credentials),
      ]) {
        expect(await refusalOf(way())).toMatchObject({
          name: 'NotAuthorizedException',
          message: notYours,
          status: 403,
        });
      }
    };
    for (const { input } of [victim, stranger]) {
      await refused(input);
      // A body that says otherwise than the path.
      await refused(input, mallory.ids);
      // Their own session and device.
      const { SyncSessionToken, DeviceId } = mallory.input;
      await refused({ ...input, SyncSessionToken, DeviceId });
    }
    await refused({ ...mallory.input, IdentityPoolId: there });
    await refused({ ...stranger.input, IdentityPoolId: here });
    const { IdentityPoolId, IdentityId } = victim.ids;
    await refused({ ...victim.input, IdentityPoolId: IdentityPoolId.toUpperCase() });
    await refused({ ...victim.input, IdentityId: IdentityId.toUpperCase() });
    await refused({ ...mallory.input, IdentityId: `${mallory.ids.IdentityId}/../${IdentityId}` });
    if (!isTheirsToo) await refused(mallory.input);
    expect(await stateOf(here, there)).toEqual(before);

    if (!isTheirsToo) return;
    await call(name, victim.input, victim.credentials);
    await callInEnvelope(name, stranger.input, stranger.credentials);
  });

  test('do not write with the session, nor the device, of others', async () => {
    const [mallory, victim] = [await home(here), await home(here)];
    const stolen = { ...mallory.input, SyncSessionToken: victim.input.SyncSessionToken };
    const error = await attack([here], () => call('UpdateRecords', stolen, mallory.credentials));
    expect(error).toMatchObject({
      name: 'InvalidParameterException',
      message: 'SyncSessionToken not valid for these inputs',
    });
    const { DeviceId } = victim.input;
    for (const name of ['SubscribeToDataset', 'UnsubscribeFromDataset'] as const) {
      const way = () => call(name, { ...mallory.input, DeviceId }, mallory.credentials);
      expect(await attack([here], way)).toMatchObject({
        name: 'ResourceNotFoundException',
        message: `Device '${DeviceId}' not found.`,
      });
    }
  });

  test('are worth nothing in the operations of developers', async () => {
    const mallory = await home(here);
    const identity = new CognitoIdentity({ ...endpoint, credentials: mallory.credentials });
    const IdentityPoolId = here;
    const user = { DeveloperProviderName: backend, DeveloperUserIdentifier: 'ann' };
    const { IdentityId } = mallory.ids;
    for (const way of [
      () => identity.listIdentityPools({ MaxResults: 60 }),
      () => identity.deleteIdentityPool({ IdentityPoolId }),
      () => identity.describeIdentityPool({ IdentityPoolId }),
      () => identity.listIdentities({ IdentityPoolId, MaxResults: 60 }),
      () => identity.describeIdentity({ IdentityId }),
      () => identity.deleteIdentities({ IdentityIdsToDelete: [IdentityId] }),
      () => identity.getOpenIdTokenForDeveloperIdentity({ IdentityPoolId, Logins: { [backend]: 'ann' } }),
      () => identity.lookupDeveloperIdentity({ IdentityPoolId, DeveloperUserIdentifier: 'ann' }),
      () => identity.unlinkDeveloperIdentity({ IdentityPoolId, IdentityId, ...user }),
    ]) {
      expect(await refusalOf(way())).toMatchObject({ name: 'NotAuthorizedException', message: notYours });
    }
    identity.destroy();
  });
});

describe('a session token', () => {
  const unknown = {
    name: 'UnrecognizedClientException',
    message: 'The security token included in the request is invalid.',
  };

  /** One character in the midst of each tenth of it, another. */
  function tampered(token: string): string[] {
    return Array.from({ length: 10 }, (_, part) => {
      const at = Math.floor(((part + 0.5) * token.length) / 10);
      return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
    });
  }

  test('that was tampered with, truncated or made up is unknown', async () => {
    const victim = await home(poolId);
    const { credentials, input } = victim;
    const token = present(credentials.sessionToken);
    const before = await stateOf(poolId);
    const bad = [
      ...tampered(token),
      ...[1, 10, Math.floor(token.length / 2), token.length - 1].map((length) => token.slice(0, length)),
      token.slice(1),
      `${token}AAAA`,
      randomBytes(200).toString('base64'),
      present(input.SyncSessionToken),
    ];
    for (const sessionToken of bad) {
      const forged = { ...credentials, sessionToken };
      for (const name of ['ListRecords', 'UpdateRecords'] as const) {
        expect(await refusalOf(call(name, input, forged))).toMatchObject(unknown);
      }
    }
    expect(await stateOf(poolId)).toEqual(before);
    await call('UpdateRecords', input, credentials);
  });

  test('is of use with its own access key and secret alone', async () => {
    const [mallory, victim] = [await home(poolId), await home(poolId)];
    const root = scenario.server.credentials;
    const { sessionToken = '' } = victim.credentials;
    const swapped: readonly (readonly [Credentials, object])[] = [
      // The victim's token with keys of somebody else.
      [{ ...mallory.credentials, sessionToken }, unknown],
      [{ ...root, sessionToken }, unknown],
      // Temporary keys without a token are not those of a developer.
      [
        {
          accessKeyId: victim.credentials.accessKeyId,
          secretAccessKey: victim.credentials.secretAccessKey,
        },
        unknown,
      ],
      [
        { ...victim.credentials, secretAccessKey: mallory.credentials.secretAccessKey },
        { name: 'InvalidSignatureException' },
      ],
      [{ ...victim.credentials, accessKeyId: mallory.credentials.accessKeyId }, unknown],
    ];
    for (const [credentials, refusal] of swapped) {
      for (const name of ['ListRecords', 'UpdateRecords', 'DeleteDataset'] as const) {
        const way = () => call(name, victim.input, credentials);
        expect(await attack([poolId], way)).toMatchObject(refusal);
      }
    }
  });

  test('of a dataset lets nobody write once it was tampered with, truncated, or is for another dataset', async () => {
    const victim = await home(poolId);
    const token = present(victim.input.SyncSessionToken);
    const sync = syncClient(scenario, victim);
    const { SyncSessionToken: others } = await openDataset(sync, victim, 'others').list();
    sync.destroy();
    const before = await stateOf(poolId);
    for (const SyncSessionToken of [
      ...tampered(token),
      token.slice(0, -1),
      token.slice(0, 20),
      `${token}A`,
      present(others),
      present(victim.credentials.sessionToken),
    ]) {
      const way = () => call('UpdateRecords', { ...victim.input, SyncSessionToken }, victim.credentials);
      expect(await refusalOf(way())).toMatchObject({
        name: 'InvalidParameterException',
        message: 'SyncSessionToken not valid for these inputs',
      });
    }
    expect(await stateOf(poolId)).toEqual(before);
  });
});

describe('an identity that was merged away', () => {
  async function merged() {
    const ann = await idOf('ann');
    await idOf('bob');
    const guest = await home(poolId);
    const { IdentityId } = guest.ids;
    const token = present((await app.getOpenIdToken({ IdentityId })).Token);
    const Logins = await loginOf('ann');
    expect((await app.getCredentialsForIdentity({ IdentityId, Logins })).IdentityId).toBe(ann);
    return { guest, token, ann };
  }

  test('gets neither credentials nor tokens', async () => {
    const { guest, token } = await merged();
    const { IdentityId } = guest.ids;
    const refused = { name: 'NotAuthorizedException', message: `Identity '${IdentityId}' is disabled.` };
    for (const Logins of [undefined, {}, await loginOf('bob'), await loginOf('nobody'), { [own]: token }]) {
      const input = { IdentityId, ...(Logins && { Logins }) };
      for (const way of [() => app.getCredentialsForIdentity(input), () => app.getOpenIdToken(input)]) {
        expect(await attack([poolId], way)).toMatchObject(refused);
      }
    }
    const getId = () => app.getId({ IdentityPoolId: poolId, Logins: { [own]: token } });
    expect(await attack([poolId], getId)).toMatchObject(refused);
    expect(await attack([poolId], () => assumeRole(token))).toMatchObject({ name: 'AccessDenied' });
    const vouch = () =>
      developer.identity.getOpenIdTokenForDeveloperIdentity({
        IdentityPoolId: poolId,
        IdentityId,
        Logins: { [backend]: 'mallory' },
      });
    expect(await attack([poolId], vouch)).toMatchObject(refused);
  });

  const noDataset = () => ({ name: 'ResourceNotFoundException', message: "Dataset 'notes' not found." });
  type Refusal = (id: string, winner: string) => { name: string; message: string };

  test.for<readonly [OperationName, Refusal]>([
    ['DeleteDataset', noDataset],
    ['DescribeDataset', noDataset],
    ['ListRecords', (id) => ({ name: 'NotAuthorizedException', message: `Identity '${id}' is disabled.` })],
    [
      'RegisterDevice',
      (id) => ({ name: 'ResourceNotFoundException', message: `Identity '${id}' not found.` }),
    ],
    ['SubscribeToDataset', noDataset],
    ['UnsubscribeFromDataset', noDataset],
    [
      'UpdateRecords',
      (id, winner) => ({
        name: 'ResourceNotFoundException',
        message: `Identity '${id}' is disabled: it was merged into '${winner}'.`,
      }),
    ],
  ])('does nothing with credentials from before, in %s', async ([name, refusal]) => {
    const { guest, ann } = await merged();
    const error = await attack([poolId], () => call(name, guest.input, guest.credentials));
    expect(error).toMatchObject(refusal(guest.ids.IdentityId, ann));
  });

  test('sees with them that it has nothing any more', async () => {
    const { guest } = await merged();
    expect(await call('ListDatasets', guest.ids, guest.credentials)).toEqual({ Count: 0, Datasets: [] });
    expect(await call('DescribeIdentityUsage', guest.ids, guest.credentials)).toMatchObject({
      IdentityUsage: { DatasetCount: 0, DataStorage: 0 },
    });
  });
});

describe('an identity that was deleted', () => {
  test('has no data, gets no credentials, and those it had end with their hour', async () => {
    const guest = await home(poolId);
    const { IdentityId } = guest.ids;
    const token = present((await app.getOpenIdToken({ IdentityId })).Token);
    await developer.identity.deleteIdentities({ IdentityIdsToDelete: [IdentityId] });

    const notFound = {
      name: 'ResourceNotFoundException',
      message: `Identity '${IdentityId}' not found.`,
    };
    for (const input of [{ IdentityId }, { IdentityId, Logins: { [own]: token } }]) {
      for (const way of [() => app.getCredentialsForIdentity(input), () => app.getOpenIdToken(input)]) {
        expect(await attack([poolId], way)).toMatchObject(notFound);
      }
    }
    expect(await attack([poolId], () => assumeRole(token))).toMatchObject({ name: 'AccessDenied' });

    // Still within the hour of its credentials: nothing is left, and nothing can be begun anew.
    const write = () => call('UpdateRecords', guest.input, guest.credentials);
    expect(await attack([poolId], write)).toMatchObject(notFound);
    const register = () => call('RegisterDevice', guest.input, guest.credentials);
    expect(await attack([poolId], register)).toMatchObject(notFound);
    for (const name of ['DescribeDataset', 'DeleteDataset'] as const) {
      const way = () => call(name, guest.input, guest.credentials);
      expect(await attack([poolId], way)).toMatchObject({ name: 'ResourceNotFoundException' });
    }
    expect(await call('ListDatasets', guest.ids, guest.credentials)).toEqual({ Count: 0, Datasets: [] });

    ahead = 3_600_000;
    for (const name of operationNames) {
      expect(await refusalOf(call(name, guest.input, guest.credentials))).toMatchObject({
        name: 'ExpiredTokenException',
        message: 'The security token included in the request is expired',
      });
    }
    ahead = 0;
    expect(await stateOf(poolId)).toMatchObject([{ identities: [], data: [] }]);
  });
});
