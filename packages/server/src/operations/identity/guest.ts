import { ServiceError } from '@holdall/protocol';
import type { IdentityPool } from '../../domain/identity-pool.ts';

/**
 * Refuses who is not a guest, or whom the pool does not admit as one. No login provider is served yet, so no login can
 * be a valid one.
 */
export function checkGuest(pool: IdentityPool, logins: Readonly<Record<string, string>> | undefined): void {
  if (Object.keys(logins ?? {}).length > 0) {
    throw new ServiceError(
      'NotAuthorizedException',
      "Logins don't match. Please include at least one valid login for this identity or identity pool.",
    );
  }
  if (!pool.settings.AllowUnauthenticatedIdentities) {
    throw new ServiceError(
      'NotAuthorizedException',
      'Unauthenticated access is not supported for this identity pool.',
    );
  }
}
