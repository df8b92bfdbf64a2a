import type { syncOperations } from '@holdall/protocol';
import type { IdentityPool } from '../../domain/identity-pool.ts';
import type { Store } from '../../ports/store.ts';
import { existingPool } from '../access.ts';
import type { Handler } from '../handler.ts';

interface Needs {
  readonly store: Pick<Store, 'pool'>;
}

export const getIdentityPoolConfiguration =
  ({ store }: Needs): Handler<typeof syncOperations.GetIdentityPoolConfiguration> =>
  async (input) =>
    wireConfiguration(await existingPool(store, input.IdentityPoolId));

export function wireConfiguration(pool: IdentityPool) {
  return {
    IdentityPoolId: pool.id,
    ...(pool.pushSync && { PushSync: pool.pushSync }),
    ...(pool.streams && { CognitoStreams: pool.streams }),
  };
}
