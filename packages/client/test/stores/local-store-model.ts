import fc from 'fast-check';
import type { DatasetChange, DatasetHead, KeptRecord, LocalStore } from '../../src/local-store.ts';
import type { OpenStore } from '../../src/testing/local-store-contract.ts';
import { equal, fullRecord, record, stored } from '../../src/testing/local-store-samples.ts';

/** What a store must keep, said in the simplest way. */
interface Model {
  /** By owner and dataset, as JSON. */
  readonly datasets: Map<string, { readonly head: DatasetHead; readonly records: Map<string, KeptRecord> }>;
  readonly notes: Map<string, string>;
}

type Step = (model: Model, store: LocalStore) => Promise<'reopen' | undefined>;

/**
 * Random histories of commits, stale ones included, of notes and of reopening, after each step of which the store has to
 * hold what a plain map holds.
 *
 * @param place called for each history: where it is kept
 */
export async function followsModel(place: () => OpenStore, { histories }: { readonly histories: number }) {
  const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
    const open = place();
    const model: Model = { datasets: new Map(), notes: new Map() };
    let store = await open();
    try {
      for (const perform of steps) {
        if ((await perform(model, store)) === 'reopen') {
          await store.close();
          store = await open();
        }
        await compare(model, store);
      }
    } finally {
      await store.close();
    }
  });
  await fc.assert(property, { numRuns: histories, endOnFailure: true });
}

const owners = ['', 'eu-west-1:a', '__proto__'] as const;
const names = ['settings', 'settings.a', 'a b/c'] as const;
const keys = ['', 'k', 'k#1', 'constructor', '\u0000', 'é'] as const;
const owner = fc.constantFrom(...owners);
const name = fc.constantFrom(...names);
const key = fc.constantFrom(...keys);
const text = fc.oneof(
  fc.constantFrom('', 'x'),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constant('long '.repeat(90_000)),
);
const keptRecord = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(key, fc.option(text)).map(([of, value]) => record(of, value)) },
  { weight: 1, arbitrary: key.map(fullRecord) },
);
const change = fc.record({
  owner,
  dataset: name,
  put: fc.uniqueArray(keptRecord, { maxLength: 4, selector: (put) => put.key }),
  erase: fc.array(key, { maxLength: 2 }),
  isErasure: fc.integer({ min: 0, max: 5 }).map((number) => number === 0),
  syncCount: fc.nat(),
  /** How far off the expected revision is. */
  stale: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, -1),
});
const changes = fc.uniqueArray(change, { maxLength: 3, selector: (of) => placeOf(of.owner, of.dataset) });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: changes.map(
      (drawn): Step =>
        async (model, store) => {
          const planned = drawn.map((draft): DatasetChange => {
            const revision = model.datasets.get(placeOf(draft.owner, draft.dataset))?.head.revision ?? 0;
            const { owner: of, dataset, put, erase, syncCount } = draft;
            const head = draft.isErasure ? undefined : { name: dataset, revision: revision + 1, syncCount };
            return { owner: of, dataset, expected: revision + draft.stale, head, put, erase };
          });
          const isCurrent = drawn.every(({ stale }) => stale === 0);
          equal(await store.commit(planned), isCurrent, 'whether the commit was accepted');
          if (isCurrent) for (const one of planned) keep(model, one);
          return undefined;
        },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(key, fc.option(text, { nil: undefined })).map(
      ([of, note]): Step =>
        async (model, store) => {
          await store.setNote(of, note);
          if (note === undefined) model.notes.delete(of);
          else model.notes.set(of, note);
          return undefined;
        },
    ),
  },
  { weight: 1, arbitrary: fc.constant<Step>(async () => 'reopen') },
);

function keep({ datasets }: Model, { owner: of, dataset, head, put, erase }: DatasetChange): void {
  const place = placeOf(of, dataset);
  if (head === undefined) {
    datasets.delete(place);
    return;
  }
  const records = new Map(datasets.get(place)?.records);
  for (const erased of erase) records.delete(erased);
  for (const written of put) records.set(written.key, written);
  datasets.set(place, { head, records });
}

async function compare({ datasets, notes }: Model, store: LocalStore): Promise<void> {
  const present = owners.filter((of) => names.some((dataset) => datasets.has(placeOf(of, dataset))));
  equal([...(await store.owners())].sort(), [...present].sort(), 'owners');
  for (const of of owners) {
    const kept = names.map((dataset) => datasets.get(placeOf(of, dataset)));
    const heads = kept.flatMap((one) => (one ? [one.head] : []));
    heads.sort((left, right) => (left.name < right.name ? -1 : 1));
    equal(await store.datasets(of), heads, `the heads of "${of}"`);
    for (const [index, dataset] of names.entries()) {
      const one = kept[index];
      const expected = one && { head: one.head, records: [...one.records.values()] };
      equal(await stored(store, of, dataset), expected, `"${dataset}" of "${of}"`);
    }
  }
  for (const of of keys) equal(await store.note(of), notes.get(of), `the note ${JSON.stringify(of)}`);
}

function placeOf(of: string, dataset: string): string {
  return JSON.stringify([of, dataset]);
}
