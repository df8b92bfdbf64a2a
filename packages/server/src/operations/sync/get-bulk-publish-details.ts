import type { syncOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import { existingPool } from '../access.ts';
import type { Handler } from '../handler.ts';

interface Needs {
  readonly store: Pick<Store, 'pool'>;
}

export const getBulkPublishDetails =
  ({ store }: Needs): Handler<typeof syncOperations.GetBulkPublishDetails> =>
  async (input) => {
    const { id, bulkPublish: run } = await existingPool(store, input.IdentityPoolId);
    if (!run) return { IdentityPoolId: id, BulkPublishStatus: 'NOT_STARTED' };
    return {
      IdentityPoolId: id,
      BulkPublishStartTime: run.startedAt,
      BulkPublishStatus: run.status,
      ...(run.completedAt !== undefined && { BulkPublishCompleteTime: run.completedAt }),
      ...(run.failureMessage !== undefined && { FailureMessage: run.failureMessage }),
    };
  };
