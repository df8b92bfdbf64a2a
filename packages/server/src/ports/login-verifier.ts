import type { Instant } from '../domain/dataset.ts';
import type { IdentityPool } from '../domain/identity-pool.ts';
import type { Login } from '../domain/login.ts';

/** Finds out whom a token of a login provider proves. */
export interface LoginVerifier {
  verify(pool: IdentityPool, provider: string, token: string, now: Instant): Promise<VerifiedLogin>;
}

export type VerifiedLogin =
  | { readonly kind: 'verified'; readonly login: Login }
  /** The token proves nothing; `message` is for the caller, in the original's words. */
  | { readonly kind: 'refused'; readonly message: string }
  /** The provider could not be asked. */
  | { readonly kind: 'unavailable'; readonly cause: unknown };
