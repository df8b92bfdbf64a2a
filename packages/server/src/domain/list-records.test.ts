import { describe, expect, test } from 'vitest';
import type { Dataset } from './dataset.ts';
import { listingFacts } from './list-records.ts';

function dataset(changes: Partial<Dataset> = {}): Dataset {
  return {
    name: 'prefs',
    syncCount: 7,
    exists: true,
    createdAt: 1000,
    lastModifiedAt: 2000,
    lastModifiedBy: 'r:1',
    recordCount: 3,
    tombstoneCount: 0,
    storageBytes: 30,
    spentSessions: [],
    ...changes,
  };
}

describe('a listing', () => {
  test.each([undefined, 0, -1])('with the count %j begins at the beginning', (lastSyncCount) => {
    expect(listingFacts(dataset(), lastSyncCount, undefined)).toEqual({
      kind: 'listing',
      since: 0,
      ceiling: 7,
      datasetExists: true,
      deletedAfterRequestedSyncCount: false,
    });
  });

  test('with the count of the dataset is in order, and with a higher one it is not', () => {
    expect(listingFacts(dataset(), 7, undefined)).toMatchObject({ kind: 'listing', since: 7 });
    expect(listingFacts(dataset(), 8, undefined)).toEqual({ kind: 'noSuchSyncCount', syncCount: 8 });
  });

  test('of a name that was never used is empty, whatever count the client holds', () => {
    for (const lastSyncCount of [undefined, 0, 5]) {
      expect(listingFacts(undefined, lastSyncCount, undefined)).toEqual({
        kind: 'listing',
        since: lastSyncCount ?? 0,
        ceiling: 0,
        datasetExists: false,
        deletedAfterRequestedSyncCount: false,
      });
    }
  });

  test('goes on up to the count of its first page, whatever was written since', () => {
    const position = { ceiling: 5, syncCount: 3, key: 'k' };
    expect(listingFacts(dataset(), 2, position)).toMatchObject({ since: 2, ceiling: 5 });
  });
});

describe('a device', () => {
  const deleted = dataset({ syncCount: 8, deletedAtSyncCount: 8, exists: false });
  const recreated = dataset({ syncCount: 9, deletedAtSyncCount: 8 });

  test('that knew a dataset learns of its deletion', () => {
    expect(listingFacts(deleted, 7, undefined)).toMatchObject({
      datasetExists: false,
      deletedAfterRequestedSyncCount: true,
    });
  });

  test('that knew a dataset learns that it was deleted and is there again', () => {
    expect(listingFacts(recreated, 7, undefined)).toMatchObject({
      datasetExists: true,
      deletedAfterRequestedSyncCount: true,
    });
  });

  test('that has seen the deletion, or what came after, is not told again', () => {
    for (const count of [8, 9]) {
      expect(listingFacts(recreated, count, undefined)).toMatchObject({
        deletedAfterRequestedSyncCount: false,
      });
    }
  });

  test('that starts from nothing is not told to delete what it never had', () => {
    for (const count of [undefined, 0, -1]) {
      expect(listingFacts(recreated, count, undefined)).toMatchObject({
        deletedAfterRequestedSyncCount: false,
      });
    }
  });
});
