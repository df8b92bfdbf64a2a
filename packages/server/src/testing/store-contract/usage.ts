import { expect } from 'vitest';
import { defaultQuotas } from '../../domain/quotas.ts';
import type { Store } from '../../ports/store.ts';
import type { ContractCase, ContractGroup } from './contract.ts';
import { aDeletion, anIdentity, aPool, identityId, poolId, put, remove, settle, update } from './scene.ts';

async function figures(store: Store): Promise<readonly unknown[]> {
  const dataset = await store.dataset(identityId(1), 'settings');
  const identity = await store.identityUsage(identityId(1));
  const pool = await store.poolUsage(poolId(1));
  return [dataset?.recordCount, dataset?.storageBytes, identity?.storageBytes, pool?.storageBytes];
}

const cases: readonly ContractCase[] = [
  {
    name: 'live keys and values count, in UTF-8 bytes; tombstones do not',
    async run({ store }) {
      await settle(store);
      await update(store, [put('ab', 'cde'), put('é', '\u{1f600}')]);
      expect(await figures(store)).toEqual([2, 11, 11, 11]);
      await update(store, [put('ab', '')]);
      expect(await figures(store)).toEqual([2, 8, 8, 8]);
      await update(store, [remove('é'), remove('never there')]);
      expect(await figures(store)).toEqual([1, 2, 2, 2]);
      await update(store, [put('é', 'x')]);
      expect(await figures(store)).toEqual([2, 5, 5, 5]);
      await store.deleteDataset(aDeletion());
      expect(await figures(store)).toEqual([undefined, undefined, 0, 0]);
      await update(store, [put('k', 'v')]);
      expect(await figures(store)).toEqual([1, 2, 2, 2]);
    },
  },
  {
    name: 'an identity counts its existing datasets, a pool those of all its identities',
    async run({ store }) {
      await settle(store, 2);
      await store.createPool(aPool(2));
      await store.createIdentity(anIdentity(3, 2));
      await update(store, [put('k', '1')]);
      await update(store, [put('k', '22')], { datasetName: 'other' });
      await update(store, [put('k', '333')], { datasetName: 'gone' });
      await store.deleteDataset(aDeletion({ datasetName: 'gone', at: 100_000 }));
      await update(store, [put('k', '4444')], { identityId: identityId(2), at: 150_000 });
      await update(store, [put('k', '55555')], { identityId: identityId(3), poolId: poolId(2), at: 120_000 });

      expect(await store.identityUsage(identityId(1))).toEqual({
        identityId: identityId(1),
        poolId: poolId(1),
        lastModifiedAt: 100_000,
        datasetCount: 2,
        storageBytes: 5,
      });
      const usages = [
        { poolId: poolId(1), lastModifiedAt: 150_000, storageBytes: 10 },
        { poolId: poolId(2), lastModifiedAt: 120_000, storageBytes: 6 },
      ];
      expect(await store.poolUsages({ limit: 10 })).toEqual(usages);
      expect(await store.poolUsage(poolId(1))).toEqual(usages[0]);
    },
  },
  {
    name: 'what was never used has a usage of nothing, last modified when it was created',
    async run({ store }) {
      await settle(store);
      expect(await store.poolUsage(poolId(1))).toEqual({
        poolId: poolId(1),
        lastModifiedAt: 1_000,
        storageBytes: 0,
      });
      expect(await store.identityUsage(identityId(1))).toEqual({
        identityId: identityId(1),
        poolId: poolId(1),
        lastModifiedAt: 2_000,
        datasetCount: 0,
        storageBytes: 0,
      });
    },
  },
  {
    name: 'usage is right after many concurrent changes',
    async run({ store }) {
      await settle(store, 3);
      const changes = Array.from({ length: 60 }, (_, index) =>
        update(store, [put(`k${index % 7}`, 'x'.repeat(index % 5))], {
          identityId: identityId(1 + (index % 3)),
        }),
      );
      await Promise.all([...changes, store.deleteDataset(aDeletion({ identityId: identityId(3) }))]);
      const datasets = await Promise.all(
        [1, 2, 3].map((number) => store.dataset(identityId(number), 'settings')),
      );
      const total = datasets.reduce((bytes, dataset) => bytes + (dataset?.storageBytes ?? 0), 0);
      expect((await store.poolUsage(poolId(1)))?.storageBytes).toBe(total);
    },
  },
  {
    name: 'quotas count what exists: a deleted dataset makes room for another',
    async run({ store }) {
      await settle(store);
      const quotas = { ...defaultQuotas, datasetsPerIdentity: 2 };
      const create = (datasetName: string) => update(store, [put('k', 'v')], { datasetName, quotas });
      expect((await create('one')).kind).toBe('accepted');
      expect((await create('two')).kind).toBe('accepted');
      expect((await create('three')).kind).toBe('quotaExceeded');
      await store.deleteDataset(aDeletion({ datasetName: 'one' }));
      expect((await create('three')).kind).toBe('accepted');
      expect((await create('one')).kind).toBe('quotaExceeded');
    },
  },
];

export const usageGroup: ContractGroup = { name: 'usage and quotas', cases };
