import type { DatasetHead, KeptDataset, LocalStore } from '../local-store.ts';
import { change, equal, fails, fullRecord, head, keptTexts, record, stored } from './local-store-samples.ts';

/** Opens a store. Within one case every call opens the same kept data, of which there is none at the first. */
export type OpenStore = () => LocalStore | Promise<LocalStore>;

/** One thing that a store must do. It closes what it opens, and throws when the store does something else. */
export interface LocalStoreCase {
  readonly name: string;
  run(open: OpenStore): Promise<void>;
}

/**
 * What every `LocalStore` must do. In whatever test runner:
 *
 *     for (const { name, run } of localStoreContract) test(name, () => run(() => myStore(someNewPlace)));
 */
export const localStoreContract: readonly LocalStoreCase[] = [
  onOneStore('has nothing at first', async (store) => {
    equal(await store.load('', 'settings'), undefined, 'a dataset');
    equal(await store.datasets(''), [], 'datasets');
    equal(await store.owners(), [], 'owners');
    equal(await store.note('user'), undefined, 'a note');
  }),

  reopening('keeps all fields, and the lack of them', async (open) => {
    const full: DatasetHead = {
      ...head('full', 7),
      syncCount: 12,
      deletion: true,
      sent: { token: 'a token', openedAt: 1_700_000_000_000 },
      folded: ['full.eu-west-1:a', 'full.eu-west-1:b'],
      syncedAt: 1_700_000_000_000,
    };
    const bare = head('bare', 1);
    const records = [fullRecord('all'), record('few', 'v'), record('gone', null), record('empty', '')];
    await open(async (store) => {
      equal(await store.commit([change('o', full, { put: records, expected: 0 })]), true, 'a commit');
      equal(await store.commit([change('o', bare)]), true, 'a commit without records');
    });
    await open(async (store) => {
      equal(await stored(store, 'o', 'full'), { head: full, records }, 'the dataset with everything');
      equal(await stored(store, 'o', 'bare'), { head: bare, records: [] }, 'the dataset with nothing');
    });
  }),

  reopening('keeps every text as it is, in values, keys, names, owners and notes', async (open) => {
    const records = keptTexts.map((text) => ({ ...fullRecord(text), value: text, base: text }));
    const changes = keptTexts.map((text) => change(text, head(text, 1), { put: records }));
    await open(async (store) => {
      equal(await store.commit(changes), true, 'the commit');
      for (const text of keptTexts) await store.setNote(text, text);
    });
    await open(async (store) => {
      equal([...(await store.owners())].sort(), [...keptTexts].sort(), 'owners');
      for (const text of keptTexts) {
        const what = `of ${JSON.stringify(text)}`;
        equal(await stored(store, text, text), { head: head(text, 1), records }, `the dataset ${what}`);
        equal(await store.datasets(text), [head(text, 1)], `the datasets ${what}`);
        equal(await store.note(text), text, `the note ${what}`);
      }
    });
  }),

  reopening('keeps values of a megabyte, several in one record', async (open) => {
    const value = (letter: string) => letter.repeat(1_048_576 / 4);
    const sent = { value: value('≈ü𝄞'), changedAt: 1 };
    const big = { ...fullRecord('big'), value: value('ab\u0000"'), base: value('𝄞𝄞'), sent };
    const kept = { head: head('d', 1), records: [big] };
    await open(async (store) => {
      equal(await store.commit([change('o', kept.head, { put: [big] })]), true, 'the commit');
    });
    await open(async (store) => {
      equal(await stored(store, 'o', 'd'), kept, 'the record');
      const small = { ...big, value: 'v', base: null, sent: { value: null, changedAt: 2 } };
      equal(await store.commit([change('o', head('d', 2), { put: [small] })]), true, 'making it small');
      equal(await stored(store, 'o', 'd'), { head: head('d', 2), records: [small] }, 'the small record');
    });
  }),

  onOneStore('keeps 1,024 records, and changes only those that are named', async (store) => {
    const records = Array.from({ length: 1_024 }, (_, index) => record(`key ${index}`, `value ${index}`));
    equal(await store.commit([change('o', head('d', 1), { put: records })]), true, 'the first commit');
    equal(await stored(store, 'o', 'd'), { head: head('d', 1), records }, 'the dataset');
    const changed = record('key 7', 'new');
    const second = change('o', head('d', 2), { put: [changed], erase: ['key 8', 'never there'] });
    equal(await store.commit([second]), true, 'the second commit');
    const left = records.filter(({ key }) => key !== 'key 7' && key !== 'key 8');
    equal(
      await stored(store, 'o', 'd'),
      { head: head('d', 2), records: [...left, changed] },
      'the changed one',
    );
  }),

  onOneStore('writes a record that one change both erases and writes', async (store) => {
    await store.commit([change('o', head('d', 1), { put: [record('k', 'old')] })]);
    await store.commit([change('o', head('d', 2), { put: [record('k', 'new')], erase: ['k'] })]);
    equal(
      await stored(store, 'o', 'd'),
      { head: head('d', 2), records: [record('k', 'new')] },
      'the dataset',
    );
  }),

  reopening('erases a dataset with all its records, and no other', async (open) => {
    const records = [record('a', '1'), record('b', '2')];
    await open(async (store) => {
      for (const [owner, name] of similarNames) {
        equal(
          await store.commit([change(owner, head(name, 1), { put: records })]),
          true,
          `${owner}, ${name}`,
        );
      }
    });
    for (const [erased, [owner, name]] of similarNames.entries()) {
      await open(async (store) => {
        const erasure = { owner, dataset: name, expected: 1, head: undefined, put: [], erase: [] };
        equal(await store.commit([erasure]), true, 'erasing');
        const left = similarNames.slice(erased + 1);
        equal([...(await store.owners())].sort(), [...new Set(left.map(([of]) => of))].sort(), 'owners');
        for (const [index, [of, called]] of similarNames.entries()) {
          const kept = index > erased ? { head: head(called, 1), records } : undefined;
          equal(await stored(store, of, called), kept, `${of}, ${called}`);
        }
        equal(await store.commit([change(owner, head(name, 1))]), true, 'making it again');
        equal(await stored(store, owner, name), { head: head(name, 1), records: [] }, 'the new one');
        equal(await store.commit([erasure]), true, 'erasing the new one');
      });
    }
  }),

  onOneStore('erasing what is not there is accepted', async (store) => {
    const erasure = { owner: 'o', dataset: 'd', expected: 0, head: undefined, put: [], erase: [] };
    equal(await store.commit([erasure]), true, 'the commit');
    equal(await store.commit([]), true, 'a commit of nothing');
    equal(await store.owners(), [], 'owners');
  }),

  onOneStore('changes several datasets of several owners at once', async (store) => {
    await store.commit([change('', head('guest', 1), { put: [record('k', 'mine')] })]);
    const moved = { ...head('guest', 2), folded: ['user'] };
    const changes = [
      change('', moved, { erase: ['k'] }),
      change('user', head('guest', 1), { put: [record('k', 'mine')] }),
      change('user', head('other', 1)),
    ];
    equal(await store.commit(changes), true, 'the commit');
    equal(await stored(store, '', 'guest'), { head: moved, records: [] }, 'what was there');
    equal((await stored(store, 'user', 'guest'))?.records, [record('k', 'mine')], 'what is there');
    equal((await store.datasets('user')).length, 2, 'the number of datasets');
  }),

  onOneStore('refuses a change that expects another revision, and then writes nothing', async (store) => {
    const before = { head: head('d', 3), records: [record('k', 'old')] };
    await store.commit([change('o', before.head, { put: before.records, expected: 0 })]);
    for (const expected of [0, 1, 2, 4]) {
      const stale = change('o', head('d', 4), { put: [record('k', 'new')], erase: ['k'], expected });
      equal(await store.commit([stale]), false, `expecting ${expected}`);
      const erasure = { ...stale, head: undefined };
      equal(await store.commit([erasure]), false, `erasing, expecting ${expected}`);
      const good = change('p', head('x', 1), { put: [record('k', 'v')] });
      equal(await store.commit([good, stale]), false, 'after a good change');
      equal(await store.commit([stale, good]), false, 'before a good change');
    }
    equal(
      await store.commit([change('o', head('e', 2), { expected: 1 })]),
      false,
      'expecting what is not there',
    );
    equal(await stored(store, 'o', 'd'), before, 'the dataset');
    equal(await store.owners(), ['o'], 'owners');
    equal(await store.datasets('o'), [before.head], 'datasets');
  }),

  {
    name: 'lets exactly one of several commits win that expect the same',
    run: (open) =>
      opened(open, (first) =>
        opened(open, async (second) => {
          for (let round = 0; round < 5; round += 1) {
            const commits = Array.from({ length: 8 }, (_, index) => {
              const put = [record('winner', `${index}`), record(`only of ${index}`, 'v')];
              const erase = Array.from({ length: 8 }, (_, other) => `only of ${other}`);
              const store = index % 2 === 0 ? first : second;
              return store.commit([change('o', head('d', round + 1), { put, erase })]);
            });
            const winners = (await Promise.all(commits)).flatMap((won, index) => (won ? [index] : []));
            equal(winners.length, 1, 'the number of winners');
            const [winner] = winners;
            const records = [record(`only of ${winner}`, 'v'), record('winner', `${winner}`)];
            equal(await stored(second, 'o', 'd'), { head: head('d', round + 1), records }, 'what is kept');
          }
        }),
      ),
  },

  onOneStore('does all of several commits at once that do not touch each other', async (store) => {
    const names = ['a', 'b', 'c', 'd'];
    const commits = names.map((name) =>
      store.commit([change('o', head(name, 1), { put: [record(name, name)] })]),
    );
    equal(await Promise.all(commits), [true, true, true, true], 'the commits');
    equal(
      await store.datasets('o'),
      names.map((name) => head(name, 1)),
      'datasets',
    );
  }),

  {
    name: 'loads one state while others commit',
    run: (open) =>
      opened(open, (writer) =>
        opened(open, async (reader) => {
          const rounds = 20;
          const put = (round: number) => ['a', 'b', 'c'].map((key) => record(key, `${round}`));
          let isDone = false;
          const write = async () => {
            for (let round = 1; round <= rounds; round += 1) {
              equal(
                await writer.commit([change('o', head('d', round), { put: put(round) })]),
                true,
                'a commit',
              );
            }
            isDone = true;
          };
          const read = async () => {
            while (!isDone) {
              const kept: KeptDataset | undefined = await stored(reader, 'o', 'd');
              if (kept) equal(kept, { head: kept.head, records: put(kept.head.revision) }, 'what was loaded');
            }
          };
          const writing = write().finally(() => {
            isDone = true;
          });
          await Promise.all([writing, read()]);
          equal((await stored(reader, 'o', 'd'))?.head.revision, rounds, 'the last revision');
        }),
      ),
  },

  onOneStore('lists heads in the order of their names, by UTF-16 units', async (store) => {
    const names = ['b', 'B', 'a', 'a.b', 'a b', 'a:b', '10', '9', '\uffff', '\u{1f600}', 'é', ''];
    await store.commit(names.map((name) => change('o', head(name, 1))));
    const listed = (await store.datasets('o')).map(({ name }) => name);
    equal(listed, [...names].sort(), 'the names');
  }),

  onOneStore('is not changed by what callers do to what they gave or got', async (store) => {
    const given = { ...fullRecord('k') };
    const givenHead = { ...head('d', 1), folded: ['d.x'] };
    const kept = { head: structuredCopy(givenHead), records: [structuredCopy(given)] };
    const committing = store.commit([change('o', givenHead, { put: [given] })]);
    await committing;
    Object.assign(given, { value: 'changed' });
    givenHead.folded.push('d.y');
    const got = await store.load('o', 'd');
    equal(got, kept, 'what was kept');
    Object.assign(got?.records[0] ?? {}, { value: 'changed' });
    equal(await store.load('o', 'd'), kept, 'what is kept still');
  }),

  reopening('keeps notes, replaces and forgets them', async (open) => {
    await open(async (store) => {
      await store.setNote('user', 'ann');
      await store.setNote('empty', '');
      await store.setNote('long', 'x'.repeat(1_000_000));
    });
    await open(async (store) => {
      equal(await store.note('user'), 'ann', 'the note');
      equal(await store.note('empty'), '', 'the empty note');
      equal((await store.note('long'))?.length, 1_000_000, 'the length of the long note');
      await store.setNote('user', 'bob');
      await store.setNote('long', undefined);
      await store.setNote('never there', undefined);
      equal(await store.owners(), [], 'owners, as notes have none');
    });
    await open(async (store) => {
      equal(await store.note('user'), 'bob', 'the new note');
      equal(await store.note('long'), undefined, 'the forgotten note');
    });
  }),

  {
    name: 'refuses everything after it was closed, and does not mind being closed twice',
    async run(open) {
      const store = await open();
      await store.commit([change('o', head('d', 1))]);
      await store.close();
      await store.close();
      await fails(() => store.load('o', 'd'), 'STORE');
      await fails(() => store.datasets('o'), 'STORE');
      await fails(() => store.owners(), 'STORE');
      await fails(() => store.commit([change('o', head('d', 2))]), 'STORE');
      await fails(() => store.note('n'), 'STORE');
      await fails(() => store.setNote('n', 'text'), 'STORE');
      await opened(open, async (again) => {
        equal((await stored(again, 'o', 'd'))?.head, head('d', 1), 'the dataset');
      });
    },
  },
];

/** Owners and names that a careless store would confuse. */
const similarNames: readonly (readonly [owner: string, name: string])[] = [
  ['', 'a'],
  ['a', ''],
  ['a', 'a'],
  ['a', 'a.b'],
  ['a.a', 'b'],
  ['a/a', 'b'],
  ['a', 'a/b'],
  ['A', 'a'],
  ['a%', 'a'],
  ['a_', '_'],
  ['__proto__', 'constructor'],
  ['constructor', '__proto__'],
];

function onOneStore(name: string, work: (store: LocalStore) => Promise<void>): LocalStoreCase {
  return { name, run: (open) => opened(open, work) };
}

/** A case that opens and closes the store around each piece of its work. */
function reopening(
  name: string,
  work: (open: (piece: (store: LocalStore) => Promise<void>) => Promise<void>) => Promise<void>,
): LocalStoreCase {
  return { name, run: (open) => work((piece) => opened(open, piece)) };
}

async function opened(open: OpenStore, work: (store: LocalStore) => Promise<void>): Promise<void> {
  const store = await open();
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

function structuredCopy<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value));
}
