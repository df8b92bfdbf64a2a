import { describe, expect, test } from 'vitest';
import { startBulkPublish } from './bulk-publish.ts';
import type { BulkPublish, IdentityPool } from './identity-pool.ts';

const day = 24 * 3_600_000;

function poolWith(bulkPublish?: BulkPublish): IdentityPool {
  return {
    id: 'eu-west-1:pool',
    createdAt: 0,
    settings: { IdentityPoolName: 'pool', AllowUnauthenticatedIdentities: true },
    events: {},
    streams: { StreamName: 'changes', StreamingStatus: 'ENABLED' },
    ...(bulkPublish && { bulkPublish }),
  };
}

const started = {
  kind: 'started',
  run: { startedAt: 5 * day, status: 'IN_PROGRESS', streamName: 'changes', published: 0 },
};

describe('a bulk publish', () => {
  test('needs a stream that is on', () => {
    const { streams, ...without } = poolWith();
    expect(startBulkPublish(without, 1)).toEqual({ kind: 'noStream' });
    const off = { ...without, streams: { ...streams, StreamingStatus: 'DISABLED' as const } };
    expect(startBulkPublish(off, 1)).toEqual({ kind: 'noStream' });
  });

  test.each([
    ['the first', undefined, started],
    ['during another', { startedAt: 0, status: 'IN_PROGRESS' }, { kind: 'running' }],
    ['at once after a failure', { startedAt: 5 * day, completedAt: 5 * day, status: 'FAILED' }, started],
    [
      'less than a day after a success',
      { startedAt: 0, completedAt: 4 * day + 1, status: 'SUCCEEDED' },
      { kind: 'publishedLately' },
    ],
    ['a day after a success', { startedAt: 0, completedAt: 4 * day, status: 'SUCCEEDED' }, started],
  ] as const)('%s', (_name, last, expected) => {
    expect(startBulkPublish(poolWith(last), 5 * day)).toEqual(expected);
  });
});
