import { expect } from 'vitest';
import type { Store } from '../../ports/store.ts';
import type { ContractCase, ContractGroup } from './contract.ts';
import {
  aDeletion,
  aDevice,
  anIdentity,
  aPool,
  contents,
  everything,
  identityId,
  poolId,
  put,
  settle,
  update,
} from './scene.ts';

const subscription = {
  poolId: poolId(1),
  identityId: identityId(1),
  datasetName: 'settings',
  deviceId: 'phone',
};

/** Pool 1 with all there can be in it, and pool 2 with a little. */
async function furnish(store: Store): Promise<void> {
  await settle(store, 5);
  await update(store, [put('k', 'v')]);
  await store.registerDevice(aDevice('phone'), 9);
  await store.subscribe(subscription);
  await store.createPool(aPool(2));
  await store.createIdentity(anIdentity(6, 2));
  await update(store, [put('k', 'v')], { poolId: poolId(2), identityId: identityId(6) });
}

function readPool1(store: Store): Promise<unknown> {
  return everything(store, [poolId(1)], [1, 2, 3, 4, 5].map(identityId), ['settings'], ['phone']);
}

async function expectHidden(store: Store): Promise<void> {
  const nothing = { dataset: undefined, records: [], more: false, namesWithPrefix: [] };
  const nobody = [undefined, undefined, [], [undefined], [undefined], [nothing], [[]]];
  expect(await readPool1(store)).toEqual([[[undefined, undefined]], [1, 2, 3, 4, 5].map(() => nobody)]);
  expect((await store.pools({ limit: 10 })).map(({ id }) => id)).toEqual([poolId(2)]);
  expect((await store.poolUsages({ limit: 10 })).map((usage) => usage.poolId)).toEqual([poolId(2)]);
}

const cases: readonly ContractCase[] = [
  {
    name: 'an identity needs its pool',
    async run({ store }) {
      expect(await store.createIdentity(anIdentity(1))).toBe(false);
      expect(await store.identity(identityId(1))).toBeUndefined();
      await store.createPool(aPool(1));
      expect(await store.createIdentity(anIdentity(1))).toBe(true);
      expect(await store.identity(identityId(1))).toEqual(anIdentity(1));
    },
  },
  {
    name: 'a deleted pool hides all in it at once, before and after the purge',
    async run({ store }) {
      await furnish(store);
      expect(await store.deletePool(poolId(1))).toBe(true);
      await expectHidden(store);
      expect(await store.deletePool(poolId(1))).toBe(false);
      await store.purge(100);
      await expectHidden(store);
    },
  },
  {
    name: 'nothing can be written into a deleted pool',
    async run({ store }) {
      await furnish(store);
      await store.deletePool(poolId(1));
      expect(await store.changePool(poolId(1), { events: {} })).toBeUndefined();
      expect(await store.createIdentity(anIdentity(7))).toBe(false);
      expect(await update(store, [put('k', 'w')])).toEqual({ kind: 'identityNotFound' });
      expect(await update(store, [put('k', 'w')], { datasetName: 'new' })).toEqual({
        kind: 'identityNotFound',
      });
      expect(await store.deleteDataset(aDeletion())).toEqual({ kind: 'datasetNotFound' });
      expect(await store.registerDevice(aDevice('tablet'), 9)).toEqual({ kind: 'identityNotFound' });
      expect(await store.subscribe(subscription)).toBe('datasetNotFound');
      expect(await store.unsubscribe(subscription)).toBe('datasetNotFound');
      await expectHidden(store);
    },
  },
  {
    name: 'a purge erases no more than its limit, and ends at none; other pools stay',
    async run({ store }) {
      await furnish(store);
      expect(await store.purge(10)).toBe(0);
      await store.deletePool(poolId(1));
      const erased = [await store.purge(2), await store.purge(2), await store.purge(2), await store.purge(2)];
      expect(erased).toEqual([2, 2, 1, 0]);
      expect(await store.identity(identityId(6))).toEqual(anIdentity(6, 2));
      expect(await contents(store, 'settings', 6)).toEqual(new Map([['k', 'v']]));
    },
  },
  {
    name: 'a pool and identities created again under the ids of deleted ones begin empty',
    async run({ store }) {
      for (const purges of [false, true]) {
        await furnish(store);
        await store.deletePool(poolId(1));
        if (purges) await store.purge(100);
        await settle(store, 5);
        expect(await store.dataset(identityId(1), 'settings')).toBeUndefined();
        expect(await store.device(identityId(1), 'phone')).toBeUndefined();
        expect((await store.poolUsage(poolId(1)))?.storageBytes).toBe(0);
        expect(await update(store, [put('new', 'w')])).toMatchObject({ syncCount: 1 });
        while ((await store.purge(100)) > 0);
        expect(await contents(store)).toEqual(new Map([['new', 'w']]));
        await store.deletePool(poolId(1));
        await store.deletePool(poolId(2));
        while ((await store.purge(100)) > 0);
      }
    },
  },
];

export const poolsGroup: ContractGroup = { name: 'pools and purge', cases };
