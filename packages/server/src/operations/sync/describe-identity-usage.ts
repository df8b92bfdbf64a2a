import type { syncOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import { identityNotFound } from '../access.ts';
import type { Handler } from '../handler.ts';

interface Needs {
  readonly store: Pick<Store, 'identityUsage'>;
}

export const describeIdentityUsage =
  ({ store }: Needs): Handler<typeof syncOperations.DescribeIdentityUsage> =>
  async (input) => {
    const usage = await store.identityUsage(input.IdentityId);
    if (usage?.poolId !== input.IdentityPoolId) throw identityNotFound(input.IdentityId);
    return {
      IdentityUsage: {
        IdentityId: usage.identityId,
        IdentityPoolId: usage.poolId,
        LastModifiedDate: usage.lastModifiedAt,
        DatasetCount: usage.datasetCount,
        DataStorage: usage.storageBytes,
      },
    };
  };
