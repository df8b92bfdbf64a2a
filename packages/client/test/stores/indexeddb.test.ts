import 'fake-indexeddb/auto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { indexedDbStore } from '../../src/stores/indexeddb.ts';
import { answer, openDatabase } from '../../src/stores/indexeddb-requests.ts';
import { localStoreContract } from '../../src/testing/local-store-contract.ts';
import { change, head, record, stored } from '../../src/testing/local-store-samples.ts';
import { followsModel } from './local-store-model.ts';

let count = 0;
function freshName(): string {
  count += 1;
  return `database ${count}`;
}

describe('the contract', () => {
  test.each(localStoreContract)('$name', ({ run }) => {
    const name = freshName();
    return run(() => indexedDbStore({ name }));
  });

  test('follows a model', async () => {
    const place = () => {
      const name = freshName();
      return () => indexedDbStore({ name });
    };
    await followsModel(place, { histories: 40 });
  });
});

describe('the schema', () => {
  const first = (database: IDBDatabase) => void database.createObjectStore('first');
  const second = (database: IDBDatabase) => void database.createObjectStore('second');

  test('is brought up from any version, with what is there', async () => {
    const name = freshName();
    const old = await openDatabase(name, [first], () => {});
    await answer(old.transaction('first', 'readwrite').objectStore('first').put('value', 'key'));
    old.close();
    const now = await openDatabase(name, [first, second], () => {});
    expect([...now.objectStoreNames]).toEqual(['first', 'second']);
    expect(await answer(now.transaction('first').objectStore('first').get('key'))).toBe('value');
    now.close();
  });

  test('waits for no tab that keeps an older version open, and says so', async () => {
    const name = freshName();
    const stubborn = await answer(indexedDB.open(name, 1));
    const refusal = { code: 'STORE', retryable: true, message: expect.stringContaining('older version') };
    await expect(openDatabase(name, [first, second], () => {})).rejects.toMatchObject(refusal);
    stubborn.close();
    // What opens late closes itself, and is in nobody's way.
    const now = await openDatabase(name, [first, second], () => {});
    now.close();
    await answer(indexedDB.deleteDatabase(name));
  });

  test('of a newer version is left alone, also when it comes while the store is open', async () => {
    const name = freshName();
    const store = indexedDbStore({ name });
    await store.setNote('n', 'text');
    const newer = await answer(indexedDB.open(name, 2));
    const refusal = { code: 'STORE', message: expect.stringContaining('newer version') };
    await expect(store.note('n')).rejects.toMatchObject(refusal);
    await expect(store.commit([change('o', head('d', 1))])).rejects.toMatchObject(refusal);
    newer.close();
    await store.close();
  });
});

describe('a database', () => {
  test('that is deleted under the store is made again at the next use', async () => {
    const name = freshName();
    const store = indexedDbStore({ name });
    await store.setNote('n', 'text');
    await answer(indexedDB.deleteDatabase(name));
    expect(await store.note('n')).toBeUndefined();
    await store.setNote('n', 'new');
    expect(await store.note('n')).toBe('new');
    await store.close();
  });

  test.each([
    ['head', 'd', undefined, { name: 'd' }],
    ['record', 'd', 'k', { key: 'k', value: 'v' }],
    ['record', 'd', 'k', 'text'],
  ])(
    'with a damaged %s names it, harms no other dataset, and it can be erased',
    async (kind, dataset, key, row) => {
      const name = freshName();
      const store = indexedDbStore({ name });
      const put = [record('k', 'v')];
      await store.commit([change('o', head('d', 1), { put }), change('p', head('e', 1), { put })]);
      const raw = await answer(indexedDB.open(name));
      const table = raw.transaction(`${kind}s`, 'readwrite').objectStore(`${kind}s`);
      await answer(table.put(row, key === undefined ? ['o', dataset] : ['o', dataset, key]));
      raw.close();
      await expect(store.load('o', 'd')).rejects.toMatchObject({ code: 'STORE', dataset, key });
      expect(await stored(store, 'p', 'e')).toEqual({ head: head('e', 1), records: put });
      const expected = key === undefined ? 0 : 1;
      expect(
        await store.commit([{ owner: 'o', dataset, expected, head: undefined, put: [], erase: [] }]),
      ).toBe(true);
      expect(await store.owners()).toEqual(['p']);
      await store.close();
    },
  );
});

describe('a commit', () => {
  test('with a value that cannot be kept writes nothing of it', async () => {
    const store = indexedDbStore({ name: freshName() });
    const impossible = { ...record('k', 'v'), value: (() => {}) as unknown as string };
    const commit = store.commit([change('o', head('d', 1), { put: [record('a', 'v'), impossible] })]);
    await expect(commit).rejects.toMatchObject({
      code: 'STORE',
      message: expect.stringContaining('IndexedDB failed'),
    });
    expect(await store.owners()).toEqual([]);
    await store.close();
  });

  test('that is under way when the store is closed is completed', async () => {
    const name = freshName();
    const store = indexedDbStore({ name });
    await store.owners();
    const commit = store.commit([change('o', head('d', 1))]);
    await store.owners();
    await store.close();
    expect(await commit).toBe(true);
    expect(await indexedDbStore({ name }).owners()).toEqual(['o']);
  });
});

describe('a browser', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test.each([
    [
      'that forbids storage',
      {
        open: () => {
          throw new DOMException('The operation is insecure.', 'SecurityError');
        },
      },
    ],
    ['that has none', undefined],
  ])('%s is a failure of the store', async (_, fake) => {
    vi.stubGlobal('indexedDB', fake);
    const store = indexedDbStore();
    await expect(store.owners()).rejects.toMatchObject({
      code: 'STORE',
      message: expect.stringContaining('IndexedDB failed: '),
    });
    vi.unstubAllGlobals();
    expect(await store.owners()).toEqual([]);
    await store.close();
  });
});
