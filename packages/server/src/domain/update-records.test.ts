import { describe, expect, test } from 'vitest';
import type { Dataset, StoredRecord } from './dataset.ts';
import { defaultQuotas } from './quotas.ts';
import { type DatasetState, type Patch, type UpdateRecordsCommand, updateRecords } from './update-records.ts';

const now = 1_700_000_000_000;

function command(
  patches: readonly Patch[],
  changes: Partial<UpdateRecordsCommand> = {},
): UpdateRecordsCommand {
  return {
    poolId: 'r:0',
    identityId: 'r:1',
    datasetName: 'prefs',
    patches,
    session: { sessionId: 'session', expiresAt: now + 1000 },
    modifiedBy: 'r:1',
    quotas: defaultQuotas,
    at: now,
    ...changes,
  };
}

function dataset(changes: Partial<Dataset> = {}): Dataset {
  return {
    name: 'prefs',
    syncCount: 7,
    exists: true,
    createdAt: 1000,
    lastModifiedAt: 2000,
    lastModifiedBy: 'r:1',
    recordCount: 0,
    tombstoneCount: 0,
    storageBytes: 0,
    spentSessions: [],
    ...changes,
  };
}

function stored(key: string, syncCount: number, value?: string): StoredRecord {
  return {
    key,
    ...(value !== undefined && { value }),
    syncCount,
    lastModifiedAt: 2000,
    lastModifiedBy: 'r:1',
    deviceLastModifiedAt: 1500,
  };
}

/** A dataset at count 7 with these records. */
function stateOf(records: readonly StoredRecord[], changes: Partial<DatasetState> = {}): DatasetState {
  const live = records.filter(({ value }) => value !== undefined);
  return {
    identityExists: true,
    dataset: dataset({
      recordCount: live.length,
      storageBytes: live.reduce((sum, { key, value }) => sum + key.length + (value ?? '').length, 0),
    }),
    records: new Map(records.map((record) => [record.key, record])),
    datasetCount: 1,
    ...changes,
  };
}

const nothing: DatasetState = {
  identityExists: true,
  dataset: undefined,
  records: new Map(),
  datasetCount: 0,
};

function accepted(state: DatasetState, given: UpdateRecordsCommand) {
  const outcome = updateRecords(state, given);
  if (outcome.kind !== 'accepted') throw new Error(`Not accepted: ${JSON.stringify(outcome)}`);
  return outcome;
}

describe('the sync count', () => {
  test('of a dataset begins at one, with its first accepted patch', () => {
    const outcome = accepted(nothing, command([{ key: 'k', value: 'v', syncCount: 0 }]));
    expect(outcome.dataset).toEqual({
      name: 'prefs',
      syncCount: 1,
      exists: true,
      createdAt: now,
      lastModifiedAt: now,
      lastModifiedBy: 'r:1',
      recordCount: 1,
      tombstoneCount: 0,
      storageBytes: 2,
      spentSessions: [{ sessionId: 'session', expiresAt: now + 1000 }],
    });
  });

  test('rises by one, however many records an update writes, and all of them get it', () => {
    const outcome = accepted(
      stateOf([stored('a', 3, 'x')]),
      command([
        { key: 'a', value: 'y', syncCount: 3 },
        { key: 'b', value: 'z', syncCount: 0 },
      ]),
    );
    expect(outcome.dataset.syncCount).toBe(8);
    expect(outcome.records.map(({ key, syncCount }) => [key, syncCount])).toEqual([
      ['a', 8],
      ['b', 8],
    ]);
  });

  test('rises for a write of the same value too', () => {
    const outcome = accepted(
      stateOf([stored('a', 3, 'x')]),
      command([{ key: 'a', value: 'x', syncCount: 3 }]),
    );
    expect(outcome.dataset.syncCount).toBe(8);
  });

  test('goes on after a deletion, whose count stays known', () => {
    const tombstone = dataset({ exists: false, deletedAtSyncCount: 7 });
    const outcome = accepted(
      { ...nothing, dataset: tombstone },
      command([{ key: 'k', value: 'v', syncCount: 0 }]),
    );
    expect(outcome.dataset).toMatchObject({
      syncCount: 8,
      deletedAtSyncCount: 7,
      exists: true,
      createdAt: now,
    });
  });

  test('does not rise for no patches: nothing is written and the session stays open', () => {
    expect(updateRecords(nothing, command([]))).toEqual({ kind: 'unchanged' });
  });
});

describe('patches that were decided upon earlier', () => {
  const recreated = (deletedAtSyncCount: number) =>
    stateOf([], { dataset: dataset({ syncCount: 7, deletedAtSyncCount }) });
  const decidedAt = (decidedAtSyncCount: number) =>
    command([{ key: 'a', value: 'x', syncCount: 3 }], { decidedAtSyncCount });

  test('are stale where the dataset was deleted since, whatever their own counts', () => {
    expect(updateRecords(recreated(6), decidedAt(5))).toEqual({
      kind: 'conflict',
      key: 'a',
      stored: 6,
      sent: 3,
    });
    const gone = stateOf([], { dataset: dataset({ deletedAtSyncCount: 7, exists: false }) });
    expect(updateRecords(gone, decidedAt(5)).kind).toBe('conflict');
  });

  test('are good where it was deleted before', () => {
    expect(updateRecords(recreated(6), decidedAt(6)).kind).toBe('accepted');
    expect(updateRecords(stateOf([]), decidedAt(5)).kind).toBe('accepted');
  });
});

describe('a conflict', () => {
  const state = stateOf([stored('a', 5, 'x'), stored('b', 7, 'y'), stored('gone', 6)]);
  const patching = (key: string, syncCount: number) =>
    updateRecords(state, command([{ key, value: 'new', syncCount }]));

  test('is a stored count that is higher than the one sent', () => {
    expect(patching('a', 4)).toEqual({ kind: 'conflict', key: 'a', stored: 5, sent: 4 });
  });

  test('is not a count that is equal', () => {
    expect(patching('a', 5).kind).toBe('accepted');
  });

  test("is not a higher count: many programs send the dataset's for every key", () => {
    expect(patching('a', 7).kind).toBe('accepted');
    expect(patching('a', 700).kind).toBe('accepted');
  });

  test('is not any count at all for a key that is not stored', () => {
    expect([-1, 0, 7, 700].map((count) => patching('new', count).kind)).toEqual(Array(4).fill('accepted'));
  });

  test('is had with a tombstone as well', () => {
    expect(patching('gone', 0)).toEqual({ kind: 'conflict', key: 'gone', stored: 6, sent: 0 });
    expect(patching('gone', 6).kind).toBe('accepted');
  });

  test('is had even if the value is the same', () => {
    expect(updateRecords(state, command([{ key: 'a', value: 'x', syncCount: 0 }])).kind).toBe('conflict');
  });

  test('of one patch fails them all, and the first in the order of the request is told', () => {
    const outcome = updateRecords(
      state,
      command([
        { key: 'new', value: 'v', syncCount: 0 },
        { key: 'b', value: 'v', syncCount: 1 },
        { key: 'a', value: 'v', syncCount: 1 },
      ]),
    );
    expect(outcome).toEqual({ kind: 'conflict', key: 'b', stored: 7, sent: 1 });
  });

  test('is told before a quota, since the client can mend it', () => {
    const quotas = { ...defaultQuotas, bytesPerDataset: 1 };
    const outcome = updateRecords(state, command([{ key: 'a', value: 'vvv', syncCount: 0 }], { quotas }));
    expect(outcome.kind).toBe('conflict');
  });
});

describe('a removal', () => {
  test('leaves a tombstone with the new count, and its bytes are free again', () => {
    const outcome = accepted(
      stateOf([stored('a', 3, 'four'), stored('b', 4, 'x')]),
      command([{ key: 'a', syncCount: 3 }]),
    );
    expect(outcome.records).toEqual([
      {
        key: 'a',
        syncCount: 8,
        lastModifiedAt: now,
        lastModifiedBy: 'r:1',
        deviceLastModifiedAt: now,
      },
    ]);
    expect(outcome.dataset).toMatchObject({ exists: true, recordCount: 1, storageBytes: 2 });
  });

  test('of what is not there leaves a tombstone too, so that the client gets its record back', () => {
    const outcome = accepted(nothing, command([{ key: 'a', syncCount: 0 }]));
    expect(outcome.records).toHaveLength(1);
    expect(outcome.dataset).toMatchObject({ exists: true, syncCount: 1, recordCount: 0, storageBytes: 0 });
  });

  test('of the last record leaves an empty dataset, which exists', () => {
    const outcome = accepted(stateOf([stored('a', 3, 'x')]), command([{ key: 'a', syncCount: 3 }]));
    expect(outcome.dataset).toMatchObject({ exists: true, recordCount: 0, storageBytes: 0 });
  });

  test('is not the empty value, which is a value', () => {
    const outcome = accepted(nothing, command([{ key: 'a', value: '', syncCount: 0 }]));
    expect(outcome.records[0]?.value).toBe('');
    expect(outcome.dataset).toMatchObject({ recordCount: 1, storageBytes: 1 });
  });
});

describe('what a record remembers', () => {
  test('is the time that the device said, else the time of the server', () => {
    const outcome = accepted(
      nothing,
      command([
        { key: 'a', value: 'v', syncCount: 0, deviceLastModifiedAt: 5 },
        { key: 'b', value: 'v', syncCount: 0 },
      ]),
    );
    expect(outcome.records.map(({ deviceLastModifiedAt }) => deviceLastModifiedAt)).toEqual([5, now]);
  });

  test('is who wrote it, as the dataset does', () => {
    const outcome = accepted(
      stateOf([]),
      command([{ key: 'a', value: 'v', syncCount: 0 }], { modifiedBy: 'phone' }),
    );
    expect([outcome.dataset.lastModifiedBy, outcome.records[0]?.lastModifiedBy]).toEqual(['phone', 'phone']);
  });
});

describe('a quota', () => {
  const quotas = { datasetsPerIdentity: 2, recordsPerDataset: 2, bytesPerDataset: 10 };
  const two = [stored('a', 1, '1234'), stored('b', 1, '1')];
  const update = (state: DatasetState, ...patches: readonly Patch[]) =>
    updateRecords(state, command(patches, { quotas }));

  test('of datasets counts those that exist, and stops a further one', () => {
    const patch = { key: 'a', value: '1', syncCount: 0 };
    expect(update({ ...nothing, datasetCount: 1 }, patch).kind).toBe('accepted');
    const refused = { kind: 'quotaExceeded', quota: 'datasetsPerIdentity', limit: 2 };
    expect(update({ ...nothing, datasetCount: 2 }, patch)).toEqual(refused);
    const deleted = dataset({ exists: false, deletedAtSyncCount: 7 });
    expect(update({ ...nothing, dataset: deleted, datasetCount: 2 }, patch)).toEqual(refused);
  });

  test('of datasets does not touch those that are there', () => {
    expect(update(stateOf(two, { datasetCount: 5 }), { key: 'a', value: '4321', syncCount: 1 }).kind).toBe(
      'accepted',
    );
  });

  test('of records may be reached and not passed', () => {
    expect(update(stateOf(two.slice(0, 1)), { key: 'c', value: '', syncCount: 0 }).kind).toBe('accepted');
    expect(update(stateOf(two), { key: 'c', value: '', syncCount: 0 })).toEqual({
      kind: 'quotaExceeded',
      quota: 'recordsPerDataset',
      limit: 2,
    });
  });

  test('of records is free of tombstones', () => {
    const state = stateOf([...two.slice(0, 1), stored('x', 1), stored('y', 1)]);
    expect(update(state, { key: 'c', value: '', syncCount: 0 }).kind).toBe('accepted');
  });

  test('of records allows one to come for one that goes', () => {
    expect(update(stateOf(two), { key: 'a', syncCount: 1 }, { key: 'c', value: '', syncCount: 0 }).kind).toBe(
      'accepted',
    );
  });

  test('of bytes may be reached and not passed', () => {
    expect(update(stateOf(two), { key: 'b', value: '1234', syncCount: 1 }).kind).toBe('accepted');
    expect(update(stateOf(two), { key: 'b', value: '12345', syncCount: 1 })).toEqual({
      kind: 'quotaExceeded',
      quota: 'bytesPerDataset',
      limit: 10,
    });
  });

  test('that is exceeded already lets the dataset shrink and change, not grow', () => {
    const state = stateOf([stored('a', 1, '123456789'), stored('b', 1, '1'), stored('c', 1, '1')]);
    expect(update(state, { key: 'a', value: '12345678', syncCount: 1 }).kind).toBe('accepted');
    expect(update(state, { key: 'a', value: '987654321', syncCount: 1 }).kind).toBe('accepted');
    expect(update(state, { key: 'c', syncCount: 1 }).kind).toBe('accepted');
    expect(update(state, { key: 'a', value: '1234567890', syncCount: 1 }).kind).toBe('quotaExceeded');
    expect(update(state, { key: 'd', value: '', syncCount: 0 }).kind).toBe('quotaExceeded');
  });
});

describe('a removal', () => {
  test('of a key that is not stored is answered with the new count, and nothing of it is kept', () => {
    const outcome = accepted(stateOf([]), command([{ key: 'never', syncCount: 0 }]));
    expect(outcome.records).toMatchObject([{ key: 'never', syncCount: 8 }]);
    expect(outcome.kept).toEqual([]);
    expect(outcome.dataset).toMatchObject({ syncCount: 8, tombstoneCount: 0 });
  });

  test('of a stored record leaves a tombstone, which is counted until the key comes back', () => {
    const removed = accepted(stateOf([stored('a', 1, 'x')]), command([{ key: 'a', syncCount: 1 }]));
    expect(removed.kept).toMatchObject([{ key: 'a', syncCount: 8 }]);
    expect(removed.dataset).toMatchObject({ recordCount: 0, tombstoneCount: 1, storageBytes: 0 });
    const state = { ...stateOf(removed.kept), dataset: removed.dataset };
    const back = accepted(state, command([{ key: 'a', value: 'y', syncCount: 8 }]));
    expect(back.dataset).toMatchObject({ recordCount: 1, tombstoneCount: 0 });
  });

  test('is refused when the dataset remembers 64 removed records for each that it may hold', () => {
    const quotas = { ...defaultQuotas, recordsPerDataset: 2 };
    const full = { ...stateOf([stored('a', 1, 'x')]) };
    const state = { ...full, dataset: dataset({ recordCount: 1, storageBytes: 2, tombstoneCount: 128 }) };
    expect(updateRecords(state, command([{ key: 'a', syncCount: 1 }], { quotas }))).toEqual({
      kind: 'quotaExceeded',
      quota: 'tombstonesPerDataset',
      limit: 128,
    });
    const write = command([{ key: 'a', value: 'y', syncCount: 1 }], { quotas });
    expect(updateRecords(state, write).kind).toBe('accepted');
  });
});

describe('an identity', () => {
  test('that does not exist has nothing written, whatever is asked', () => {
    const state = { ...stateOf([stored('a', 5, 'x')]), identityExists: false };
    expect(updateRecords(state, command([]))).toEqual({ kind: 'identityNotFound' });
    expect(updateRecords(state, command([{ key: 'a', value: 'v', syncCount: 0 }]))).toEqual({
      kind: 'identityNotFound',
    });
  });

  test('a disabled identity is told where it went, before anything else', () => {
    const stale = command([{ key: 'a', syncCount: 0 }]);
    const records = [stored('a', 5, 'x')];
    expect(updateRecords(stateOf(records, { disabled: {} }), stale)).toEqual({ kind: 'identityDisabled' });
    expect(updateRecords(stateOf(records, { disabled: { mergedInto: 'r:2' } }), stale)).toEqual({
      kind: 'identityDisabled',
      mergedInto: 'r:2',
    });
  });
});

describe('the sync session', () => {
  test('is spent by an accepted update, and those that expired are forgotten', () => {
    const spentSessions = [
      { sessionId: 'alive', expiresAt: now + 1 },
      { sessionId: 'expired', expiresAt: now },
    ];
    const outcome = accepted(
      { ...nothing, dataset: dataset({ spentSessions }) },
      command([{ key: 'a', value: 'v', syncCount: 0 }]),
    );
    expect(outcome.dataset.spentSessions.map(({ sessionId }) => sessionId)).toEqual(['alive', 'session']);
  });
});
