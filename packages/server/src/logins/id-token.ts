import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { Instant } from '../domain/dataset.ts';
import type { VerifiedLogin } from '../ports/login-verifier.ts';
import { type IssuerKeys, IssuerUnavailableError } from './issuer-keys.ts';
import { isSubject } from './subject.ts';

/** What an ID token has to be to prove a login. */
export interface IdTokenRules {
  /** The name of the provider in the `Logins` map, and in the login that is proved. */
  readonly provider: string;
  /** Each `iss` that its tokens may have. */
  readonly issuers: readonly string[];
  readonly clientIds: readonly string[];
  /** A token may have been handed to another client than the one it is for. */
  readonly anyParty: boolean;
  /** Cognito user pools sign access tokens with the same keys; this tells ID tokens from them. */
  readonly isCognito: boolean;
}

/** Signatures that need the issuer's private key. None is left out by name: what is not here is refused. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** How far the issuer's clock may be ahead of ours. An expiry is not stretched, as the original does not either. */
const skewSeconds = 300;

const mostTokenCharacters = 16_384;

/** A claim that is wrong, in the original's words. */
class ClaimError extends Error {
  override readonly name = 'ClaimError';
}

/** Verifies an ID token of OpenID Connect Core: signature, then issuer, audience, party and times. */
export async function verifyIdToken(
  token: string,
  rules: IdTokenRules,
  keys: IssuerKeys,
  now: Instant,
): Promise<VerifiedLogin> {
  if (token.length > mostTokenCharacters) return refused(notAToken(rules));
  try {
    const { payload, protectedHeader } = await jwtVerify(
      token,
      (header, jws) => keys.find(header, jws, now),
      {
        algorithms,
        currentDate: new Date(now),
        clockTolerance: skewSeconds,
      },
    );
    checkType(protectedHeader.typ);
    checkClaims(payload, rules, Math.floor(now / 1000));
    return { kind: 'verified', login: { provider: rules.provider, subject: subjectOf(payload) } };
  } catch (error) {
    return failure(error, rules, now);
  }
}

/** Access tokens and logout tokens of the same issuer can have all the claims of an ID token, but not its type. */
function checkType(typ: unknown): void {
  const isPlain = typ === undefined || (typeof typ === 'string' && typ.toUpperCase() === 'JWT');
  if (!isPlain) throw new ClaimError(notValid);
}

function checkClaims(payload: JWTPayload, rules: IdTokenRules, nowSeconds: number): void {
  for (const claim of ['iss', 'sub', 'aud', 'exp', 'iat']) {
    if (payload[claim] === undefined) throw new ClaimError(`Missing a required claim: ${claim}`);
  }
  if (!rules.issuers.includes(payload.iss ?? '')) throw new ClaimError("Issuer doesn't match providerName");
  checkAudience(payload, rules);
  if (rules.isCognito && payload.token_use !== 'id') throw new ClaimError('Not a Cognito token.');
  const { exp = 0, iat } = payload;
  if (nowSeconds >= exp) throw new ClaimError(`Token expired: ${nowSeconds} >= ${exp}`);
  if (typeof iat !== 'number' || iat > nowSeconds + skewSeconds) throw new ClaimError(notValid);
}

/**
 * OpenID Connect Core 3.1.3.7: our client is in the audience; a token for several audiences names the party that it was
 * issued to, and that is our client too.
 */
function checkAudience({ aud, azp }: JWTPayload, { clientIds, anyParty }: IdTokenRules): void {
  const audiences = [aud].flat();
  const isOurs = (id: unknown) => typeof id === 'string' && clientIds.includes(id);
  const needsParty = azp !== undefined || audiences.length > 1;
  if (!audiences.some(isOurs) || (needsParty && !isOurs(azp) && !(anyParty && audiences.length === 1))) {
    throw new UnsupportedAudienceError();
  }
}

/** The original says this without its usual beginning. */
class UnsupportedAudienceError extends Error {
  override readonly name = 'UnsupportedAudienceError';
  constructor() {
    super('Token is not from a supported provider of this identity pool.');
  }
}

function subjectOf({ sub }: JWTPayload): string {
  if (!isSubject(sub)) throw new ClaimError(notValid);
  return sub;
}

const notValid = 'Not a valid OpenId Connect identity token.';

function notAToken({ isCognito }: IdTokenRules): string {
  return `Invalid login token. ${isCognito ? 'Not a Cognito token.' : notValid}`;
}

function refused(message: string): VerifiedLogin {
  return { kind: 'refused', message };
}

function failure(error: unknown, rules: IdTokenRules, now: Instant): VerifiedLogin {
  if (error instanceof IssuerUnavailableError) return { kind: 'unavailable', cause: error };
  if (error instanceof ClaimError) return refused(`Invalid login token. ${error.message}`);
  if (error instanceof UnsupportedAudienceError) return refused(error.message);
  if (error instanceof errors.JWTExpired) {
    return refused(`Invalid login token. Token expired: ${Math.floor(now / 1000)} >= ${error.payload.exp}`);
  }
  if (isUnverifiable(error)) return refused("Invalid login token. Couldn't verify signed token.");
  if (error instanceof errors.JOSEError) return refused(notAToken(rules));
  throw error;
}

/** It is a signed token, but not with a key of the issuer's that we accept. */
function isUnverifiable(error: unknown): boolean {
  return (
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys
  );
}
