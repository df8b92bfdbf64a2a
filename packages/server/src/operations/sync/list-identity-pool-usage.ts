import type { syncOperations } from '@holdall/protocol';
import type { Sealer } from '../../ports/sealer.ts';
import type { Store } from '../../ports/store.ts';
import type { Handler } from '../handler.ts';
import { cutPage, openPage, pageSize } from '../page.ts';
import { poolsInScope } from '../pools-in-scope.ts';
import { wirePoolUsage } from './wire-values.ts';

interface Needs {
  readonly store: Pick<Store, 'poolUsage' | 'poolUsages'>;
  readonly sealer: Sealer;
}

const mostPools = 1024;
const scope = 'usage of pools';

export const listIdentityPoolUsage =
  ({ store, sealer }: Needs): Handler<typeof syncOperations.ListIdentityPoolUsage> =>
  async (input, call) => {
    const size = pageSize(input.MaxResults, mostPools);
    const page = { ...openPage(sealer, scope, input.NextToken), limit: size + 1 };
    const usages = await poolsInScope(call, page, {
      list: (all) => store.poolUsages(all),
      get: (poolId) => store.poolUsage(poolId),
    });
    const { items, nextToken } = cutPage(sealer, scope, usages, size, (usage) => usage.poolId);
    return {
      IdentityPoolUsages: items.map(wirePoolUsage),
      ...(input.MaxResults !== undefined && { MaxResults: input.MaxResults }),
      Count: items.length,
      ...(nextToken && { NextToken: nextToken }),
    };
  };
