import type { syncOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import { existingPool } from '../access.ts';
import type { Handler } from '../handler.ts';

interface Needs {
  readonly store: Pick<Store, 'pool'>;
}

export const getCognitoEvents =
  ({ store }: Needs): Handler<typeof syncOperations.GetCognitoEvents> =>
  async (input) => ({ Events: (await existingPool(store, input.IdentityPoolId)).events });
