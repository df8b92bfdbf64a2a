import { createHmac, createPublicKey, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OpenIdKeys } from './open-id-keys.ts';
import { JwtOpenIdTokens } from './open-id-tokens.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdall-open-id-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hour = 3_600_000;
const day = 24 * hour;
const now = Date.UTC(2026, 10, 20, 12, 0, 0, 123);
const region = 'eu-central-1';
const issuer = 'https://cognito-identity.amazonaws.com';
const poolId = 'eu-central-1:00000000-0000-4000-8000-000000000000';
const identityId = 'eu-central-1:11111111-1111-4111-8111-111111111111';
const claims = {
  poolId,
  identityId,
  amr: ['authenticated', 'login.example', `login.example:${poolId}:user`],
};
const poolArnClaim = 'https://cognito-identity.amazonaws.com/identity-pool-arn';

const file = join(folder, 'keys.json');
let keys: OpenIdKeys;
let tokens: JwtOpenIdTokens;

function tokensOf(given: OpenIdKeys, by = issuer): JwtOpenIdTokens {
  return new JwtOpenIdTokens({ keys: given, issuer: by, region, accountId: '123456789012' });
}

beforeAll(async () => {
  keys = await OpenIdKeys.open(file, region, now);
  tokens = tokensOf(keys);
});

describe('a token', () => {
  test("has the original's header and claims, and nothing else", async () => {
    const token = await tokens.issue(claims, 15 * 60_000, now);
    expect(decodeProtectedHeader(token)).toEqual({ kid: 'eu-central-11', typ: 'JWS', alg: 'RS512' });
    const iat = Math.floor(now / 1000);
    expect(decodeJwt(token)).toEqual({
      sub: identityId,
      aud: poolId,
      amr: claims.amr,
      iss: issuer,
      [poolArnClaim]: `arn:aws:cognito-identity:eu-central-1:123456789012:identitypool/${poolId}`,
      exp: iat + 900,
      iat,
    });
  });

  test('is known again until it expires, to the second', async () => {
    const token = await tokens.issue(claims, 600_000, now);
    expect(await tokens.verify(token, now)).toMatchObject({ kind: 'verified', claims });
    const exp = Math.floor(now / 1000) + 600;
    expect(await tokens.verify(token, exp * 1000 - 1)).toMatchObject({ kind: 'verified' });
    expect(await tokens.verify(token, exp * 1000)).toEqual({
      kind: 'refused',
      reason: 'expired',
      message: `Invalid login token. Token expired: ${exp} >= ${exp}`,
    });
  });

  test('is verified by others with the published keys alone', async () => {
    const token = await tokens.issue(claims, 600_000, now);
    const published = createLocalJWKSet({ keys: [...keys.published()] });
    const { payload } = await jwtVerify(token, published, {
      issuer,
      audience: poolId,
      currentDate: new Date(now),
    });
    expect(payload.sub).toBe(identityId);
    for (const key of keys.published())
      expect(Object.keys(key).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
  });
});

describe('a token that is not ours', () => {
  const notOurs = 'Invalid login token. Not a Cognito token.';
  const unverified = "Invalid login token. Couldn't verify signed token.";
  const seconds = Math.floor(now / 1000);
  const payload = {
    sub: identityId,
    aud: poolId,
    amr: ['authenticated'],
    iss: issuer,
    exp: seconds + 600,
    iat: seconds,
  };
  const header = { kid: 'eu-central-11', typ: 'JWS', alg: 'RS512' };
  const base64 = (value: object | string) =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const sign = (changes: object, headerChanges: object = {}) =>
    new SignJWT({ ...payload, ...changes })
      .setProtectedHeader({ ...header, ...headerChanges })
      .sign(keys.signing(now).privateKey);

  const hmacWithPublicKey = () => {
    const pem = createPublicKey(keys.signing(now).privateKey).export({ type: 'spki', format: 'pem' });
    const input = `${base64({ ...header, alg: 'HS512' })}.${base64(payload)}`;
    return `${input}.${createHmac('sha512', pem).update(input).digest('base64url')}`;
  };
  const tampered = async () => {
    const [head, , signature] = (await sign({})).split('.');
    return `${head}.${base64({ ...payload, sub: `${region}:${randomUUID()}` })}.${signature}`;
  };
  const stranger = async () => {
    const others = await OpenIdKeys.open(join(folder, 'others.json'), region, now);
    return tokensOf(others).issue(claims, 600_000, now);
  };

  const attacks: readonly (readonly [string, () => Promise<string> | string, string])[] = [
    ['empty', () => '', notOurs],
    ['no token', () => 'no token', notOurs],
    ['unsigned', () => `${base64({ ...header, alg: 'none' })}.${base64(payload)}.`, notOurs],
    ['signed with HS512 and the public key', hmacWithPublicKey, notOurs],
    ['signed with RS256', () => sign({}, { alg: 'RS256' }), notOurs],
    ['signed with a key of the same name', stranger, unverified],
    ['signed with a key that there is not', () => sign({}, { kid: 'eu-central-12' }), notOurs],
    ['without a key id', () => sign({}, { kid: undefined }), notOurs],
    ['of another type', () => sign({}, { typ: 'JWT' }), notOurs],
    ['tampered with', tampered, unverified],
    ['truncated', async () => (await sign({})).slice(0, -4), unverified],
    ['of another issuer', () => sign({ iss: 'https://accounts.google.com' }), notOurs],
    ['without an expiry', () => sign({ exp: undefined }), notOurs],
    ['not yet valid', () => sign({ nbf: seconds + 1 }), notOurs],
    ['for two audiences', () => sign({ aud: [poolId, 'other'] }), notOurs],
    ['of nobody', () => sign({ sub: '' }), notOurs],
    ['with an amr of another kind', () => sign({ amr: 'authenticated' }), notOurs],
  ];
  test.each(attacks)('%s', async (_name, make, message) => {
    expect(await tokens.verify(await make(), now)).toEqual({ kind: 'refused', reason: 'invalid', message });
  });

  test('since our issuer has changed', async () => {
    const token = await tokens.issue(claims, 600_000, now);
    const renamed = tokensOf(keys, 'https://sync.example.org');
    expect(await renamed.verify(token, now)).toMatchObject({ kind: 'refused', message: notOurs });
  });
});

describe('the keys', () => {
  test('are in a file that only its owner reads, and come back from it', async () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const token = await tokens.issue(claims, day, now);
    const reopened = await OpenIdKeys.open(file, region, now + hour);
    expect(await tokensOf(reopened).verify(token, now)).toMatchObject({ kind: 'verified' });
    expect(reopened.published()).toEqual(keys.published());
  });

  test('that cannot be written do not sign, and are made when they can', async () => {
    const directory = mkdtempSync(join(folder, 'unwritable-'));
    const path = join(directory, 'keys.json');
    const rotating = await OpenIdKeys.open(path, region, now);
    const before = rotating.published();
    rmSync(directory, { recursive: true });
    await expect(rotating.rotateIfDue(now + 90 * day)).rejects.toThrow('ENOENT');
    expect(rotating.published()).toEqual(before);
    mkdirSync(directory);
    expect(await rotating.rotateIfDue(now + 91 * day)).toBe(true);
    const reopened = await OpenIdKeys.open(path, region, now + 91 * day);
    expect(reopened.published()).toEqual(rotating.published());
  });

  test('rotate without invalidating a live token: published, then signing, then gone', async () => {
    const rotating = await OpenIdKeys.open(join(folder, 'rotating.json'), region, now);
    const own = tokensOf(rotating);
    const kids = () => rotating.published().map(({ kid }) => kid);
    const rotatedAt = now + 90 * day;
    expect(await rotating.rotateIfDue(rotatedAt - 1)).toBe(false);
    expect(await rotating.rotateIfDue(rotatedAt)).toBe(true);
    expect(kids()).toEqual(['eu-central-11', 'eu-central-12']);

    // The last token of the old key is made just before the new one takes over.
    const last = await own.issue(claims, day, rotatedAt + hour - 1000);
    expect(decodeProtectedHeader(last).kid).toBe('eu-central-11');
    const first = await own.issue(claims, day, rotatedAt + hour);
    expect(decodeProtectedHeader(first).kid).toBe('eu-central-12');

    await rotating.rotateIfDue(rotatedAt + 25 * hour);
    expect(await own.verify(last, rotatedAt + 25 * hour - 2000)).toMatchObject({ kind: 'verified' });
    expect(await rotating.rotateIfDue(rotatedAt + 26 * hour)).toBe(false);
    expect(kids()).toEqual(['eu-central-12']);
    expect(await own.verify(first, rotatedAt + 25 * hour - 1000)).toMatchObject({ kind: 'verified' });
    await rotating.rotateIfDue(rotatedAt + 91 * day);
    expect(kids()).toEqual(['eu-central-12', 'eu-central-13']);
  });

  test.each([
    '',
    'nonsense',
    '{"keys":[]}',
    '{"keys":[{"number":1,"createdAt":"2026-01-01","privateKey":"x"}]}',
  ])('are not made anew over a file that holds %j', async (text) => {
    const spoilt = join(folder, 'spoilt.json');
    writeFileSync(spoilt, text);
    await expect(OpenIdKeys.open(spoilt, region, now)).rejects.toThrow('does not hold OpenID keys');
    expect(readFileSync(spoilt, 'utf8')).toBe(text);
  });
});
