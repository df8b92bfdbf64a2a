import type { identityOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import { existingPool } from '../access.ts';
import type { Handler } from '../handler.ts';
import { checkDeveloperProvider } from './developer-provider.ts';
import { cannotUnlink } from './unlink-identity.ts';

interface Needs {
  readonly store: Pick<Store, 'pool' | 'unlinkLogins'>;
}

export const unlinkDeveloperIdentity =
  ({ store }: Needs): Handler<typeof identityOperations.UnlinkDeveloperIdentity> =>
  async (input, call) => {
    const pool = await existingPool(store, input.IdentityPoolId);
    const { DeveloperProviderName: provider, DeveloperUserIdentifier: subject } = input;
    checkDeveloperProvider(pool, provider);
    const outcome = await store.unlinkLogins({
      poolId: pool.id,
      identityId: input.IdentityId,
      unlink: [{ provider, subject }],
      at: call.at,
    });
    if (outcome.kind !== 'unlinked') throw cannotUnlink(outcome, input.IdentityId);
    return undefined;
  };
