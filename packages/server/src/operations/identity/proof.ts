import { ServiceError } from '@holdall/protocol';
import { stillAuthenticated } from '../../domain/authentication-methods.ts';
import type { Instant } from '../../domain/dataset.ts';
import type { Identity } from '../../domain/identity.ts';
import type { IdentityPool } from '../../domain/identity-pool.ts';
import type { Login } from '../../domain/login.ts';
import type { LoginVerifier, VerifiedLogin } from '../../ports/login-verifier.ts';
import type { OpenIdClaims, OpenIdTokens } from '../../ports/open-id-tokens.ts';
import { loginsDoNotMatch } from './refusals.ts';

/** What the tokens of a `Logins` map prove. */
export interface Proof {
  readonly logins: readonly Login[];
  /** What an OpenID token of ours says, which whoever has an identity can give instead of logins. */
  readonly claims?: OpenIdClaims;
  /** When that token expires. */
  readonly expiresAt?: Instant;
}

export interface ProofNeeds {
  readonly logins: LoginVerifier;
  readonly openIdTokens: OpenIdTokens;
}

/** The key under which `Logins` holds an OpenID token of ours. */
export const ownProvider = 'cognito-identity.amazonaws.com';

/**
 * Verifies all tokens; one that proves nothing refuses them all.
 *
 * The developer's provider has no tokens: its users are vouched for in GetOpenIdTokenForDeveloperIdentity, and named
 * anywhere else they prove nothing.
 */
export async function verifyLogins(
  { logins, openIdTokens }: ProofNeeds,
  pool: IdentityPool,
  tokens: Readonly<Record<string, string>> | undefined,
  at: Instant,
): Promise<Proof> {
  const given = Object.entries(tokens ?? {});
  if (given.some(([provider]) => provider === pool.settings.DeveloperProviderName)) throw loginsDoNotMatch();
  const own = given.find(([provider]) => provider === ownProvider);
  const others = given.filter(([provider]) => provider !== ownProvider);
  const ours = own && (await verifyOwn(openIdTokens, pool, own[1], at));
  // All of them are asked for at once, and the first refusal in the order of the request is the one reported.
  const verified = await Promise.all(
    others.map(([provider, token]) => logins.verify(pool, provider, token, at)),
  );
  return { logins: verified.map(provenLogin), ...ours };
}

function provenLogin(result: VerifiedLogin): Login {
  switch (result.kind) {
    case 'verified':
      return result.login;
    case 'refused':
      throw new ServiceError('NotAuthorizedException', result.message);
    case 'unavailable':
      throw new ServiceError('ExternalServiceException', 'A login provider cannot be reached.', {
        cause: result.cause,
      });
  }
}

async function verifyOwn(
  openIdTokens: OpenIdTokens,
  pool: IdentityPool,
  token: string,
  at: Instant,
): Promise<Required<Pick<Proof, 'claims' | 'expiresAt'>>> {
  const verified = await openIdTokens.verify(token, at);
  if (verified.kind === 'refused') throw new ServiceError('NotAuthorizedException', verified.message);
  if (verified.claims.poolId !== pool.id) throw loginsDoNotMatch();
  return { claims: verified.claims, expiresAt: verified.expiresAt };
}

/** Whether the proof has a token of ours that speaks for the identity. */
export function provesIdentity({ claims }: Proof, pool: IdentityPool, identity: Identity): boolean {
  return claims?.identityId === identity.id && stillAuthenticated(claims.amr, pool, identity);
}
