import { expect } from 'vitest';
import type { Store } from '../../ports/store.ts';
import type { ContractCase, ContractGroup } from './contract.ts';
import {
  aDeletion,
  aDevice,
  anIdentity,
  aPool,
  aSignIn,
  asIdentity,
  contents,
  everything,
  google,
  identityId,
  list,
  names,
  poolId,
  put,
  remove,
  settle,
  update,
  user,
} from './scene.ts';

const ann = { ...anIdentity(1), logins: [google('ann')] };
const guest = { identityId: identityId(2) };
const copy = `settings.${guest.identityId}`;

/** Identity 1, who has a login, and guest 2; both have data. */
async function furnish(store: Store): Promise<void> {
  await store.createPool(aPool(1));
  await store.createIdentity(ann);
  await store.createIdentity(anIdentity(2));
  await update(store, [put('mine', '1')]);
  await update(store, [put('kept', '12'), put('removed', 'x')], guest);
  await update(store, [remove('removed'), put('late', '1')], { ...guest, at: 110_000 });
  await update(store, [put('k', 'v')], { ...guest, datasetName: 'deleted' });
  await store.deleteDataset(aDeletion({ ...guest, datasetName: 'deleted' }));
}

const merge = aSignIn([google('ann')], asIdentity(2));

const cases: readonly ContractCase[] = [
  {
    name: 'the loser is disabled, and says where it went; the winner has the logins of both',
    async run({ store }) {
      await furnish(store);
      await store.createIdentity({ ...anIdentity(3), logins: [user('ann')] });
      const winner = { ...ann, logins: [google('ann'), user('ann')], lastModifiedAt: 300_000 };
      const losers = [3, 2].map((number) => ({
        ...anIdentity(number),
        disabled: true,
        mergedInto: ann.id,
        lastModifiedAt: 300_000,
      }));
      const outcome = await store.signIn(aSignIn([google('ann'), user('ann')], asIdentity(2)));
      expect(outcome).toEqual({ kind: 'joined', identity: winner, disabled: losers });
      expect(await store.identity(ann.id)).toEqual(winner);
      for (const loser of losers) expect(await store.identity(loser.id)).toEqual(loser);
      expect(await store.identityByLogin(poolId(1), user('ann'))).toEqual(winner);
    },
  },
  {
    name: "the loser's datasets are the winner's, under names of their own; the winner's stay as they are",
    async run({ store }) {
      await furnish(store);
      const own = await list(store);
      const [before] = await store.datasets(guest.identityId, { limit: 10 });
      await store.signIn(merge);

      expect(await list(store)).toEqual({ ...own, namesWithPrefix: [copy] });
      expect(names(await store.datasets(ann.id, { limit: 10 }))).toEqual(['settings', copy]);
      const { dataset, records } = await list(store, { datasetName: copy });
      expect(dataset).toEqual({ ...before, name: copy, syncCount: 1, tombstoneCount: 0, spentSessions: [] });
      expect(records.map(({ key, value, syncCount }) => [key, value, syncCount])).toEqual([
        ['kept', '12', 1],
        ['late', '1', 1],
      ]);
      expect(records.map(({ lastModifiedAt }) => lastModifiedAt)).toEqual([100_000, 110_000]);
    },
  },
  {
    name: 'the merged dataset is one like any other: it takes changes and can be deleted',
    async run({ store }) {
      await furnish(store);
      await store.signIn(merge);
      const changed = await update(store, [put('kept', '2', 1), put('removed', '3', 0)], {
        datasetName: copy,
      });
      expect(changed).toMatchObject({ kind: 'accepted', syncCount: 2 });
      const deleted = await store.deleteDataset(aDeletion({ datasetName: copy }));
      expect(deleted.kind).toBe('deleted');
      expect((await list(store)).namesWithPrefix).toEqual([]);
    },
  },
  {
    name: 'the loser has nothing any more, and nothing can be written to it',
    async run({ store }) {
      await furnish(store);
      await store.registerDevice(aDevice('phone', 2), 9);
      await store.subscribe({ ...guest, poolId: poolId(1), datasetName: 'settings', deviceId: 'phone' });
      await store.signIn(merge);

      const left = () => everything(store, [], [guest.identityId], ['settings', 'deleted', copy], ['phone']);
      const before = await left();
      const nothing = { dataset: undefined, records: [], more: false, namesWithPrefix: [] };
      expect(before).toEqual([
        [],
        [
          [
            expect.objectContaining({ disabled: true }),
            expect.objectContaining({ datasetCount: 0, storageBytes: 0 }),
            [],
            [undefined],
            [undefined, undefined, undefined],
            [nothing, nothing, nothing],
            [[], [], []],
          ],
        ],
      ]);
      expect(await store.subscribedDevices(ann.id, copy)).toEqual([]);
      const refusal = { kind: 'identityDisabled', mergedInto: ann.id };
      for (const datasetName of ['settings', 'deleted', 'new']) {
        expect(await update(store, [put('k', 'v')], { ...guest, datasetName })).toEqual(refusal);
      }
      expect(await store.registerDevice(aDevice('tablet', 2), 9)).toEqual({ kind: 'identityNotFound' });
      expect(await left()).toEqual(before);
    },
  },
  {
    name: 'usage moves along: the pool stores what it stored',
    async run({ store }) {
      await furnish(store);
      const before = await store.poolUsage(poolId(1));
      const bytes = [ann.id, guest.identityId].map(
        async (id) => (await store.identityUsage(id))?.storageBytes ?? 0,
      );
      const [own = 0, others = 0] = await Promise.all(bytes);
      await store.signIn(merge);
      expect((await store.poolUsage(poolId(1)))?.storageBytes).toBe(before?.storageBytes);
      expect(await store.identityUsage(ann.id)).toMatchObject({
        datasetCount: 2,
        storageBytes: own + others,
      });
      await store.deleteDataset(aDeletion({ datasetName: copy }));
      expect((await store.poolUsage(poolId(1)))?.storageBytes).toBe(own);
    },
  },
  {
    name: 'a merge beyond the quota loses nothing, and only new datasets are refused',
    async run({ store }) {
      await furnish(store);
      await store.signIn(merge);
      const quotas = { datasetsPerIdentity: 1, recordsPerDataset: 1, bytesPerDataset: 1 };
      expect((await update(store, [put('k', 'v')], { datasetName: 'new', quotas })).kind).toBe(
        'quotaExceeded',
      );
      expect((await update(store, [remove('kept')], { datasetName: copy, quotas })).kind).toBe('accepted');
    },
  },
  {
    name: 'names that are taken or would be too long get others, and nothing is lost or overwritten',
    async run({ store }) {
      await settle(store, 2);
      await store.signIn(aSignIn([google('ann')], asIdentity(1)));
      const long = 'x'.repeat(128);
      await update(store, [put('k', 'taken')], { datasetName: copy });
      await update(store, [put('k', 'was here')], { datasetName: `${copy}-2` });
      await store.deleteDataset(aDeletion({ datasetName: `${copy}-2` }));
      await update(store, [put('k', 'moves')], guest);
      await update(store, [put('k', 'long')], { ...guest, datasetName: long });
      await store.signIn(merge);
      const found = await store.datasets(ann.id, { limit: 10 });
      expect(names(found)).toEqual([
        copy,
        `${copy}-3`,
        `${'x'.repeat(127 - guest.identityId.length)}.${guest.identityId}`,
      ]);
      const values = found.map(async ({ name }) => (await contents(store, name)).get('k'));
      expect(await Promise.all(values)).toEqual(['taken', 'moves', 'long']);
      expect((await list(store, { datasetName: `${copy}-2` })).dataset?.syncCount).toBe(2);
    },
  },
  {
    name: 'the same request again has the same answer, also after the winner was merged itself',
    async run({ store }) {
      await furnish(store);
      await store.signIn(merge);
      const state = () => everything(store, [poolId(1)], [ann.id, guest.identityId], ['settings', copy]);
      const before = await state();
      expect(await store.signIn({ ...merge, at: 400_000 })).toMatchObject({
        kind: 'known',
        identity: { id: ann.id },
      });
      expect(await state()).toEqual(before);

      await store.createIdentity({ ...anIdentity(3), createdAt: 1, logins: [user('ann')] });
      await store.signIn(aSignIn([google('ann'), user('ann')]));
      expect(await store.signIn(merge)).toMatchObject({ kind: 'known', identity: { id: identityId(3) } });
      expect(await contents(store, `${copy}.${ann.id}`, 3)).toEqual(
        new Map([
          ['kept', '12'],
          ['late', '1'],
        ]),
      );
    },
  },
  {
    name: 'two users of the developer become one identity: that of the destination',
    async run({ store }) {
      await settle(store, 2);
      await store.signIn(aSignIn([user('a')], asIdentity(1)));
      await store.signIn(aSignIn([user('b')], asIdentity(2)));
      await update(store, [put('k', 'a')]);
      const command = {
        poolId: poolId(1),
        developerProvider: 'backend',
        source: 'a',
        destination: 'b',
        at: 400_000,
      };
      const winner = { ...anIdentity(2), logins: [user('a'), user('b')], lastModifiedAt: 400_000 };
      expect(await store.mergeDeveloperUsers(command)).toMatchObject({ kind: 'joined', identity: winner });
      expect(await store.identityByLogin(poolId(1), user('a'))).toEqual(winner);
      expect(await contents(store, `settings.${identityId(1)}`, 2)).toEqual(new Map([['k', 'a']]));
      expect(await store.mergeDeveloperUsers(command)).toEqual({ kind: 'known', identity: winner });
      expect(await store.mergeDeveloperUsers({ ...command, source: 'c' })).toEqual({
        kind: 'userNotFound',
        user: 'c',
      });
      expect(await store.mergeDeveloperUsers({ ...command, poolId: poolId(9) })).toEqual({
        kind: 'userNotFound',
        user: 'a',
      });
    },
  },
  {
    name: 'an update that races with the merge is refused or moves along',
    async run({ store }) {
      await settle(store, 2);
      await store.signIn(aSignIn([google('ann')], asIdentity(1)));
      const writers = Array.from({ length: 60 }, (_, index) => `k${index}`);
      const writing = writers.map(async (key, index) => {
        // The merge comes in between.
        if (index === 30) await store.signIn(merge);
        return { key, outcome: await update(store, [put(key, 'v')], guest) };
      });
      const outcomes = await Promise.all(writing);
      const accepted = outcomes.filter(({ outcome }) => outcome.kind === 'accepted');
      const refused = outcomes.filter(({ outcome }) => outcome.kind === 'identityDisabled');
      expect(accepted.length + refused.length).toBe(writers.length);
      expect([...(await contents(store, copy)).keys()].sort()).toEqual(accepted.map(({ key }) => key).sort());
      expect(accepted.length).toBeGreaterThan(0);
      expect(refused.length).toBeGreaterThan(0);
    },
  },
  {
    name: 'devices that sign in at one moment end with one identity and all the data',
    async run({ store }) {
      await settle(store, 20);
      const numbers = Array.from({ length: 20 }, (_, index) => index + 1);
      await Promise.all(
        numbers.map((number) =>
          update(store, [put('k', String(number))], { identityId: identityId(number) }),
        ),
      );
      const outcomes = await Promise.all(
        numbers.map((number) => store.signIn(aSignIn([google('ann')], asIdentity(number)))),
      );
      const ids = outcomes.map((outcome) => ('identity' in outcome ? outcome.identity.id : outcome.kind));
      const [winner = ''] = ids;
      expect(ids).toEqual(numbers.map(() => winner));
      const enabled = await store.identities({ poolId: poolId(1), limit: 100, hideDisabled: true });
      expect(enabled.map(({ id }) => id)).toEqual([winner]);
      const found = await store.datasets(winner, { limit: 100 });
      const values = found.map(async ({ name }) => {
        const { records } = await list(store, { identityId: winner, datasetName: name });
        return Number(records[0]?.value);
      });
      expect((await Promise.all(values)).sort((left, right) => left - right)).toEqual(numbers);
    },
  },
];

export const mergesGroup: ContractGroup = { name: 'merges', cases };
