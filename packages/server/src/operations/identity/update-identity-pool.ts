import { type identityOperations, ServiceError } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import { existingPool, poolNotFound } from '../access.ts';
import type { Handler } from '../handler.ts';

interface Needs {
  readonly store: Pick<Store, 'pool' | 'changePool'>;
}

export const updateIdentityPool =
  ({ store }: Needs): Handler<typeof identityOperations.UpdateIdentityPool> =>
  async ({ IdentityPoolId: poolId, ...settings }) => {
    const before = (await existingPool(store, poolId)).settings.DeveloperProviderName;
    const wanted = settings.DeveloperProviderName;
    if (before !== undefined && wanted !== undefined && wanted !== before) {
      throw new ServiceError(
        'InvalidParameterException',
        `The developer provider name of identity pool '${poolId}' is '${before}' and cannot be changed`,
      );
    }
    const pool = await store.changePool(poolId, { settings });
    if (!pool) throw poolNotFound(poolId);
    if (wanted !== undefined && pool.settings.DeveloperProviderName !== wanted) {
      throw new ServiceError(
        'ConcurrentModificationException',
        `The developer provider name of identity pool '${poolId}' has been set at the same time`,
      );
    }
    return { IdentityPoolId: poolId, ...pool.settings };
  };
