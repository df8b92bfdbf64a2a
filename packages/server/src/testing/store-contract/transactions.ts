import { setImmediate } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Store } from '../../ports/store.ts';
import type { ContractCase, ContractGroup } from './contract.ts';
import {
  aDeletion,
  aPool,
  contents,
  everything,
  identityId,
  list,
  noQuotas,
  poolId,
  put,
  settle,
  update,
} from './scene.ts';

const writers = Array.from({ length: 50 }, (_, index) => index);

function all(store: Store): Promise<unknown> {
  return everything(store, [poolId(1), poolId(2)], [identityId(1), identityId(2)], ['settings', 'other']);
}

/** Adds one to the number that `key` holds, again and again until no other writer was faster. */
async function increment(store: Store, key: string): Promise<void> {
  for (;;) {
    const record = (await list(store)).records.find((found) => found.key === key);
    const value = String(Number(record?.value ?? 0) + 1);
    const outcome = await update(store, [put(key, value, record?.syncCount ?? 0)]);
    if (outcome.kind === 'accepted') return;
    expect(outcome.kind).toBe('conflict');
  }
}

const cases: readonly ContractCase[] = [
  {
    name: 'an outcome that is not a success has written nothing',
    async run({ store }) {
      await settle(store);
      await store.createPool(aPool(2));
      await update(store, [put('a', '1')]);
      await update(store, [put('b', '1')]);
      const before = await all(store);

      const quotas = { ...noQuotas, recordsPerDataset: 2 };
      const stale = await update(store, [put('new', '1'), put('b', '2', 1)]);
      expect(stale).toEqual({ kind: 'conflict', key: 'b', stored: 2, sent: 1 });
      expect((await update(store, [put('a', '2'), put('new', '1')], { quotas })).kind).toBe('quotaExceeded');
      const oneDataset = { ...noQuotas, datasetsPerIdentity: 1 };
      const second = await update(store, [put('a', '1')], { datasetName: 'other', quotas: oneDataset });
      expect(second).toEqual({ kind: 'quotaExceeded', quota: 'datasetsPerIdentity', limit: 1 });
      expect((await update(store, [])).kind).toBe('unchanged');
      expect((await update(store, [put('a', '2')], { identityId: identityId(2) })).kind).toBe(
        'identityNotFound',
      );
      expect((await update(store, [put('a', '2')], { poolId: poolId(2) })).kind).toBe('identityNotFound');
      expect(await store.deleteDataset(aDeletion({ datasetName: 'other' }))).toEqual({
        kind: 'datasetNotFound',
      });
      expect(await store.deleteDataset(aDeletion({ poolId: poolId(2) }))).toEqual({
        kind: 'datasetNotFound',
      });

      expect(await all(store)).toEqual(before);
    },
  },
  {
    name: 'a read sees every write that resolved before it',
    async run({ store }) {
      await settle(store);
      for (let count = 1; count <= 25; count++) {
        await update(store, [put('k', String(count))]);
        expect(await contents(store)).toEqual(new Map([['k', String(count)]]));
        expect((await store.dataset(identityId(1), 'settings'))?.syncCount).toBe(count);
      }
    },
  },
  {
    name: 'of 50 writers that believe in one count, one succeeds',
    async run({ store }) {
      await settle(store);
      for (let count = 0; count < 4; count++) {
        const outcomes = await Promise.all(
          writers.map((writer) => update(store, [put('k', String(writer), count)])),
        );
        const winners = writers.filter((writer) => outcomes[writer]?.kind === 'accepted');
        expect(winners).toHaveLength(1);
        expect(outcomes.filter(({ kind }) => kind === 'conflict')).toHaveLength(49);
        expect(await contents(store)).toEqual(new Map([['k', String(winners[0])]]));
      }
    },
  },
  {
    name: 'no update is lost',
    async run({ store }) {
      await settle(store);
      await Promise.all(writers.slice(0, 12).map(() => increment(store, 'total')));
      expect(await contents(store)).toEqual(new Map([['total', '12']]));
    },
  },
  {
    name: 'a listing that reports a count has every change up to it, while others write',
    async run({ store }) {
      await settle(store);
      const writing = Promise.all(writers.map((writer) => update(store, [put(`k${writer}`, 'v')])));
      for (let complete = false; !complete; ) {
        // A store may answer reads without a turn of the event loop, and then the writes would never get theirs.
        await setImmediate();
        const { dataset, records } = await list(store);
        expect(records.map(({ syncCount }) => syncCount)).toEqual(records.map((_, index) => index + 1));
        expect(records).toHaveLength(dataset?.syncCount ?? 0);
        expect(dataset?.recordCount ?? 0).toBe(records.length);
        complete = records.length === writers.length;
      }
      await writing;
    },
  },
  {
    name: 'other identities and datasets stay as they are',
    async run({ store }) {
      await settle(store, 2);
      await update(store, [put('k', 'mine')]);
      await update(store, [put('k', 'other')], { datasetName: 'other' });
      await update(store, [put('k', 'theirs')], { identityId: identityId(2) });
      const theirs = await everything(store, [], [identityId(2)], ['settings', 'other']);

      await Promise.all(writers.map((writer) => update(store, [put(`k${writer}`, 'v')])));
      await store.deleteDataset(aDeletion());

      expect(await everything(store, [], [identityId(2)], ['settings', 'other'])).toEqual(theirs);
      expect(await contents(store, 'other')).toEqual(new Map([['k', 'other']]));
    },
  },
];

export const transactionsGroup: ContractGroup = { name: 'transactions', cases };
