import type { identityOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import { existingPool } from '../access.ts';
import type { Handler } from '../handler.ts';
import { wirePrincipalTagMap } from './wire-principal-tag-map.ts';

interface Needs {
  readonly store: Pick<Store, 'pool'>;
}

export const getPrincipalTagAttributeMap =
  ({ store }: Needs): Handler<typeof identityOperations.GetPrincipalTagAttributeMap> =>
  async (input) => {
    const pool = await existingPool(store, input.IdentityPoolId);
    return wirePrincipalTagMap(pool, input.IdentityProviderName);
  };
