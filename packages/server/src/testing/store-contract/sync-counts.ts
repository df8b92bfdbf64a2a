import { expect } from 'vitest';
import type { ContractCase, ContractGroup } from './contract.ts';
import {
  aDeletion,
  anIdentity,
  aSignIn,
  asIdentity,
  contents,
  google,
  identityId,
  list,
  put,
  remove,
  settle,
  update,
} from './scene.ts';

const cases: readonly ContractCase[] = [
  {
    name: 'every accepted update takes the next count, which its records have',
    async run({ store }) {
      await settle(store);
      const patches = [[put('a', '1'), put('b', '1')], [put('a', '2')], [remove('b')], [put('b', '3')]];
      for (const [index, patch] of patches.entries()) {
        const outcome = await update(store, patch);
        expect(outcome).toMatchObject({ kind: 'accepted', syncCount: index + 1 });
        if (outcome.kind !== 'accepted') continue;
        expect(outcome.records.map(({ syncCount }) => syncCount)).toEqual(patch.map(() => index + 1));
      }
    },
  },
  {
    name: '50 concurrent updates take 50 counts',
    async run({ store }) {
      await settle(store);
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, index) => update(store, [put(`k${index}`, 'v')])),
      );
      const counts = outcomes.map((outcome) => (outcome.kind === 'accepted' ? outcome.syncCount : 0));
      expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    },
  },
  {
    name: 'a deletion takes a count, leaves a tombstone and no record, and is told as it was before',
    async run({ store }) {
      await settle(store);
      await update(store, [put('a', '1'), put('b', '1')]);
      await update(store, [remove('b')]);
      const before = await store.dataset(identityId(1), 'settings');
      const outcome = await store.deleteDataset(aDeletion({ modifiedBy: 'tablet' }));

      expect(await store.dataset(identityId(1), 'settings')).toBeUndefined();
      const { dataset, records } = await list(store);
      expect(records).toEqual([]);
      expect(outcome).toEqual({ kind: 'deleted', before, tombstone: dataset });
      expect(dataset).toMatchObject({
        syncCount: 3,
        deletedAtSyncCount: 3,
        exists: false,
        recordCount: 0,
        storageBytes: 0,
        lastModifiedAt: 200_000,
        lastModifiedBy: 'tablet',
      });
      expect(await store.deleteDataset(aDeletion())).toEqual({ kind: 'datasetNotFound' });
    },
  },
  {
    name: 'counts go on after a deletion, and again after the next',
    async run({ store }) {
      await settle(store);
      await update(store, [put('a', '1')]);
      await store.deleteDataset(aDeletion());
      await update(store, [put('b', '2')], { at: 300_000 });

      expect(await contents(store)).toEqual(new Map([['b', '2']]));
      expect((await list(store)).records[0]?.syncCount).toBe(3);
      expect(await store.dataset(identityId(1), 'settings')).toMatchObject({
        syncCount: 3,
        deletedAtSyncCount: 2,
        exists: true,
        createdAt: 300_000,
        recordCount: 1,
      });
      await store.deleteDataset(aDeletion());
      expect((await list(store)).dataset).toMatchObject({
        syncCount: 4,
        deletedAtSyncCount: 4,
        exists: false,
      });
    },
  },
  {
    name: 'a removed key remembers its count, and a stale patch of it conflicts',
    async run({ store }) {
      await settle(store);
      await update(store, [put('a', '1')]);
      await update(store, [remove('a', 1)]);
      expect(await update(store, [put('a', '2', 1)])).toEqual({
        kind: 'conflict',
        key: 'a',
        stored: 2,
        sent: 1,
      });
      expect((await update(store, [put('a', '2', 2)])).kind).toBe('accepted');
    },
  },
  {
    name: 'the counts of datasets are their own',
    async run({ store }) {
      await settle(store, 2);
      for (let count = 1; count <= 3; count++) await update(store, [put('a', '1')]);
      const other = await update(store, [put('a', '1')], { datasetName: 'other' });
      const theirs = await update(store, [put('a', '1')], { identityId: identityId(2) });
      expect(other).toMatchObject({ syncCount: 1 });
      expect(theirs).toMatchObject({ syncCount: 1 });
    },
  },
  {
    name: 'all counts of an identity are told, of deleted datasets too, by name and no more than asked for',
    async run({ store }) {
      await settle(store, 2);
      for (let count = 1; count <= 3; count++) await update(store, [put('a', '1')], { datasetName: 'b' });
      await update(store, [put('a', '1')], { datasetName: 'a' });
      await store.deleteDataset(aDeletion({ datasetName: 'a' }));
      await update(store, [put('a', '1')], { identityId: identityId(2) });

      const told = [
        { datasetName: 'a', syncCount: 2, deleted: true },
        { datasetName: 'b', syncCount: 3 },
      ];
      expect(await store.syncCounts(identityId(1), 10)).toEqual(told);
      expect(await store.syncCounts(identityId(1), 1)).toEqual(told.slice(0, 1));
      expect(await store.syncCounts(identityId(3), 10)).toEqual([]);
      await store.deleteIdentities([identityId(1)], 300_000);
      expect(await store.syncCounts(identityId(1), 10)).toEqual([]);
    },
  },
  {
    name: 'the sum of the counts of an identity rises with every change, merges included',
    async run({ store }) {
      await settle(store, 2);
      await store.createIdentity({ ...anIdentity(3), logins: [google('ann')] });
      const sum = async () =>
        (await store.syncCounts(identityId(3), 100)).reduce((total, { syncCount }) => total + syncCount, 0);
      const mine = { identityId: identityId(3) };
      const steps = [
        () => update(store, [put('a', '1')], mine),
        () => update(store, [remove('a')], mine),
        () => store.deleteDataset(aDeletion(mine)),
        () => update(store, [put('b', '1')], mine),
        () => store.signIn(aSignIn([google('ann')], asIdentity(1))),
        () => store.deleteDataset(aDeletion({ ...mine, datasetName: `settings.${identityId(1)}` })),
        () => store.signIn(aSignIn([google('ann')], asIdentity(2))),
      ];
      for (const number of [1, 2]) await update(store, [put('c', '1')], { identityId: identityId(number) });
      for (const [index, step] of steps.entries()) {
        await step();
        expect(await sum()).toBe(index + 1);
      }
    },
  },
];

export const syncCountsGroup: ContractGroup = { name: 'sync counts', cases };
