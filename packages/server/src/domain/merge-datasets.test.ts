import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Dataset, StoredRecord } from './dataset.ts';
import { mayBeCut, mergedDataset, mergedDatasetNames, mergedNames, mergedRecord } from './merge-datasets.ts';

const loserId = 'us-east-1:11111111-1111-4111-8111-111111111111';
const earlierId = 'us-east-1:22222222-2222-4222-8222-222222222222';

function rename(names: readonly string[], taken: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(mergedNames(loserId, names, taken));
}

describe('merged datasets are named', () => {
  test('by the dataset, a dot and the id of the identity that had it', () => {
    expect(rename(['prefs', 'saves'])).toEqual({ prefs: `prefs.${loserId}`, saves: `saves.${loserId}` });
  });

  test('with the ids of earlier merges too', () => {
    const name = `prefs.${earlierId}`;
    expect(rename([name])).toEqual({ [name]: `${name}.${loserId}` });
  });

  test('with a number where a name is taken', () => {
    const taken = [`prefs.${loserId}`, `prefs.${loserId}-2`, 'other'];
    expect(rename(['prefs'], taken)).toEqual({ prefs: `prefs.${loserId}-3` });
  });

  test('cut where they would be too long, without earlier ids first', () => {
    const long = 'x'.repeat(128);
    const nested = `prefs.${earlierId}.${earlierId}`;
    expect(rename([long, nested])).toEqual({
      [long]: `${'x'.repeat(128 - loserId.length - 1)}.${loserId}`,
      [nested]: `prefs.${loserId}`,
    });
  });

  test('differently, however alike they are, in what the wire allows, and the same whatever their order', () => {
    const part = fc.constantFrom('a', 'b.', 'x'.repeat(81), 'x'.repeat(90), `.${earlierId}`, `.${loserId}`);
    const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('').slice(0, 128));
    const some = fc.uniqueArray(name, { maxLength: 6 });
    fc.assert(
      fc.property(some, some, (names, used) => {
        const taken = [...used, ...used.map((one) => `${one}.${loserId}`.slice(0, 128))];
        const renamed = mergedNames(loserId, names, taken);
        const given = [...renamed.values()];
        expect([...renamed.keys()].sort()).toEqual(names.toSorted());
        expect(new Set([...given, ...taken]).size).toBe(given.length + new Set(taken).size);
        for (const one of given) expect(one).toMatch(/^[a-zA-Z0-9_.:-]{1,128}$/);
        expect(rename(names.toReversed(), taken)).toEqual(Object.fromEntries(renamed));
      }),
    );
  });

  test('so that a listing of the dataset names them, whatever became of the name', () => {
    const name = fc.stringMatching(/^[a-z_-]{1,81}$/);
    fc.assert(
      fc.property(name, fc.boolean(), (one, isTaken) => {
        const given = Object.values(rename([one], isTaken ? [`${one}.${loserId}`] : []));
        expect(mergedDatasetNames(one, given)).toEqual(given);
      }),
    );
  });
});

describe('merged copies', () => {
  test('are named by the dataset, a dot and an identity id', () => {
    const merged = ['prefs.us-east-1:0f', 'prefs.eu-central-1:00-11'];
    const others = [
      'prefs',
      'prefs.',
      'prefs.backup',
      'prefs.us-east-1:XYZ',
      'prefs.us-east-1:',
      'prefs.a.b:0',
      'prefsus-east-1:0f',
      'other.us-east-1:0f',
    ];
    expect(mergedDatasetNames('prefs', [...others, ...merged])).toEqual(merged);
  });

  test('of a copy are found under the copy, and under what it is a copy of', () => {
    const names = ['prefs.r:0', 'prefs.r:0.r:1'];
    expect(mergedDatasetNames('prefs.r:0', names)).toEqual(['prefs.r:0.r:1']);
    expect(mergedDatasetNames('prefs', names)).toEqual(names);
  });
});

test('a merged dataset begins at count 1, with the same records and figures', () => {
  const dataset: Dataset = {
    name: 'prefs',
    syncCount: 7,
    deletedAtSyncCount: 3,
    exists: true,
    createdAt: 1,
    lastModifiedAt: 2,
    lastModifiedBy: 'device',
    recordCount: 1,
    tombstoneCount: 3,
    storageBytes: 2,
    spentSessions: [{ sessionId: 's', expiresAt: 9 }],
  };
  expect(mergedDataset(dataset, 'copy')).toEqual({
    name: 'copy',
    syncCount: 1,
    exists: true,
    createdAt: 1,
    lastModifiedAt: 2,
    lastModifiedBy: 'device',
    recordCount: 1,
    tombstoneCount: 0,
    storageBytes: 2,
    spentSessions: [],
  });
  const tombstone: StoredRecord = {
    key: 'k',
    syncCount: 5,
    lastModifiedAt: 1,
    lastModifiedBy: 'device',
    deviceLastModifiedAt: 1,
  };
  expect(mergedRecord({ ...tombstone, value: '' })).toEqual({ ...tombstone, value: '', syncCount: 1 });
  expect(mergedRecord(tombstone)).toBeUndefined();
});

test('a copy whose name had to be cut is found under the whole name, and under no other', () => {
  const loser = 'us-east-1:11111111-1111-4111-8111-111111111111';
  const long = 'n'.repeat(100);
  const copy = mergedNames(loser, [long], []).get(long) ?? '';
  expect(copy).toHaveLength(128);
  expect(mayBeCut(long)).toBe(true);
  expect(mergedDatasetNames(long, [copy, 'other'])).toEqual([copy]);
  expect(mergedDatasetNames(`${'n'.repeat(60)}x`, [copy])).toEqual([]);
  expect(mergedDatasetNames('n', [copy])).toEqual([]);
});
