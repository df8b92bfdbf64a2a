import { expect, test } from 'vitest';
import type { DatasetChange, KeptDataset, LocalStore } from '../../src/local-store.ts';
import { type KeyValue, keyValueStore } from '../../src/stores/key-value.ts';
import { change, head, record, stored } from '../../src/testing/local-store-samples.ts';

/** A process that ends before its n-th write: from then on nothing that it asks for is done. */
class MortalProcess implements KeyValue {
  writes = 0;
  readonly #texts: Map<string, string>;
  readonly #lastWrite: number;

  constructor(texts: Map<string, string>, lastWrite = Number.POSITIVE_INFINITY) {
    this.#texts = texts;
    this.#lastWrite = lastWrite;
  }

  async get(name: string): Promise<string | undefined> {
    this.#live();
    return this.#texts.get(name);
  }

  async set(name: string, text: string): Promise<void> {
    this.#write();
    this.#texts.set(name, text);
  }

  async remove(name: string): Promise<void> {
    this.#write();
    this.#texts.delete(name);
  }

  async keys(): Promise<readonly string[]> {
    this.#live();
    return [...this.#texts.keys()];
  }

  #write(): void {
    this.#live();
    this.writes += 1;
    this.#live();
  }

  #live(): void {
    if (this.writes > this.#lastWrite) throw new Error('The process has ended.');
  }
}

interface Scenario {
  readonly first: readonly DatasetChange[];
  readonly second: readonly DatasetChange[];
}

const long = 'long '.repeat(120_000);

/** Moves a guest's dataset to a user, changes another and erases a third. */
const move: Scenario = {
  first: [
    change('', head('guest', 1), { put: [record('a', '1'), record('b', '2')] }),
    change('user', head('other', 1), { put: [record('k', 'old'), record('gone', 'x')] }),
    change('user', head('erased', 1), { put: [record('k', 'v')] }),
  ],
  second: [
    change('', head('guest', 2), { erase: ['a', 'b'] }),
    change('user', head('guest', 1), { put: [record('a', '1'), record('b', '2')] }),
    change('user', head('other', 2), { put: [record('k', 'new')], erase: ['gone'] }),
    { owner: 'user', dataset: 'erased', expected: 1, head: undefined, put: [], erase: [] },
  ],
};

/** Values of several texts each: one grows, one shrinks, one changes, one goes. */
const resize: Scenario = {
  first: [
    change('o', head('d', 1), {
      put: [
        record('grows', 's'),
        record('shrinks', long),
        record('changes', `a${long}`),
        record('goes', long),
      ],
    }),
  ],
  second: [
    change('o', head('d', 2), {
      put: [record('grows', long), record('shrinks', 's'), record('changes', `b${long}`)],
      erase: ['goes'],
    }),
  ],
};

async function state(store: LocalStore): Promise<readonly (KeptDataset | undefined | readonly string[])[]> {
  const places = [
    ['', 'guest'],
    ['user', 'guest'],
    ['user', 'other'],
    ['user', 'erased'],
    ['o', 'd'],
  ] as const;
  const datasets = await Promise.all(places.map(([owner, dataset]) => stored(store, owner, dataset)));
  return [...datasets, await store.owners()];
}

async function kept({ first }: Scenario): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  expect(await keyValueStore(new MortalProcess(texts)).commit(first)).toBe(true);
  return texts;
}

/** Commits in a process that ends before write `lastWrite + 1`; whether it got to know that it had committed. */
async function commitUntil(lastWrite: number, texts: Map<string, string>, { second }: Scenario) {
  const process = new MortalProcess(texts, lastWrite);
  const isDone = await keyValueStore(process)
    .commit(second)
    .catch(() => false);
  return { isDone, hasCrashed: process.writes > lastWrite };
}

test.each(Object.entries({ move, resize }))(
  'a process that ends between any two writes leaves all or nothing: %s',
  async (_, scenario) => {
    const texts = await kept(scenario);
    const before = await state(keyValueStore(new MortalProcess(texts)));
    await commitUntil(Number.POSITIVE_INFINITY, texts, scenario);
    const after = await state(keyValueStore(new MortalProcess(texts)));
    const names = [...texts.keys()].sort();
    expect(after).not.toEqual(before);

    const outcomes: string[] = [];
    for (let lastWrite = 0; outcomes.at(-1) !== 'done'; lastWrite += 1) {
      const found = await kept(scenario);
      const { isDone, hasCrashed } = await commitUntil(lastWrite, found, scenario);
      const now = await state(keyValueStore(new MortalProcess(found)));
      const isAfter = isSame(now, after);
      expect(isAfter || isSame(now, before), `after ${lastWrite} writes: a mixture`).toBe(true);
      if (isDone) expect(isAfter, `what was said to be committed, after ${lastWrite} writes`).toBe(true);
      if (isAfter) expect([...found.keys()].sort()).toEqual(names);
      outcomes.push(hasCrashed ? (isAfter ? 'after' : 'before') : 'done');
    }
    // Once it counts it counts.
    expect(outcomes.join(' ')).toMatch(/^(before )+(after )+done$/);
    expect(outcomes.length).toBeGreaterThan(10);
  },
);

test('a process that ends while it does what a journal says leaves that to the next', async () => {
  const reference = await kept(move);
  await commitUntil(Number.POSITIVE_INFINITY, reference, move);
  const after = await state(keyValueStore(new MortalProcess(reference)));
  let crashes = 0;
  for (let lastWrite = 0, isDone = false; !isDone; lastWrite += 1) {
    const texts = await kept(move);
    isDone = !(await commitUntil(lastWrite, texts, move)).hasCrashed;
    if (!texts.has('holdall/journal')) continue;
    for (let second = 0, isRecovered = false; !isRecovered; second += 1) {
      const again = new Map(texts);
      const process = new MortalProcess(again, second);
      await keyValueStore(process)
        .owners()
        .catch(() => {});
      isRecovered = process.writes <= second;
      crashes += isRecovered ? 0 : 1;
      expect(isSame(await state(keyValueStore(new MortalProcess(again))), after)).toBe(true);
    }
  }
  expect(crashes).toBeGreaterThan(50);
});

test('a write that fails when the journal counts already is undone, and the store goes on', async () => {
  const texts = await kept(move);
  const storage = new MortalProcess(texts);
  const before = await state(keyValueStore(storage));
  const set = storage.set.bind(storage);
  let isBroken = true;
  storage.set = async (name, text) => {
    if (isBroken && name.includes('record/user/other/k')) {
      isBroken = false;
      throw new Error('no space');
    }
    return set(name, text);
  };
  const store = keyValueStore(storage);
  await expect(store.commit(move.second)).rejects.toMatchObject({ code: 'STORE' });
  expect(await state(store)).toEqual(before);
  expect(await store.commit(move.second)).toBe(true);
});

test.each([
  ['holdall/record/o/d/k', '1:{"key":"k","val'],
  ['holdall/record/o/d/k', '1:{"key":"k","value":"v"}'],
  ['holdall/record/o/d/k', '2:{"key":"k",'],
  ['holdall/record/o/d/k', ''],
  ['holdall/record/o/d/k', '1:null'],
])('a damaged record is named, and harms no other dataset: %s %j', async (name, text) => {
  const texts = new Map<string, string>();
  const store = keyValueStore(new MortalProcess(texts));
  await store.commit([
    change('o', head('d', 1), { put: [record('k', 'v')] }),
    change('o', head('e', 1), { put: [record('k', 'v')] }),
  ]);
  texts.set(name, text);
  await expect(store.load('o', 'd')).rejects.toMatchObject({ code: 'STORE', dataset: 'd', key: 'k' });
  expect(await stored(store, 'o', 'e')).toEqual({ head: head('e', 1), records: [record('k', 'v')] });
  expect(
    await store.commit([{ owner: 'o', dataset: 'd', expected: 1, head: undefined, put: [], erase: [] }]),
  ).toBe(true);
  expect(await store.load('o', 'd')).toBeUndefined();
});

test('a damaged head is named, and can only be erased', async () => {
  const texts = new Map<string, string>();
  const store = keyValueStore(new MortalProcess(texts));
  await store.commit([change('o', head('d', 1), { put: [record('k', 'v')] })]);
  texts.set('holdall/head/o/d', '1:{"name":"d"}');
  const damage = { code: 'STORE', dataset: 'd', key: undefined };
  await expect(store.load('o', 'd')).rejects.toMatchObject(damage);
  await expect(store.datasets('o')).rejects.toMatchObject(damage);
  await expect(store.commit([change('o', head('d', 2))])).rejects.toMatchObject(damage);
  await expect(store.commit([change('o', head('d', 1))])).rejects.toMatchObject(damage);
  expect(
    await store.commit([{ owner: 'o', dataset: 'd', expected: 0, head: undefined, put: [], erase: [] }]),
  ).toBe(true);
  expect([...texts.keys()]).toEqual(['holdall/version']);
});

test('a store of a newer version is left alone', async () => {
  const texts = new Map([['holdall/version', '2']]);
  const store = keyValueStore(new MortalProcess(texts));
  await expect(store.load('o', 'd')).rejects.toMatchObject({
    code: 'STORE',
    message: expect.stringContaining('Update the app'),
  });
  await expect(store.commit([change('o', head('d', 1))])).rejects.toMatchObject({ code: 'STORE' });
  expect([...texts]).toEqual([['holdall/version', '2']]);
});

function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
