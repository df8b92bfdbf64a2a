import type { syncOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import { poolNotFound } from '../access.ts';
import type { Handler } from '../handler.ts';
import { wireConfiguration } from './get-identity-pool-configuration.ts';

interface Needs {
  readonly store: Pick<Store, 'changePool'>;
}

export const setIdentityPoolConfiguration =
  ({ store }: Needs): Handler<typeof syncOperations.SetIdentityPoolConfiguration> =>
  async (input) => {
    const pool = await store.changePool(input.IdentityPoolId, {
      ...(input.PushSync && { pushSync: input.PushSync }),
      ...(input.CognitoStreams && { streams: input.CognitoStreams }),
    });
    if (!pool) throw poolNotFound(input.IdentityPoolId);
    return wireConfiguration(pool);
  };
