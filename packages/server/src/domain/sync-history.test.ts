import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Dataset, recordBytes, type StoredRecord } from './dataset.ts';
import { deleteDataset } from './delete-dataset.ts';
import type { Quotas } from './quotas.ts';
import { type UpdateRecordsOutcome, updateRecords } from './update-records.ts';

// The rules of synchronisation over whole histories: any devices, any datasets of one identity, deletions too.

type Step =
  | { readonly kind: 'delete'; readonly name: string }
  | {
      readonly kind: 'update';
      readonly name: string;
      readonly quotas: Quotas;
      readonly patches: readonly { readonly key: string; readonly value?: string; readonly belief: Belief }[];
    };

/** What a device thinks the sync count of a record is. */
type Belief = 'stored' | 'older' | 'dataset' | 'zero' | 'future';

interface Stored {
  readonly dataset: Dataset;
  readonly records: ReadonlyMap<string, StoredRecord>;
}

const name = fc.constantFrom('one', 'two', 'three');
const patch = fc.record(
  {
    key: fc.constantFrom('a', 'é', '😀', 'constructor'),
    value: fc.constantFrom('', 'x', 'éé', '😀😀😀', 'a longer value'),
    belief: fc.constantFrom<Belief[]>('stored', 'stored', 'stored', 'older', 'dataset', 'zero', 'future'),
  },
  { requiredKeys: ['key', 'belief'] },
);
const quotas = fc.record({
  datasetsPerIdentity: fc.integer({ min: 1, max: 3 }),
  recordsPerDataset: fc.integer({ min: 1, max: 4 }),
  bytesPerDataset: fc.integer({ min: 4, max: 40 }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), name }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('update' as const),
      name,
      quotas,
      patches: fc.uniqueArray(patch, { selector: ({ key }) => key, maxLength: 4 }),
    }),
  },
);

/** An identity with nothing, to which things happen. Each check holds after each of them. */
class History {
  readonly #stored = new Map<string, Stored>();
  readonly #highest = new Map<string, number>();
  readonly outcomes = new Set<string>();
  #now = 0;

  take(step: Step): void {
    this.#now += 1000;
    if (step.kind === 'delete') this.#delete(step.name);
    else this.#update(step);
    for (const stored of this.#stored.values()) expectConsistent(stored);
  }

  #delete(datasetName: string): void {
    const before = this.#stored.get(datasetName)?.dataset;
    const outcome = deleteDataset(deepFreeze(before), {
      poolId: 'r:0',
      identityId: 'r:1',
      datasetName,
      modifiedBy: 'r:1',
      at: this.#now,
    });
    this.outcomes.add(outcome.kind);
    expect(outcome.kind === 'deleted').toBe(before?.exists ?? false);
    if (outcome.kind === 'deleted') this.#store({ dataset: outcome.tombstone, records: new Map() });
  }

  #update(step: Extract<Step, { kind: 'update' }>): void {
    const stored = this.#stored.get(step.name);
    const records = stored?.records ?? new Map<string, StoredRecord>();
    const patches = step.patches.map(({ belief, ...patch }) => ({
      ...patch,
      syncCount: believedCount(belief, records.get(patch.key), stored?.dataset),
    }));
    const datasetCount = [...this.#stored.values()].filter(({ dataset }) => dataset.exists).length;
    const outcome = updateRecords(
      {
        identityExists: true,
        dataset: deepFreeze(stored?.dataset),
        records: new Map([...records].filter(([key]) => patches.some((patch) => patch.key === key))),
        datasetCount,
      },
      deepFreeze({
        poolId: 'r:0',
        identityId: 'r:1',
        datasetName: step.name,
        patches,
        session: { sessionId: String(this.#now), expiresAt: this.#now + 5000 },
        modifiedBy: 'r:1',
        quotas: step.quotas,
        at: this.#now,
      }),
    );
    this.outcomes.add(outcome.kind);

    const stale = patches.find(
      ({ key, syncCount }) => (records.get(key)?.syncCount ?? syncCount) > syncCount,
    );
    expect(outcome.kind === 'conflict').toBe(stale !== undefined);
    if (outcome.kind === 'conflict') expect(outcome.key).toBe(stale?.key);
    if (outcome.kind !== 'accepted') {
      // What is not accepted brings nothing that a store could write.
      expect(Object.keys(outcome)).not.toEqual(expect.arrayContaining(['dataset']));
      return;
    }
    expectWithinQuotas(outcome, step.quotas, stored?.dataset, datasetCount);
    expect(new Set(outcome.records.map(({ syncCount }) => syncCount))).toEqual(
      new Set([outcome.dataset.syncCount]),
    );
    expect(outcome.records.map(({ key }) => key)).toEqual(patches.map(({ key }) => key));
    const written = outcome.records.map((record) => [record.key, record] as const);
    this.#store({ dataset: outcome.dataset, records: new Map([...records, ...written]) });
  }

  /** Sync counts strictly increase for ever. */
  #store(stored: Stored): void {
    const { name: datasetName, syncCount } = stored.dataset;
    expect(syncCount).toBe((this.#highest.get(datasetName) ?? 0) + 1);
    this.#highest.set(datasetName, syncCount);
    this.#stored.set(datasetName, stored);
  }
}

function believedCount(
  belief: Belief,
  record: StoredRecord | undefined,
  dataset: Dataset | undefined,
): number {
  switch (belief) {
    case 'stored':
      return record?.syncCount ?? 0;
    case 'older':
      return (record?.syncCount ?? 0) - 1;
    case 'dataset':
      return dataset?.syncCount ?? 0;
    case 'zero':
      return 0;
    case 'future':
      return (dataset?.syncCount ?? 0) + 100;
  }
}

/** The running figures are those that counting again would give. */
function expectConsistent({ dataset, records }: Stored): void {
  const all = [...records.values()];
  const live = all.filter(({ value }) => value !== undefined);
  expect({ count: dataset.recordCount, bytes: dataset.storageBytes }).toEqual({
    count: live.length,
    bytes: all.reduce((sum, record) => sum + recordBytes(record), 0),
  });
  if (!dataset.exists) expect(all).toEqual([]);
  for (const { syncCount } of all) expect(syncCount).toBeLessThanOrEqual(dataset.syncCount);
}

/** An accepted update leaves each figure within its quota, or lower than it was or the same. */
function expectWithinQuotas(
  { dataset }: Extract<UpdateRecordsOutcome, { kind: 'accepted' }>,
  { datasetsPerIdentity, recordsPerDataset, bytesPerDataset }: Quotas,
  before: Dataset | undefined,
  datasetCount: number,
): void {
  expect(dataset.recordCount).toBeLessThanOrEqual(Math.max(recordsPerDataset, before?.recordCount ?? 0));
  expect(dataset.storageBytes).toBeLessThanOrEqual(Math.max(bytesPerDataset, before?.storageBytes ?? 0));
  if (!before?.exists) expect(datasetCount + 1).toBeLessThanOrEqual(datasetsPerIdentity);
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}

test('in any history counts only rise, figures are true, conflicts and quotas hold', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
      const history = new History();
      for (const one of steps) history.take(one);
      for (const outcome of history.outcomes) seen.add(outcome);
    }),
  );
  // Histories in which one of these never happens would prove little.
  expect([...seen].sort()).toEqual([
    'accepted',
    'conflict',
    'datasetNotFound',
    'deleted',
    'quotaExceeded',
    'unchanged',
  ]);
});
