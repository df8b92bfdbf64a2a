import type { Instant } from '../domain/dataset.ts';

/** What an OpenID token of ours says of an identity (RS512, as the original's). */
export interface OpenIdClaims {
  readonly poolId: string;
  readonly identityId: string;
  /** `['unauthenticated']`, or `authenticated` with the providers that vouch. */
  readonly amr: readonly string[];
}

/** Makes our own OpenID tokens and knows them again. */
export interface OpenIdTokens {
  issue(claims: OpenIdClaims, lifetimeMs: number, now: Instant): Promise<string>;
  verify(token: string, now: Instant): Promise<VerifiedOpenIdToken>;
}

export type VerifiedOpenIdToken =
  | { readonly kind: 'verified'; readonly claims: OpenIdClaims; readonly expiresAt: Instant }
  /** `message` is for the caller, in the original's words. */
  | { readonly kind: 'refused'; readonly reason: 'expired' | 'invalid'; readonly message: string };
