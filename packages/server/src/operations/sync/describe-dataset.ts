import type { syncOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import { checkInPool, datasetNotFound } from '../access.ts';
import type { Handler } from '../handler.ts';
import { wireDataset } from './wire-values.ts';

interface Needs {
  readonly store: Pick<Store, 'dataset' | 'identity'>;
}

export const describeDataset =
  ({ store }: Needs): Handler<typeof syncOperations.DescribeDataset> =>
  async (input, call) => {
    await checkInPool(store, input, call);
    const dataset = await store.dataset(input.IdentityId, input.DatasetName);
    if (!dataset) throw datasetNotFound(input.DatasetName);
    return { Dataset: wireDataset(input.IdentityId, dataset) };
  };
