import { expect } from 'vitest';
import type { StoredRecord } from '../../domain/dataset.ts';
import type { ListingPosition } from '../../domain/list-records.ts';
import type { Store } from '../../ports/store.ts';
import type { ContractCase, ContractGroup } from './contract.ts';
import { aDeletion, aPool, identityId, list, names, poolId, put, remove, settle, update } from './scene.ts';

/** In binary order, which differs from that of languages, of letters without case, and of UTF-16 units. */
const ordered = ['', '!', '-', '.', '/', '0', 'A', 'B', 'Z', '_', 'a', 'aa', 'b', 'é', '\ufffd', '\u{1f600}'];
const orderedNames = ordered.slice(1);
const shuffled = [...ordered].reverse();

/** All pages, and how many there were. */
async function pages(store: Store, since: number, limit: number): Promise<[StoredRecord[], number]> {
  const all: StoredRecord[] = [];
  let position: ListingPosition | undefined;
  for (let count = 1; ; count++) {
    const page = await list(store, { since, limit, ...(position && { position }) });
    all.push(...page.records);
    const last = page.records.at(-1);
    expect(page.records.length).toBeLessThanOrEqual(limit);
    expect(count, 'a listing that does not end').toBeLessThan(100);
    if (!page.more || !last) return [all, count];
    const ceiling = position?.ceiling ?? page.dataset?.syncCount ?? 0;
    position = { ceiling, syncCount: last.syncCount, key: last.key };
  }
}

const cases: readonly ContractCase[] = [
  {
    name: 'pools and their usages come in the order of their ids',
    async run({ store }) {
      for (const number of [3, 1, 4, 2]) await store.createPool(aPool(number));
      const ids = [1, 2, 3, 4].map(poolId);
      expect((await store.pools({ limit: 10 })).map(({ id }) => id)).toEqual(ids);
      expect((await store.poolUsages({ limit: 10 })).map((usage) => usage.poolId)).toEqual(ids);
      const page = { after: poolId(1), limit: 2 };
      expect((await store.pools(page)).map(({ id }) => id)).toEqual(ids.slice(1, 3));
      expect((await store.poolUsages(page)).map((usage) => usage.poolId)).toEqual(ids.slice(1, 3));
    },
  },
  {
    name: 'datasets come in the binary order of their names; deleted ones do not come',
    async run({ store }) {
      await settle(store);
      for (const datasetName of shuffled.filter(Boolean))
        await update(store, [put('k', 'v')], { datasetName });
      await store.deleteDataset(aDeletion({ datasetName: 'B' }));
      const expected = orderedNames.filter((name) => name !== 'B');

      expect(names(await store.datasets(identityId(1), { limit: 100 }))).toEqual(expected);
      for (const limit of [1, 4]) {
        const found: string[] = [];
        for (let page = await nextPage(); page.length > 0; page = await nextPage(found.at(-1))) {
          found.push(...page);
          expect(found.length, 'pages that do not end').toBeLessThanOrEqual(expected.length);
        }
        expect(found).toEqual(expected);

        async function nextPage(after?: string) {
          return names(await store.datasets(identityId(1), { limit, ...(after !== undefined && { after }) }));
        }
      }
    },
  },
  {
    name: 'pages of datasets go on where they ended while datasets come and go',
    async run({ store }) {
      await settle(store);
      for (const datasetName of ['b', 'd', 'f', 'h']) await update(store, [put('k', 'v')], { datasetName });
      const first = names(await store.datasets(identityId(1), { limit: 2 }));
      expect(first).toEqual(['b', 'd']);
      await store.deleteDataset(aDeletion({ datasetName: 'd' }));
      await update(store, [put('k', 'v')], { datasetName: 'a' });
      await update(store, [put('k', 'v')], { datasetName: 'g' });
      expect(names(await store.datasets(identityId(1), { after: 'd', limit: 10 }))).toEqual(['f', 'g', 'h']);
    },
  },
  {
    name: 'records come by sync count, then in the binary order of their keys',
    async run({ store }) {
      await settle(store);
      await update(
        store,
        shuffled.map((key) => put(key, 'v')),
      );
      await update(store, [remove('A'), put('-', 'w')]);
      const keys = (await list(store)).records.map(({ key }) => key);
      expect(keys).toEqual([...ordered.filter((key) => key !== 'A' && key !== '-'), '-', 'A']);
    },
  },
  {
    name: 'a listing has what changed after its count, tombstones included',
    async run({ store }) {
      await settle(store);
      await update(store, [put('a', '1'), put('b', '1')]);
      await update(store, [put('c', '2')]);
      await update(store, [remove('a')]);
      const keysSince = async (since: number) => (await list(store, { since })).records.map(({ key }) => key);
      expect(await keysSince(0)).toEqual(['b', 'c', 'a']);
      expect(await keysSince(1)).toEqual(['c', 'a']);
      expect(await keysSince(2)).toEqual(['a']);
      expect(await keysSince(3)).toEqual([]);
      expect((await list(store, { since: 3 })).dataset?.syncCount).toBe(3);
    },
  },
  {
    name: 'the pages of a listing are the listing',
    async run({ store }) {
      await settle(store);
      await update(
        store,
        shuffled.map((key) => put(key, 'v')),
      );
      await update(
        store,
        ordered.slice(3, 7).map((key) => put(key, 'w')),
      );
      for (const since of [0, 1]) {
        const whole = (await list(store, { since })).records;
        for (const limit of [1, 3, whole.length, whole.length + 1]) {
          expect(await pages(store, since, limit)).toEqual([whole, Math.ceil(whole.length / limit)]);
        }
      }
    },
  },
  {
    name: 'no page reaches above the ceiling, and what did not change meanwhile comes once',
    async run({ store }) {
      await settle(store);
      await update(
        store,
        ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => put(key, 'v')),
      );
      const first = await list(store, { limit: 2 });
      expect(first.more).toBe(true);
      await update(store, [put('a', 'new'), put('e', 'new'), put('new', 'new')]);
      const position = { ceiling: 1, syncCount: 1, key: 'b' };
      const second = await list(store, { limit: 2, position });
      const third = await list(store, { limit: 2, position: { ...position, key: 'd' } });
      expect(second.records.map(({ key }) => key)).toEqual(['c', 'd']);
      expect(second.dataset?.syncCount).toBe(2);
      expect(third.records.map(({ key }) => key)).toEqual(['f']);
      expect(third.more).toBe(false);
    },
  },
  {
    name: 'merged copies: the existing names that begin with the name and a dot',
    async run({ store }) {
      await settle(store, 2);
      const datasetNames = [
        'ab',
        'ab.2',
        'ab.1',
        'ab.',
        'ab-',
        'ab/',
        'abc',
        'abc.1',
        'AB.1',
        'a',
        'ab.gone',
      ];
      for (const datasetName of datasetNames) await update(store, [put('k', 'v')], { datasetName });
      await update(store, [put('k', 'v')], { datasetName: 'ab.other', identityId: identityId(2) });
      await store.deleteDataset(aDeletion({ datasetName: 'ab.gone' }));
      expect((await list(store, { datasetName: 'ab' })).namesWithPrefix).toEqual(['ab.', 'ab.1', 'ab.2']);
      expect((await list(store, { datasetName: 'abc' })).namesWithPrefix).toEqual(['abc.1']);
      expect((await list(store, { datasetName: 'never' })).namesWithPrefix).toEqual([]);
    },
  },
];

export const ordersGroup: ContractGroup = { name: 'orders and pages', cases };
