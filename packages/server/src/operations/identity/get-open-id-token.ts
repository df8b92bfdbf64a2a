import { type identityOperations, ServiceError } from '@holdall/protocol';
import { existingPool, identityNotFound } from '../access.ts';
import type { Handler } from '../handler.ts';
import { presentIdentity, type SignInNeeds } from './sign-in.ts';

/** As the original's. */
const usualLifetimeMs = 10 * 60 * 1000;

export const getOpenIdToken =
  (needs: SignInNeeds): Handler<typeof identityOperations.GetOpenIdToken> =>
  async (input, call) => {
    const presented = await needs.store.identity(input.IdentityId);
    if (!presented) throw identityNotFound(input.IdentityId);
    const { settings } = await existingPool(needs.store, presented.poolId);
    // Before anything is linked: a refusal changes nothing.
    if (settings.AllowClassicFlow !== true) {
      throw new ServiceError(
        'NotAuthorizedException',
        'Basic (classic) flow is not enabled, please use enhanced flow.',
      );
    }
    const { pool, identity, methods, provenUntil } = await presentIdentity(needs, input, call);
    const claims = { poolId: pool.id, identityId: identity.id, amr: methods };
    const lifetimeMs = Math.min(usualLifetimeMs, provenUntil - call.at);
    return { IdentityId: identity.id, Token: await needs.openIdTokens.issue(claims, lifetimeMs, call.at) };
  };
