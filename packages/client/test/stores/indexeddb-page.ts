// What pages of indexeddb-browser.test.ts can do.
import { indexedDbStore } from '../../src/stores/indexeddb.ts';
import { answer } from '../../src/stores/indexeddb-requests.ts';
import { localStoreContract } from '../../src/testing/local-store-contract.ts';
import { change, head, record, stored } from '../../src/testing/local-store-samples.ts';
import { followsModel } from './local-store-model.ts';

const store = indexedDbStore({ name: 'shared' });
let count = 0;
function newPlace() {
  count += 1;
  const name = `database ${count}`;
  return () => indexedDbStore({ name });
}

const page = {
  caseNames: localStoreContract.map(({ name }) => name),
  async runCase(wanted: string): Promise<void> {
    for (const { name, run } of localStoreContract) if (name === wanted) await run(newPlace());
  },
  followModel: (histories: number) => followsModel(newPlace, { histories }),

  /** Raises a counter so many times, against others that do the same. */
  async count(times: number): Promise<void> {
    for (let time = 0; time < times; ) {
      const next = ((await store.load('o', 'counter'))?.head.revision ?? 0) + 1;
      if (await store.commit([change('o', head('counter', next))])) time += 1;
    }
  },

  /** Moves two datasets on together until the page is killed. */
  async moveOn(tell: (revision: number) => Promise<void>): Promise<void> {
    for (;;) {
      const next = ((await store.load('o', 'a'))?.head.revision ?? 0) + 1;
      const put = ['k', 'l', 'm'].map((key) => record(key, `${next} `.repeat(20_000)));
      await store.commit(['a', 'b'].map((name) => change('o', head(name, next), { put })));
      void tell(next);
    }
  },

  /** The revision of the dataset, and those that its records were written at. */
  async revisions(dataset: string): Promise<readonly number[]> {
    const kept = await stored(store, 'o', dataset);
    return kept
      ? [kept.head.revision, ...kept.records.map(({ value }) => Number.parseInt(value ?? '', 10))]
      : [];
  },

  async write(length: number): Promise<unknown> {
    const revision = ((await store.load('o', 'written'))?.head.revision ?? 0) + 1;
    // Random, because browsers compress what they keep.
    const value = Array.from({ length: length / 4 }, () =>
      Math.random().toString(36).slice(2, 6).padEnd(4, 'x'),
    );
    const put = [record('k', `${revision} ${value.join('')}`)];
    return store
      .commit([change('o', head('written', revision), { put })])
      .catch((error) => ({ ...error, message: error.message }));
  },

  async upgradeByHand(): Promise<void> {
    (await answer(indexedDB.open('shared', 2))).close();
  },
  deleteByHand: () => answer(indexedDB.deleteDatabase('shared')),
};

Object.assign(globalThis, { page });
