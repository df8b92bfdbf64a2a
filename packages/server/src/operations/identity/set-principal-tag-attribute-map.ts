import type { identityOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import { poolNotFound } from '../access.ts';
import type { Handler } from '../handler.ts';
import { wirePrincipalTagMap } from './wire-principal-tag-map.ts';

interface Needs {
  readonly store: Pick<Store, 'changePool'>;
}

export const setPrincipalTagAttributeMap =
  ({ store }: Needs): Handler<typeof identityOperations.SetPrincipalTagAttributeMap> =>
  async ({ IdentityPoolId: poolId, IdentityProviderName: provider, ...map }) => {
    const pool = await store.changePool(poolId, { principalTags: { [provider]: map } });
    if (!pool) throw poolNotFound(poolId);
    return wirePrincipalTagMap(pool, provider);
  };
