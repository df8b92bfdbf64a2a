import { expect } from 'vitest';
import { type Store, StoreClosedError } from '../../ports/store.ts';
import type { ContractCase, ContractGroup } from './contract.ts';
import {
  aDeletion,
  aDeveloperKey,
  aDevice,
  anIdentity,
  anUpdate,
  aPool,
  aSignIn,
  contents,
  everything,
  google,
  identityId,
  list,
  poolId,
  put,
  remove,
  settle,
  update,
  user,
} from './scene.ts';

const subscription = {
  poolId: poolId(1),
  identityId: identityId(1),
  datasetName: 'settings',
  deviceId: 'phone',
};

async function furnish(store: Store): Promise<void> {
  await settle(store, 2);
  await update(store, [put('a', '1'), put('b', '\u{1f600}')]);
  await update(store, [remove('a')]);
  await update(store, [put('k', 'v')], { datasetName: 'gone' });
  await store.deleteDataset(aDeletion({ datasetName: 'gone' }));
  await store.registerDevice(aDevice('phone'), 9);
  await store.subscribe(subscription);
  await store.createIdentity({ ...anIdentity(3), logins: [google('ann'), user('ann')] });
  await store.createIdentity({ ...anIdentity(4), disabled: true, mergedInto: identityId(3) });
  await store.changePool(poolId(1), { pushSync: { ApplicationArns: ['arn'] } });
}

function all(store: Store): Promise<unknown> {
  return everything(store, [poolId(1)], [1, 2, 3, 4].map(identityId), ['settings', 'gone'], ['phone']);
}

const everyCall: readonly ((store: Store) => Promise<unknown>)[] = [
  (store) => store.pool(poolId(1)),
  (store) => store.pools({ limit: 1 }),
  (store) => store.identity(identityId(1)),
  (store) => store.identityByLogin(poolId(1), google('ann')),
  (store) => store.identities({ poolId: poolId(1), limit: 1 }),
  (store) => store.identityUsage(identityId(1)),
  (store) => store.poolUsage(poolId(1)),
  (store) => store.poolUsages({ limit: 1 }),
  (store) => store.dataset(identityId(1), 'settings'),
  (store) => store.datasets(identityId(1), { limit: 1 }),
  (store) => store.listing({ identityId: identityId(1), datasetName: 'settings', since: 0, limit: 1 }),
  (store) => store.device(identityId(1), 'phone'),
  (store) => store.subscribedDevices(identityId(1), 'settings'),
  (store) => store.createPool(aPool(9)),
  (store) => store.changePool(poolId(1), { events: {} }),
  (store) => store.deletePool(poolId(1)),
  (store) => store.purge(1),
  (store) => store.createIdentity(anIdentity(9)),
  (store) => store.deleteIdentities([identityId(1)], 4_000),
  (store) => store.signIn(aSignIn([google('ann')])),
  (store) =>
    store.mergeDeveloperUsers({
      poolId: poolId(1),
      developerProvider: 'backend',
      source: 'ann',
      destination: 'bob',
      at: 4_000,
    }),
  (store) =>
    store.unlinkLogins({ poolId: poolId(1), identityId: identityId(1), unlink: [google('ann')], at: 4_000 }),
  (store) => store.updateRecords(anUpdate([put('k', 'v')])),
  (store) => store.deleteDataset(aDeletion()),
  (store) => store.registerDevice(aDevice('tablet'), 9),
  (store) => store.subscribe(subscription),
  (store) => store.unsubscribe(subscription),
  (store) => store.developerKey('AKIA1'),
  (store) => store.developerKeys({ limit: 1 }),
  (store) => store.createDeveloperKey(aDeveloperKey('AKIA9')),
  (store) => store.revokeDeveloperKey('AKIA1', 4_000),
  (store) => store.backup('/nowhere/at/all'),
];

const cases: readonly ContractCase[] = [
  {
    name: 'closing twice, at once or later, is closing',
    async run({ store }) {
      await settle(store);
      await Promise.all([store.close(), store.close()]);
      await store.close();
    },
  },
  {
    name: 'every call after the close rejects with StoreClosedError, also while the close runs',
    async run({ store }) {
      await settle(store);
      const closing = store.close();
      for (const call of everyCall) await expect(call(store)).rejects.toBeInstanceOf(StoreClosedError);
      await closing;
      for (const call of everyCall) await expect(call(store)).rejects.toBeInstanceOf(StoreClosedError);
    },
  },
  {
    name: 'what was accepted before the close is finished',
    async run({ store }) {
      await settle(store);
      const writing = Array.from({ length: 40 }, (_, index) => update(store, [put(`k${index}`, 'v')]));
      await store.close();
      expect((await Promise.all(writing)).map(({ kind }) => kind)).toEqual(writing.map(() => 'accepted'));
    },
  },
  {
    name: 'what was there is there when it is opened again, and the counts go on',
    needs: 'reopen',
    async run({ store, reopen }) {
      await furnish(store);
      const before = await all(store);
      await store.close();
      const reopened = await reopen?.();
      if (!reopened) throw new Error('There is nothing to reopen.');
      expect(await all(reopened)).toEqual(before);

      expect(await update(reopened, [put('b', '2')])).toMatchObject({ syncCount: 3 });
      const recreated = await update(reopened, [put('a', '2')], { datasetName: 'gone' });
      expect(recreated).toMatchObject({ syncCount: 3 });
      const { dataset } = await list(reopened, { datasetName: 'gone' });
      expect(dataset).toMatchObject({ syncCount: 3, deletedAtSyncCount: 2 });
      expect((await reopened.poolUsage(poolId(1)))?.storageBytes).toBe(4);
    },
  },
  {
    name: 'what was accepted before the close is there when it is opened again',
    needs: 'reopen',
    async run({ store, reopen }) {
      await settle(store);
      const writing = Array.from({ length: 40 }, (_, index) => update(store, [put(`k${index}`, 'v')]));
      await store.close();
      await Promise.all(writing);
      const reopened = await reopen?.();
      if (!reopened) throw new Error('There is nothing to reopen.');
      expect((await contents(reopened)).size).toBe(40);
    },
  },
  {
    name: 'a backup is the store as it was, and goes its own way',
    needs: 'openBackup',
    async run({ store, openBackup }) {
      await furnish(store);
      const before = await all(store);
      const copy = await openBackup?.();
      if (!copy) throw new Error('There is no backup.');
      await update(store, [put('later', 'v')]);
      expect(await all(copy)).toEqual(before);
      await update(copy, [put('elsewhere', 'v')]);
      expect([...(await contents(store)).keys()]).toEqual(['b', 'a', 'later']);
      expect([...(await contents(copy)).keys()]).toEqual(['b', 'a', 'elsewhere']);
    },
  },
];

export const lifetimeGroup: ContractGroup = { name: 'lifetime', cases };
