import { type identityOperations, ServiceError } from '@holdall/protocol';
import type { UnlinkLoginsOutcome } from '../../domain/unlink-logins.ts';
import type { Store } from '../../ports/store.ts';
import { existingPool, identityDisabled, identityNotFound } from '../access.ts';
import type { Handler } from '../handler.ts';
import { type ProofNeeds, provesIdentity, verifyLogins } from './proof.ts';
import { loginsDoNotMatch } from './refusals.ts';

interface Needs extends ProofNeeds {
  readonly store: Pick<Store, 'pool' | 'identity' | 'unlinkLogins'>;
}

export const unlinkIdentity =
  (needs: Needs): Handler<typeof identityOperations.UnlinkIdentity> =>
  async (input, call) => {
    const { store } = needs;
    const asked = await store.identity(input.IdentityId);
    if (!asked) throw identityNotFound(input.IdentityId);
    const pool = await existingPool(store, asked.poolId);
    const proof = await verifyLogins(needs, pool, input.Logins, call.at);
    // Read again: while a provider was waited for, the identity may have changed.
    const identity = await store.identity(input.IdentityId);
    if (!identity) throw identityNotFound(input.IdentityId);
    const outcome = await store.unlinkLogins({
      poolId: pool.id,
      identityId: identity.id,
      proof: proof.logins,
      isProven: provesIdentity(proof, pool, identity),
      unlink: input.LoginsToRemove.map((provider) => ({ provider })),
      at: call.at,
    });
    if (outcome.kind !== 'unlinked') throw cannotUnlink(outcome, identity.id);
    return undefined;
  };

export function cannotUnlink(
  { kind }: Exclude<UnlinkLoginsOutcome, { kind: 'unlinked' }>,
  identityId: string,
): ServiceError {
  switch (kind) {
    case 'identityNotFound':
      return identityNotFound(identityId);
    case 'identityDisabled':
      return identityDisabled(identityId);
    case 'loginsDoNotMatch':
      return loginsDoNotMatch();
    case 'loginNotFound':
      return new ServiceError(
        'ResourceNotFoundException',
        `Identity '${identityId}' is not linked to such a login.`,
      );
  }
}
