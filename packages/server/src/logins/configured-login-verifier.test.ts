import { createHmac, createPublicKey, randomUUID } from 'node:crypto';
import { UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FakeIssuer, listenOnLoopback } from '../../test/logins/fake-issuer.ts';
import type { IdentityPool, PoolSettings } from '../domain/identity-pool.ts';
import type { Logger } from '../ports/logger.ts';
import { ConfiguredLoginVerifier } from './configured-login-verifier.ts';
import type { LoginProviders, OpenIdConnectSettings, WebhookSettings } from './login-providers.ts';

const seconds = Date.UTC(2026, 10, 20, 12) / 1000;
const start = seconds * 1000;
const second = 1000;
const hour = 3600 * second;

const issuer = await FakeIssuer.start();
afterAll(() => issuer[Symbol.asyncDispose]());
const provider = 'login.example/main';
const userPool = 'cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Abc123';

function poolWith(settings: Partial<PoolSettings>): IdentityPool {
  const required = { IdentityPoolName: 'any', AllowUnauthenticatedIdentities: false };
  return {
    id: `us-east-1:${randomUUID()}`,
    createdAt: 0,
    settings: { ...required, ...settings },
    events: {},
  };
}

const pool = poolWith({
  OpenIdConnectProviderARNs: [`arn:aws:iam::123456789012:oidc-provider/${provider}`],
  CognitoIdentityProviders: [
    { ProviderName: userPool, ClientId: 'web' },
    { ProviderName: userPool, ClientId: 'phone', ServerSideTokenCheck: true },
  ],
  SupportedLoginProviders: {
    'accounts.google.com': 'server.apps.googleusercontent.com',
    'appleid.apple.com': 'com.example.app',
    'graph.facebook.com': '7346241598935552',
  },
});

function providersWith(
  openIdConnect: Readonly<Record<string, Partial<OpenIdConnectSettings>>>,
  webhooks: Readonly<Record<string, WebhookSettings>> = {},
): LoginProviders {
  const complete = Object.entries(openIdConnect).map(
    ([name, settings]) =>
      [name, { clientIds: [], allowPlainHttp: false, issuer: issuer.url, ...settings }] as const,
  );
  return { openIdConnect: new Map(complete), webhooks: new Map(Object.entries(webhooks)) };
}

const everyIssuer = providersWith({
  [provider]: { clientIds: ['web', 'phone'] },
  [userPool]: {},
  'accounts.google.com': {},
  'appleid.apple.com': {},
});

const right = { iss: issuer.url, sub: 'user-1', aud: 'web', iat: seconds - 60, exp: seconds + 600 };

const unmatched =
  "Logins don't match. Please include at least one valid login for this identity or identity pool.";
const unverified = "Invalid login token. Couldn't verify signed token.";
const notAToken = 'Invalid login token. Not a valid OpenId Connect identity token.';
const unsupported = 'Token is not from a supported provider of this identity pool.';

const logged: object[] = [];
const logger: Logger = { error: () => {}, info: (fields) => logged.push(fields), debug: () => {} };

/** A verifier with nothing remembered. */
function newVerifier(providers = everyIssuer): ConfiguredLoginVerifier {
  return new ConfiguredLoginVerifier(providers, logger);
}

beforeEach(() => {
  issuer.intercept = undefined;
  issuer.requests = 0;
});

describe('an ID token that is right', () => {
  const verifier = newVerifier();

  test.each([
    ['of a generic provider', provider, {}],
    ['for another of our clients', provider, { aud: 'phone' }],
    ['for two clients, and it says which asked', provider, { aud: ['web', 'api'], azp: 'web' }],
    ['whose issuer has a clock five minutes ahead', provider, { iat: seconds + 300, nbf: seconds + 300 }],
    ['of a user pool', userPool, { token_use: 'id' }],
    ['of Google', 'accounts.google.com', { aud: 'server.apps.googleusercontent.com' }],
    [
      'of Google in its other spelling, for our server from our Android app',
      'accounts.google.com',
      { iss: 'accounts.google.com', aud: 'server.apps.googleusercontent.com', azp: 'android' },
    ],
    ['of Apple', 'appleid.apple.com', { aud: 'com.example.app' }],
  ])('%s proves who somebody is', async (_name, named, changes) => {
    const token = await issuer.sign({ ...right, ...changes });
    expect(await verifier.verify(pool, named, token, start)).toEqual({
      kind: 'verified',
      login: { provider: named, subject: 'user-1' },
    });
  });

  test.each(['ES256', 'PS512', 'EdDSA'])('may be signed with %s', async (alg) => {
    await issuer.addKey(alg, alg);
    const token = await issuer.sign(right, { kid: alg, typ: 'JWT' });
    expect(await newVerifier().verify(pool, provider, token, start)).toMatchObject({ kind: 'verified' });
    issuer.removeKey(alg);
  });
});

describe('an attack', () => {
  const verifier = newVerifier();
  const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

  /** HMAC with what everybody knows as the secret. */
  const hmac = (secret: string | Buffer) => {
    const input = `${base64({ alg: 'HS256', kid: 'first' })}.${base64(right)}`;
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  };
  const publicKey = createPublicKey({ key: issuer.publicKey('first'), format: 'jwk' });
  const tampered = async () => {
    const [header, , signature] = (await issuer.sign(right)).split('.');
    return `${header}.${base64({ ...right, sub: 'somebody-else' })}.${signature}`;
  };
  const resigned = async () => {
    await using stranger = await FakeIssuer.start();
    return stranger.sign(right);
  };
  const embedded = async () => {
    await using stranger = await FakeIssuer.start();
    const signed = await stranger.sign(right);
    const [, payload, signature] = signed.split('.');
    return `${base64({ alg: 'RS256', kid: 'first', jwk: stranger.publicKey('first'), jku: stranger.url })}.${payload}.${signature}`;
  };
  const unknownKey = async () => {
    await issuer.addKey('gone');
    const token = await issuer.sign(right, { kid: 'gone' });
    issuer.removeKey('gone');
    return token;
  };
  const signed = (changes: object, header = {}) => issuer.sign({ ...right, ...changes }, header);
  const missing = (claim: string) => `Invalid login token. Missing a required claim: ${claim}`;
  const wrongIssuer = "Invalid login token. Issuer doesn't match providerName";

  test.each<readonly [string, () => Promise<string> | string, string]>([
    ['nothing', () => '', notAToken],
    ['not a token', () => 'EAACEdEose0cBA', notAToken],
    ['alg none', () => new UnsecuredJWT(right).encode(), unverified],
    [
      'HS256 with the public key as PEM',
      () => hmac(publicKey.export({ type: 'spki', format: 'pem' })),
      unverified,
    ],
    [
      'HS256 with the public key as DER',
      () => hmac(publicKey.export({ type: 'spki', format: 'der' })),
      unverified,
    ],
    ['a key of its own under the same name', resigned, unverified],
    ['a key of its own inside the token', embedded, unverified],
    ['a key that the issuer does not have', unknownKey, unverified],
    ['a changed payload', tampered, unverified],
    ['a cut signature', async () => (await signed({})).slice(0, -8), unverified],
    ['no signature', async () => `${(await signed({})).split('.').slice(0, 2).join('.')}.`, unverified],
    ['another issuer', () => signed({ iss: 'https://evil.example' }), wrongIssuer],
    ['an issuer that only begins alike', () => signed({ iss: `${issuer.url}.evil.example` }), wrongIssuer],
    ["Google's name", () => signed({ iss: 'accounts.google.com' }), wrongIssuer],
    ['another audience', () => signed({ aud: 'other' }), unsupported],
    ['no audience in the list', () => signed({ aud: [] }), unsupported],
    ['two audiences and no party', () => signed({ aud: ['web', 'other'] }), unsupported],
    ['two audiences and another party', () => signed({ aud: ['web', 'other'], azp: 'other' }), unsupported],
    ['another party', () => signed({ azp: 'other' }), unsupported],
    ['an audience that is an object', () => signed({ aud: { web: 'web' } as never }), unsupported],
    [
      'expired',
      () => signed({ exp: seconds }),
      `Invalid login token. Token expired: ${seconds} >= ${seconds}`,
    ],
    ['long expired', () => signed({ exp: 1 }), `Invalid login token. Token expired: ${seconds} >= 1`],
    ['an expiry in words', () => signed({ exp: 'never' as never }), notAToken],
    ['not yet valid', () => signed({ nbf: seconds + 301 }), notAToken],
    ['issued in the future', () => signed({ iat: seconds + 301 }), notAToken],
    ['no iss', () => signed({ iss: undefined }), missing('iss')],
    ['no sub', () => signed({ sub: undefined }), missing('sub')],
    ['no aud', () => signed({ aud: undefined }), missing('aud')],
    ['no exp', () => signed({ exp: undefined }), missing('exp')],
    ['no iat', () => signed({ iat: undefined }), missing('iat')],
    ['an empty sub', () => signed({ sub: '' }), notAToken],
    ['a huge sub', () => signed({ sub: 'x'.repeat(1025) }), notAToken],
    ['a sub with NUL', () => signed({ sub: 'user\0' }), notAToken],
    ['an access token', () => signed({}, { typ: 'at+jwt' }), notAToken],
    ['a logout token', () => signed({}, { typ: 'logout+jwt' }), notAToken],
    ['huge', () => signed({ padding: 'x'.repeat(20_000) }), notAToken],
  ])('%s: refused', async (_name, make, message) => {
    expect(await verifier.verify(pool, provider, await make(), start)).toEqual({ kind: 'refused', message });
  });

  test.each([
    ['an access token', { token_use: 'access' }, 'Invalid login token. Not a Cognito token.'],
    ["another pool's client", { token_use: 'id', aud: 'other' }, unsupported],
  ])("%s of a user pool's: refused", async (_name, changes, message) => {
    const token = await signed(changes);
    expect(await verifier.verify(pool, userPool, token, start)).toEqual({ kind: 'refused', message });
  });

  test('not a token at all, for a user pool: refused in its own words', async () => {
    expect(await verifier.verify(pool, userPool, 'x', start)).toEqual({
      kind: 'refused',
      message: 'Invalid login token. Not a Cognito token.',
    });
  });
});

describe('a provider that the pool does not take', () => {
  const verifier = newVerifier();

  test.each([
    ['is not the pool’s', 'other.example'],
    ['is named like a member of every object', 'constructor'],
    ['is only the beginning of one that is', 'login.example'],
    ['has no webhook', 'graph.facebook.com'],
    ['is another user pool', `${userPool}4`],
  ])('because it %s, asks nobody', async (_name, named) => {
    const token = await issuer.sign(right);
    expect(await verifier.verify(pool, named, token, start)).toEqual({ kind: 'refused', message: unmatched });
    expect(issuer.requests).toBe(0);
  });

  test('because nobody said which clients it may have', async () => {
    const verify = newVerifier(providersWith({ [provider]: {} })).verify(pool, provider, 'x', start);
    expect(await verify).toEqual({ kind: 'refused', message: unmatched });
  });

  test('because another pool does', async () => {
    const token = await issuer.sign(right);
    expect(await verifier.verify(poolWith({}), provider, token, start)).toEqual({
      kind: 'refused',
      message: unmatched,
    });
  });
});

describe("the issuer's keys", () => {
  const verify = async (verifier: ConfiguredLoginVerifier, at: number, kid = 'first') => {
    const token = await issuer.sign({ ...right, iat: at / 1000, exp: at / 1000 + 600 }, { kid });
    return verifier.verify(pool, provider, token, at);
  };
  const down = () => {
    issuer.intercept = (request) => request.socket.destroy();
  };

  test('are fetched once for all who wait', async () => {
    const verifier = newVerifier();
    const answers = await Promise.all(Array.from({ length: 20 }, () => verify(verifier, start)));
    expect(answers.every(({ kind }) => kind === 'verified')).toBe(true);
    expect(issuer.requests).toBe(2);
  });

  test('are fetched anew for a key id that is not known, but not at will', async () => {
    const verifier = newVerifier();
    await verify(verifier, start);
    await issuer.addKey('second');
    expect(await verify(verifier, start + 9 * second, 'second')).toMatchObject({ kind: 'refused' });
    expect(issuer.requests).toBe(2);
    expect(await verify(verifier, start + 10 * second, 'second')).toMatchObject({ kind: 'verified' });
    expect(issuer.requests).toBe(4);
    issuer.removeKey('second');
  });

  test('are no longer trusted ten minutes after the issuer took them back', async () => {
    await issuer.addKey('leaked');
    const verifier = newVerifier();
    const token = await issuer.sign({ ...right, exp: seconds + 3600 }, { kid: 'leaked' });
    expect(await verifier.verify(pool, provider, token, start)).toMatchObject({ kind: 'verified' });
    issuer.removeKey('leaked');
    expect(await verifier.verify(pool, provider, token, start + 600 * second)).toMatchObject({
      kind: 'refused',
    });
  });

  test('serve through an outage of a day', async () => {
    const verifier = newVerifier();
    await verify(verifier, start);
    down();
    expect(await verify(verifier, start + 23 * hour)).toMatchObject({ kind: 'verified' });
    expect(await verify(verifier, start + 24 * hour)).toMatchObject({ kind: 'unavailable' });
    issuer.intercept = undefined;
    expect(await verify(verifier, start + 25 * hour)).toMatchObject({ kind: 'verified' });
  });

  test.each<readonly [string, NonNullable<FakeIssuer['intercept']>]>([
    ['goes away', (request) => request.socket.destroy()],
    ['fails', (_request, response) => response.writeHead(500).end('{}')],
    ['answers something else', (_request, response) => response.end('<html>')],
    ['answers null', (_request, response) => response.end('null')],
    ['answers for another', (_request, response) => response.end('{"issuer":"https://other.example"}')],
    ['redirects', (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end()],
    [
      'redirects to a file',
      (_request, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    ],
    ['never stops', (_request, response) => response.end('x'.repeat(300 * 1024))],
    [
      'has its keys elsewhere without TLS',
      (_request, response) =>
        response.end(JSON.stringify({ issuer: issuer.url, jwks_uri: 'http://keys.example/' })),
    ],
    [
      'has its keys in a file',
      (_request, response) =>
        response.end(JSON.stringify({ issuer: issuer.url, jwks_uri: 'file:///etc/passwd' })),
    ],
  ])('are unavailable when it %s; it is not asked again at once', async (_name, intercept) => {
    const verifier = newVerifier();
    logged.length = 0;
    issuer.intercept = intercept;
    expect(await verify(verifier, start)).toMatchObject({ kind: 'unavailable' });
    expect(logged).toEqual([{ provider, err: expect.objectContaining({ cause: expect.any(Error) }) }]);
    const { requests } = issuer;
    expect(await verify(verifier, start + 9 * second)).toMatchObject({ kind: 'unavailable' });
    expect(issuer.requests).toBe(requests);
  });

  test('are not waited for once the server closes', async () => {
    const verifier = newVerifier();
    const asked = Promise.withResolvers<void>();
    issuer.intercept = () => asked.resolve();
    const answer = verify(verifier, start);
    await asked.promise;
    verifier.close();
    expect(await answer).toMatchObject({ kind: 'unavailable' });
  });
});

describe('a webhook', () => {
  const secret = 'a-shared-secret-of-some-length';
  let answer: { status: number; body: string };
  const questions: { headers: Record<string, unknown>; body: string }[] = [];
  let webhook: WebhookSettings;
  let hangs = false;
  const server = listenOnLoopback(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    questions.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    if (!hangs) response.writeHead(answer.status).end(answer.body);
  });
  beforeAll(async () => {
    webhook = { url: (await server).url, secret, timeoutMs: 5000 };
  });
  afterAll(async () => (await server)[Symbol.asyncDispose]());
  beforeEach(() => {
    questions.length = 0;
  });
  const verify = (settings: Partial<WebhookSettings> = {}) => {
    const verifier = newVerifier(providersWith({}, { 'graph.facebook.com': { ...webhook, ...settings } }));
    return verifier.verify(pool, 'graph.facebook.com', 'opaque token', start);
  };

  test('is told the token and the client, with the secret, and says whom it proves', async () => {
    answer = { status: 200, body: '{"subject":"1234567890"}' };
    expect(await verify()).toEqual({
      kind: 'verified',
      login: { provider: 'graph.facebook.com', subject: '1234567890' },
    });
    expect(questions).toHaveLength(1);
    expect(questions[0]?.headers).toMatchObject({
      'x-holdall-secret': webhook.secret,
      'content-type': 'application/json',
    });
    expect(JSON.parse(questions[0]?.body ?? '')).toEqual({
      provider: 'graph.facebook.com',
      token: 'opaque token',
      clientId: '7346241598935552',
    });
  });

  test('refuses with 401', async () => {
    answer = { status: 401, body: '' };
    expect(await verify()).toEqual({ kind: 'refused', message: unverified });
  });

  test.each([
    [200, ''],
    [200, '{}'],
    [200, 'null'],
    [200, '{"subject":""}'],
    [200, '{"subject":7}'],
    [200, JSON.stringify({ subject: 'x'.repeat(1025) })],
    [200, JSON.stringify({ subject: 'x', padding: 'x'.repeat(100_000) })],
    [201, '{"subject":"1"}'],
    [403, '{"subject":"1"}'],
    [500, ''],
  ])('that answers %i %s proves nothing and refuses nothing', async (status, body) => {
    answer = { status, body };
    expect(await verify()).toMatchObject({ kind: 'unavailable' });
  });

  test('is not waited for longer than was said', async () => {
    hangs = true;
    expect(await verify({ timeoutMs: 20 })).toMatchObject({ kind: 'unavailable' });
    hangs = false;
  });

  test('is not asked for a pool that does not take the provider', async () => {
    const verifier = newVerifier(providersWith({}, { 'graph.facebook.com': webhook }));
    expect(await verifier.verify(poolWith({}), 'graph.facebook.com', 'x', start)).toEqual({
      kind: 'refused',
      message: unmatched,
    });
    expect(questions).toEqual([]);
  });
});
