import type { Instant } from '../domain/dataset.ts';

/** Gives out temporary credentials for an identity. */
export interface CredentialIssuer {
  /** @param lifetimeMs an hour when absent */
  issue(
    identity: { readonly poolId: string; readonly identityId: string },
    now: Instant,
    lifetimeMs?: number,
  ): IssuedCredentials;
}

export interface IssuedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresAt: Instant;
}
