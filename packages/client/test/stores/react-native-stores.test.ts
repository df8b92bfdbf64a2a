import { describe, expect, test } from 'vitest';
import { asyncStorageStore } from '../../src/stores/async-storage.ts';
import { mmkvStore } from '../../src/stores/mmkv.ts';
import { localStoreContract, type OpenStore } from '../../src/testing/local-store-contract.ts';
import { change, head, record, stored } from '../../src/testing/local-store-samples.ts';
import { followsModel } from './local-store-model.ts';
import { androidAsyncStorage, type KeptBytes, mmkv, sizeOf } from './storage-doubles.ts';

const roomy = { limitBytes: 64 * 1_048_576 };

const stores: Readonly<Record<string, () => OpenStore>> = {
  'an AsyncStorage store': () => {
    const storage = androidAsyncStorage(new Map(), roomy);
    return () => asyncStorageStore(storage);
  },
  'an MMKV store': () => {
    const storage = mmkv(new Map(), 'remove');
    return () => mmkvStore(storage);
  },
};

describe.each(Object.entries(stores))('%s', (_, place) => {
  test.each(localStoreContract)('$name', ({ run }) => run(place()));
  test('follows a model', () => followsModel(place, { histories: 60 }));
});

test('an MMKV store works with version 3, which says delete', async () => {
  const kept: KeptBytes = new Map();
  const store = mmkvStore(mmkv(kept, 'delete'));
  await store.commit([change('o', head('d', 1), { put: [record('k', 'v')] })]);
  await store.commit([change('o', head('d', 2), { erase: ['k'] })]);
  expect(await stored(store, 'o', 'd')).toEqual({ head: head('d', 2), records: [] });
  expect([...kept.keys()].sort()).toEqual(['holdall/head/o/d', 'holdall/version']);
});

test('stores with different prefixes share a storage and nothing else, and leave alone what is not theirs', async () => {
  const kept: KeptBytes = new Map([['holdall', Buffer.from('of the app')]]);
  const storage = androidAsyncStorage(kept);
  const [first, second] = [asyncStorageStore(storage), asyncStorageStore(storage, { prefix: 'other:' })];
  await first.commit([change('o', head('d', 1), { put: [record('k', 'first')] })]);
  await second.commit([change('o', head('d', 1), { put: [record('k', 'second')] })]);
  expect((await stored(first, 'o', 'd'))?.records).toEqual([record('k', 'first')]);
  expect((await stored(second, 'o', 'd'))?.records).toEqual([record('k', 'second')]);
  expect(kept.get('holdall')?.toString()).toBe('of the app');
});

const [short, long] = [1, 2_000];

test.each([
  ['short values', short],
  ['values of several items', long],
])(
  'a full AsyncStorage refuses a commit wherever it fills up, and keeps what it had: %s',
  async (_, scale) => {
    const value = (letter: string, length: number) => letter.repeat(length * scale);
    const before = {
      head: head('d', 1),
      records: [record('gone', value('z', 50)), record('k', value('a', 300))],
    };
    const after = {
      head: head('d', 2),
      records: [record('k', value('b', 500)), record('new', value('c', 400))],
    };
    const outcomes: string[] = [];
    for (let step = 0; outcomes.at(-1) !== 'true'; step += 1) {
      const kept: KeptBytes = new Map();
      await asyncStorageStore(androidAsyncStorage(kept)).commit([
        change('o', before.head, { put: before.records }),
      ]);
      const size = sizeOf(kept);
      const full = asyncStorageStore(androidAsyncStorage(kept, { limitBytes: size + step * 40 * scale }));
      const commit = full.commit([change('o', after.head, { put: after.records, erase: ['gone'] })]);
      const outcome = await commit.catch((error: unknown) => error);
      outcomes.push(String(outcome));
      if (outcome === true) {
        expect(await stored(full, 'o', 'd')).toEqual(after);
      } else {
        expect(outcome).toMatchObject({ code: 'STORE', message: expect.stringContaining('disk is full') });
        expect(await stored(full, 'o', 'd')).toEqual(before);
        expect(sizeOf(kept)).toBe(size);
      }
    }
    expect(outcomes.length).toBeGreaterThan(25);
  },
);
