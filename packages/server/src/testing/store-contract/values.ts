import { expect } from 'vitest';
import type { Store } from '../../ports/store.ts';
import type { ContractCase, ContractGroup } from './contract.ts';
import {
  anIdentity,
  aPool,
  contents,
  google,
  identityId,
  list,
  poolId,
  put,
  remove,
  settle,
  update,
} from './scene.ts';

/** Texts that engines confuse, truncate, trim, fold or take for something else. */
const awkwardTexts = [
  'plain',
  'PLAIN',
  'Plain',
  'plain ',
  ' plain',
  'pla',
  'plain.text',
  '__proto__',
  'constructor',
  'toString',
  '0',
  '1e3',
  'null',
  "'; DROP TABLE record; --",
  '%',
  '_',
  '\\',
  'line\nbreak\ttab',
  'é',
  'e\u0301',
  'ß',
  'ss',
  'İ',
  '日本語',
  '\u{1f600}',
  '\u{1f469}\u200d\u{1f680}',
  '\uffff',
  '\ufeffmark',
];

async function expectAbsent(store: Store): Promise<void> {
  expect(await store.pool(poolId(9))).toBeUndefined();
  expect(await store.poolUsage(poolId(9))).toBeUndefined();
  expect(await store.identity(identityId(9))).toBeUndefined();
  expect(await store.identityByLogin(poolId(9), google('ann'))).toBeUndefined();
  expect(await store.identities({ poolId: poolId(9), limit: 10 })).toEqual([]);
  expect(await store.identityUsage(identityId(9))).toBeUndefined();
  expect(await store.dataset(identityId(9), 'settings')).toBeUndefined();
  expect(await store.datasets(identityId(9), { limit: 10 })).toEqual([]);
  expect(await store.device(identityId(9), 'phone')).toBeUndefined();
  expect(await store.subscribedDevices(identityId(9), 'settings')).toEqual([]);
  expect(await list(store, { identityId: identityId(9) })).toEqual({
    dataset: undefined,
    records: [],
    more: false,
    namesWithPrefix: [],
  });
}

const cases: readonly ContractCase[] = [
  { name: 'what is absent is undefined or empty, never an error', run: ({ store }) => expectAbsent(store) },
  {
    name: 'a record comes back with everything that was said about it',
    async run({ store }) {
      await settle(store);
      await update(store, [{ key: 'theme', value: 'dark', syncCount: 0, deviceLastModifiedAt: 77_000 }]);
      await update(store, [put('volume', '7')], { at: 110_000, modifiedBy: 'tablet' });

      const { records, dataset } = await list(store);
      expect(records).toEqual([
        {
          key: 'theme',
          value: 'dark',
          syncCount: 1,
          lastModifiedAt: 100_000,
          lastModifiedBy: 'device',
          deviceLastModifiedAt: 77_000,
        },
        {
          key: 'volume',
          value: '7',
          syncCount: 2,
          lastModifiedAt: 110_000,
          lastModifiedBy: 'tablet',
          deviceLastModifiedAt: 110_000,
        },
      ]);
      expect(dataset).toEqual(await store.dataset(identityId(1), 'settings'));
      expect(dataset).toMatchObject({
        name: 'settings',
        syncCount: 2,
        exists: true,
        lastModifiedBy: 'tablet',
      });
      expect(dataset).toMatchObject({ createdAt: 100_000, lastModifiedAt: 110_000 });
    },
  },
  {
    name: 'an overwritten record has its new value only; a removed one has none',
    async run({ store }) {
      await settle(store);
      await update(store, [put('theme', 'dark'), put('volume', '7')]);
      await update(store, [put('theme', 'light')]);
      await update(store, [remove('volume')]);

      const { records } = await list(store);
      expect(records.map(({ key, value, syncCount }) => [key, value, syncCount])).toEqual([
        ['theme', 'light', 2],
        ['volume', undefined, 3],
      ]);
      expect(records[1]).not.toHaveProperty('value');
    },
  },
  {
    name: 'an empty value is a value',
    async run({ store }) {
      await settle(store);
      await update(store, [put('theme', '')]);
      expect((await list(store)).records[0]).toHaveProperty('value', '');
      expect(await store.dataset(identityId(1), 'settings')).toMatchObject({ recordCount: 1 });
    },
  },
  {
    name: 'keys and values are any text, each itself and no other',
    async run({ store }) {
      await settle(store);
      await update(
        store,
        awkwardTexts.map((text) => put(text, `value of ${text}`)),
      );
      await update(
        store,
        awkwardTexts.map((text) => put(`key of ${text}`, text)),
      );

      const found = await contents(store);
      expect(found.size).toBe(2 * awkwardTexts.length);
      for (const text of awkwardTexts) {
        expect(found.get(text)).toBe(`value of ${text}`);
        expect(found.get(`key of ${text}`)).toBe(text);
      }
    },
  },
  {
    name: 'a value of 1 MiB, of one-byte and of four-byte characters',
    async run({ store }) {
      await settle(store);
      const ascii = 'x'.repeat(1_048_576);
      const astral = '\u{1f600}'.repeat(262_144);
      await update(store, [put('ascii', ascii), put('astral', astral)]);

      const found = await contents(store);
      expect(found.get('ascii') === ascii).toBe(true);
      expect(found.get('astral') === astral).toBe(true);
    },
  },
  {
    name: 'dataset names that differ by case or begin alike are different datasets',
    async run({ store }) {
      await settle(store);
      const datasetNames = ['ab', 'AB', 'abc', 'a', 'constructor', '__proto__', 'ab-', 'ab.'];
      for (const datasetName of datasetNames)
        await update(store, [put('name', datasetName)], { datasetName });
      for (const datasetName of datasetNames) {
        expect(await contents(store, datasetName)).toEqual(new Map([['name', datasetName]]));
      }
    },
  },
  {
    name: 'a pool comes back whole, and after every change',
    async run({ store }) {
      const pool = aPool(1, {
        settings: {
          IdentityPoolName: 'Größe \u{1f600}',
          AllowUnauthenticatedIdentities: false,
          SupportedLoginProviders: { 'graph.facebook.com': '1' },
        },
        events: { SyncTrigger: 'arn:1' },
      });
      await store.createPool(pool);
      expect(await store.pool(pool.id)).toEqual(pool);

      const changed = await store.changePool(pool.id, {
        streams: { StreamName: 'changes' },
        events: { SyncTrigger: '', constructor: 'arn:2' },
      });
      expect(changed).toEqual({
        ...pool,
        streams: { StreamName: 'changes' },
        events: { constructor: 'arn:2' },
      });
      expect(await store.pool(pool.id)).toEqual(changed);
      expect(await store.changePool(poolId(9), { events: {} })).toBeUndefined();
    },
  },
  {
    name: 'an id that is taken is refused, and what has it stays as it was',
    async run({ store }) {
      await settle(store);
      await expect(store.createPool(aPool(1, { createdAt: 9_999 }))).rejects.toThrow();
      const identity = await store.identity(identityId(1));
      await expect(store.createIdentity({ ...anIdentity(1), createdAt: 9_999 })).rejects.toThrow();
      expect(await store.pool(poolId(1))).toEqual(aPool(1));
      expect(await store.identity(identityId(1))).toEqual(identity);
    },
  },
];

export const valuesGroup: ContractGroup = { name: 'values', cases };
