import type { identityOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import { existingPool } from '../access.ts';
import type { Handler } from '../handler.ts';

interface Needs {
  readonly store: Pick<Store, 'pool'>;
}

export const getIdentityPoolRoles =
  ({ store }: Needs): Handler<typeof identityOperations.GetIdentityPoolRoles> =>
  async (input) => {
    const pool = await existingPool(store, input.IdentityPoolId);
    return { IdentityPoolId: pool.id, Roles: {}, ...pool.roles };
  };
