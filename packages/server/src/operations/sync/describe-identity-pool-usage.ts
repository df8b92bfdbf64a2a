import type { syncOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import { poolNotFound } from '../access.ts';
import type { Handler } from '../handler.ts';
import { wirePoolUsage } from './wire-values.ts';

interface Needs {
  readonly store: Pick<Store, 'poolUsage'>;
}

export const describeIdentityPoolUsage =
  ({ store }: Needs): Handler<typeof syncOperations.DescribeIdentityPoolUsage> =>
  async (input) => {
    const usage = await store.poolUsage(input.IdentityPoolId);
    if (!usage) throw poolNotFound(input.IdentityPoolId);
    return { IdentityPoolUsage: wirePoolUsage(usage) };
  };
