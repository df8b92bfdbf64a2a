import type { syncOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import { checkInPool, datasetNotFound, modifiedBy } from '../access.ts';
import type { Handler } from '../handler.ts';
import { wireDataset } from './wire-values.ts';

interface Needs {
  readonly store: Pick<Store, 'deleteDataset' | 'identity'>;
}

export const deleteDataset =
  ({ store }: Needs): Handler<typeof syncOperations.DeleteDataset> =>
  async (input, call) => {
    await checkInPool(store, input, call);
    const outcome = await store.deleteDataset({
      poolId: input.IdentityPoolId,
      identityId: input.IdentityId,
      datasetName: input.DatasetName,
      modifiedBy: modifiedBy(call),
      at: call.at,
    });
    if (outcome.kind === 'datasetNotFound') throw datasetNotFound(input.DatasetName);
    return { Dataset: wireDataset(input.IdentityId, outcome.before) };
  };
