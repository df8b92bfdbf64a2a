import type { identityOperations } from '@holdall/protocol';
import type { Sealer } from '../../ports/sealer.ts';
import type { Store } from '../../ports/store.ts';
import type { Handler } from '../handler.ts';
import { cutPage, openPage } from '../page.ts';
import { poolsInScope } from '../pools-in-scope.ts';

interface Needs {
  readonly store: Pick<Store, 'pool' | 'pools'>;
  readonly sealer: Sealer;
}

const scope = 'pools';

export const listIdentityPools =
  ({ store, sealer }: Needs): Handler<typeof identityOperations.ListIdentityPools> =>
  async (input, call) => {
    const size = input.MaxResults;
    const page = { ...openPage(sealer, scope, input.NextToken), limit: size + 1 };
    const pools = await poolsInScope(call, page, {
      list: (all) => store.pools(all),
      get: (poolId) => store.pool(poolId),
    });
    const { items, nextToken } = cutPage(sealer, scope, pools, size, (pool) => pool.id);
    return {
      IdentityPools: items.map((pool) => ({
        IdentityPoolId: pool.id,
        IdentityPoolName: pool.settings.IdentityPoolName,
      })),
      ...(nextToken && { NextToken: nextToken }),
    };
  };
