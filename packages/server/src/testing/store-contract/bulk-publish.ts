import { expect } from 'vitest';
import type { PoolDatasetsQuery } from '../../ports/store.ts';
import type { ContractCase, ContractGroup } from './contract.ts';
import { settleWithStream } from './outbox-scene.ts';
import { aDeletion, anIdentity, aPool, identityId, poolId, put, settle, update } from './scene.ts';

const cases: readonly ContractCase[] = [
  {
    name: 'the datasets of a pool come in pages, in the order of identities and names',
    async run({ store }) {
      await settle(store, 3);
      await store.createPool(aPool(2));
      await store.createIdentity(anIdentity(4, 2));
      for (const [identity, datasetName] of [
        [3, 'a'],
        [1, 'b'],
        [1, 'B'],
        [2, 'gone'],
        [1, 'a'],
      ] as const) {
        await update(store, [put('k', 'v')], { identityId: identityId(identity), datasetName });
      }
      await update(store, [put('k', 'v')], {
        poolId: poolId(2),
        identityId: identityId(4),
        datasetName: 'a',
      });
      await store.deleteDataset(aDeletion({ identityId: identityId(2), datasetName: 'gone' }));
      for (const limit of [1, 2, 10]) {
        const seen: string[] = [];
        for (let after: PoolDatasetsQuery['after']; ; ) {
          const page = await store.poolDatasets({ poolId: poolId(1), limit, ...(after && { after }) });
          expect(page.length).toBeLessThanOrEqual(limit);
          const last = page.at(-1);
          if (!last) break;
          seen.push(...page.map((found) => `${Number(found.identityId.slice(-12))} ${found.dataset.name}`));
          after = { identityId: last.identityId, datasetName: last.dataset.name };
        }
        expect(seen).toEqual(['1 B', '1 a', '1 b', '3 a']);
      }
      expect(await store.poolDatasets({ poolId: poolId(9), limit: 10 })).toEqual([]);
      await store.deletePool(poolId(1));
      expect(await store.poolDatasets({ poolId: poolId(1), limit: 10 })).toEqual([]);
    },
  },
  {
    name: 'of many that start a bulk publish, one succeeds',
    async run({ store }) {
      await settleWithStream(store);
      const starts = await Promise.all([1, 2, 3, 4].map((at) => store.startBulkPublish(poolId(1), at)));
      expect(starts.map((start) => start?.kind).sort()).toEqual(['running', 'running', 'running', 'started']);
      expect((await store.pool(poolId(1)))?.bulkPublish).toMatchObject({
        status: 'IN_PROGRESS',
        streamName: 'changes',
      });
      expect(await store.startBulkPublish(poolId(9), 1)).toBeUndefined();
    },
  },
];

export const bulkPublishGroup: ContractGroup = { name: 'bulk publish', cases };
