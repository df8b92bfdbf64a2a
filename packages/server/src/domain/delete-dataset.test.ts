import { describe, expect, test } from 'vitest';
import type { Dataset } from './dataset.ts';
import { deleteDataset } from './delete-dataset.ts';

const command = {
  poolId: 'r:0',
  identityId: 'r:1',
  datasetName: 'prefs',
  modifiedBy: '000000000000',
  at: 9000,
};

const before: Dataset = {
  name: 'prefs',
  syncCount: 7,
  exists: true,
  createdAt: 1000,
  lastModifiedAt: 2000,
  lastModifiedBy: 'r:1',
  recordCount: 3,
  tombstoneCount: 1,
  storageBytes: 30,
  spentSessions: [{ sessionId: 's', expiresAt: 9500 }],
};

describe('a deletion', () => {
  test('takes a sync count of its own, and answers what was deleted as it was', () => {
    expect(deleteDataset(before, command)).toEqual({
      kind: 'deleted',
      before,
      tombstone: {
        ...before,
        syncCount: 8,
        deletedAtSyncCount: 8,
        exists: false,
        lastModifiedAt: 9000,
        lastModifiedBy: '000000000000',
        recordCount: 0,
        tombstoneCount: 0,
        storageBytes: 0,
      },
    });
  });

  test('of a dataset that came back is the one that is remembered', () => {
    const outcome = deleteDataset({ ...before, deletedAtSyncCount: 4 }, command);
    expect(outcome).toMatchObject({ tombstone: { deletedAtSyncCount: 8 } });
  });

  test('keeps the spent sessions, so that none of them opens again', () => {
    expect(deleteDataset(before, command)).toMatchObject({
      tombstone: { spentSessions: before.spentSessions },
    });
  });

  test('of what was never there or is deleted already finds nothing', () => {
    expect(deleteDataset(undefined, command)).toEqual({ kind: 'datasetNotFound' });
    expect(deleteDataset({ ...before, exists: false }, command)).toEqual({ kind: 'datasetNotFound' });
  });
});
