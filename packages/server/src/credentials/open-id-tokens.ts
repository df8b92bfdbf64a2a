import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { Instant } from '../domain/dataset.ts';
import type { OpenIdClaims, OpenIdTokens, VerifiedOpenIdToken } from '../ports/open-id-tokens.ts';
import type { OpenIdKeys } from './open-id-keys.ts';

export interface OpenIdTokenOptions {
  readonly keys: OpenIdKeys;
  /** The `iss` of every token; tokens of another issuer are not ours. */
  readonly issuer: string;
  readonly region: string;
  readonly accountId: string;
}

/** The claim has this name whoever the issuer is: it is a name, not an address. */
const poolArnClaim = 'https://cognito-identity.amazonaws.com/identity-pool-arn';

const alg = 'RS512';
const typ = 'JWS';

/** Our own OpenID tokens: signed with RS512, header and claims as the original's. */
export class JwtOpenIdTokens implements OpenIdTokens {
  readonly #options: OpenIdTokenOptions;

  constructor(options: OpenIdTokenOptions) {
    this.#options = options;
  }

  issue({ poolId, identityId, amr }: OpenIdClaims, lifetimeMs: number, now: Instant): Promise<string> {
    const { keys, issuer, region, accountId } = this.#options;
    const { kid, privateKey } = keys.signing(now);
    const iat = Math.floor(now / 1000);
    return new SignJWT({
      sub: identityId,
      aud: poolId,
      amr: [...amr],
      iss: issuer,
      [poolArnClaim]: `arn:aws:cognito-identity:${region}:${accountId}:identitypool/${poolId}`,
      exp: iat + Math.floor(lifetimeMs / 1000),
      iat,
    })
      .setProtectedHeader({ kid, typ, alg })
      .sign(privateKey);
  }

  async verify(token: string, now: Instant): Promise<VerifiedOpenIdToken> {
    try {
      const { payload } = await jwtVerify(token, ({ kid = '' }) => this.#verifyingKey(kid), {
        algorithms: [alg],
        typ,
        issuer: this.#options.issuer,
        requiredClaims: ['exp'],
        currentDate: new Date(now),
      });
      const claims = readClaims(payload);
      return claims ? { kind: 'verified', claims, expiresAt: Number(payload.exp) * 1000 } : notOurs;
    } catch (error) {
      return refusal(error, now);
    }
  }

  #verifyingKey(kid: string) {
    const key = this.#options.keys.find(kid);
    if (!key) throw new errors.JWKSNoMatchingKey();
    return key.publicKey;
  }
}

const notOurs: VerifiedOpenIdToken = {
  kind: 'refused',
  reason: 'invalid',
  message: 'Invalid login token. Not a Cognito token.',
};

function refusal(error: unknown, now: Instant): VerifiedOpenIdToken {
  if (error instanceof errors.JWTExpired) {
    const times = `${Math.floor(now / 1000)} >= ${error.payload.exp}`;
    return { kind: 'refused', reason: 'expired', message: `Invalid login token. Token expired: ${times}` };
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    const message = "Invalid login token. Couldn't verify signed token.";
    return { kind: 'refused', reason: 'invalid', message };
  }
  // jose throws nothing else for what is wrong with a token; anything else is a fault of ours.
  if (error instanceof errors.JOSEError) return notOurs;
  throw error;
}

function readClaims({ sub, aud, amr }: JWTPayload): OpenIdClaims | undefined {
  const isText = (value: unknown) => typeof value === 'string';
  if (!sub || typeof aud !== 'string' || !Array.isArray(amr) || !amr.every(isText)) return undefined;
  return { poolId: aud, identityId: sub, amr };
}
