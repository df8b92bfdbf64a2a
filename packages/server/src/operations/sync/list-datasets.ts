import type { syncOperations } from '@holdall/protocol';
import type { Sealer } from '../../ports/sealer.ts';
import type { Store } from '../../ports/store.ts';
import { isInPool } from '../access.ts';
import type { Handler } from '../handler.ts';
import { cutPage, openPage, pageSize } from '../page.ts';
import { wireDataset } from './wire-values.ts';

interface Needs {
  readonly store: Pick<Store, 'datasets' | 'identity'>;
  readonly sealer: Sealer;
}

/** iOS never asks for a second page; an identity has 20 datasets, or more after merges. */
const mostDatasets = 1024;

export const listDatasets =
  ({ store, sealer }: Needs): Handler<typeof syncOperations.ListDatasets> =>
  async (input, call) => {
    const size = pageSize(input.MaxResults, mostDatasets);
    const scope = `datasets of ${input.IdentityId}`;
    const page = { ...openPage(sealer, scope, input.NextToken), limit: size + 1 };
    const datasets = (await isInPool(store, input, call)) ? await store.datasets(input.IdentityId, page) : [];
    const { items, nextToken } = cutPage(sealer, scope, datasets, size, (dataset) => dataset.name);
    return {
      Datasets: items.map((dataset) => wireDataset(input.IdentityId, dataset)),
      Count: items.length,
      ...(nextToken && { NextToken: nextToken }),
    };
  };
