import { ServiceError } from '@holdall/protocol';
import { fromBase64Url, toBase64Url } from './sealed.ts';
import type { Instant } from './state.ts';

/** What an OpenID token of the service says. */
export interface OpenIdClaims {
  readonly poolId: string;
  readonly identityId: string;
  /** How the identity was authenticated: `unauthenticated`, or the logins. */
  readonly methods: readonly string[];
}

const issuer = 'https://cognito-identity.amazonaws.com';
const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' };

/** One key for all test servers: it takes a while to make. */
let keys: Promise<CryptoKeyPair> | undefined;

function signingKeys(): Promise<CryptoKeyPair> {
  const size = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
  keys ??= crypto.subtle.generateKey({ ...algorithm, ...size }, false, ['sign', 'verify']);
  return keys;
}

/** A JSON web token, signed with RS512, header and claims as the service's. */
export async function issueOpenIdToken(
  { poolId, identityId, methods }: OpenIdClaims,
  {
    region,
    accountId,
    lifetimeMs,
    at,
  }: {
    readonly region: string;
    readonly accountId: string;
    readonly lifetimeMs: number;
    readonly at: Instant;
  },
): Promise<string> {
  const iat = Math.floor(at / 1000);
  const header = { kid: `${region}1`, typ: 'JWS', alg: 'RS512' };
  const claims = {
    sub: identityId,
    aud: poolId,
    amr: methods,
    iss: issuer,
    [`${issuer}/identity-pool-arn`]: `arn:aws:cognito-identity:${region}:${accountId}:identitypool/${poolId}`,
    exp: iat + Math.floor(lifetimeMs / 1000),
    iat,
  };
  const signed = [header, claims].map((part) => toBase64Url(utf8.encode(JSON.stringify(part)))).join('.');
  const { privateKey } = await signingKeys();
  const signature = await crypto.subtle.sign(algorithm, privateKey, utf8.encode(signed));
  return `${signed}.${toBase64Url(new Uint8Array(signature))}`;
}

/** @throws ServiceError for a token that proves nothing here or no more */
export async function readOpenIdToken(
  token: string,
  at: Instant,
): Promise<OpenIdClaims & { readonly expiresAt: Instant }> {
  const [header = '', body = '', signature = '', ...rest] = token.split('.');
  const said = part(header);
  if (said?.alg !== 'RS512' || said.typ !== 'JWS' || rest.length > 0) throw refused('Not a Cognito token.');
  if (!(await isSignedHere(`${header}.${body}`, signature))) {
    throw refused("Couldn't verify signed token.");
  }
  const { sub, aud, amr, exp, iss } = part(body) ?? {};
  if (iss !== issuer) throw refused('Not a Cognito token.');
  const now = Math.floor(at / 1000);
  if (now >= Number(exp)) throw refused(`Token expired: ${now} >= ${exp}`);
  return {
    poolId: String(aud),
    identityId: String(sub),
    methods: amr as string[],
    expiresAt: Number(exp) * 1000,
  };
}

async function isSignedHere(signed: string, signature: string): Promise<boolean> {
  const { publicKey } = await signingKeys();
  try {
    return await crypto.subtle.verify(algorithm, publicKey, fromBase64Url(signature), utf8.encode(signed));
  } catch {
    return false;
  }
}

function part(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(fromBase64Url(text))) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

const utf8 = new TextEncoder();

const refused = (why: string) => new ServiceError('NotAuthorizedException', `Invalid login token. ${why}`);
