import type { identityOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import { existingPool } from '../access.ts';
import type { Handler } from '../handler.ts';
import { checkDeveloperProvider } from './developer-provider.ts';
import { cannotJoin, developerUserNotFound } from './refusals.ts';

interface Needs {
  readonly store: Pick<Store, 'pool' | 'mergeDeveloperUsers'>;
}

export const mergeDeveloperIdentities =
  ({ store }: Needs): Handler<typeof identityOperations.MergeDeveloperIdentities> =>
  async (input, call) => {
    const pool = await existingPool(store, input.IdentityPoolId);
    checkDeveloperProvider(pool, input.DeveloperProviderName);
    const outcome = await store.mergeDeveloperUsers({
      poolId: pool.id,
      developerProvider: input.DeveloperProviderName,
      source: input.SourceUserIdentifier,
      destination: input.DestinationUserIdentifier,
      at: call.at,
    });
    switch (outcome.kind) {
      case 'known':
      case 'joined':
        return { IdentityId: outcome.identity.id };
      case 'userNotFound':
        throw developerUserNotFound(outcome.user);
      default:
        throw cannotJoin(outcome);
    }
  };
