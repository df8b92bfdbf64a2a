import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Change,
  defaultRetryRule,
  deliveriesOf,
  pushApplication,
  retryDelay,
  streamOf,
} from './outbox.ts';

const change: Change = {
  poolId: 'eu-west-1:pool',
  identityId: 'eu-west-1:ann',
  datasetName: 'settings',
  syncCount: 7,
  at: 1_424_801_824_343,
  records: [
    {
      key: 'a',
      value: '1',
      syncCount: 7,
      lastModifiedAt: 5,
      lastModifiedBy: 'phone',
      deviceLastModifiedAt: 4.6,
    },
    { key: 'b', syncCount: 7, lastModifiedAt: 5, lastModifiedBy: 'phone', deviceLastModifiedAt: 5 },
  ],
};
const phone = { id: 'phone', platform: 'GCM' };
const tablet = { id: 'tablet', platform: 'APNS' };
const everybody = { streamName: 'changes', devices: [phone, tablet] };

describe('what a commit has to send', () => {
  test('is nothing where nobody wants to be told', () => {
    expect(deliveriesOf(change, { streamName: undefined, devices: [] })).toEqual([]);
  });

  test('to a stream is what the original sent, with whole milliseconds', () => {
    const [delivery] = deliveriesOf(change, { ...everybody, devices: [] });
    expect(delivery).toMatchObject({ kind: 'stream', destination: 'changes', lane: 'eu-west-1:ann' });
    expect(JSON.parse(delivery?.payload ?? '')).toEqual({
      identityPoolId: 'eu-west-1:pool',
      identityId: 'eu-west-1:ann',
      datasetName: 'settings',
      operation: 'replace',
      kinesisSyncRecords: [
        { key: 'a', value: '1', syncCount: 7, lastModifiedDate: 5, deviceLastModifiedDate: 5, op: 'replace' },
        { key: 'b', value: null, syncCount: 7, lastModifiedDate: 5, deviceLastModifiedDate: 5, op: 'remove' },
      ],
      lastModifiedDate: 1_424_801_824_343,
      kinesisSyncRecordsURL: null,
      payloadType: 'Inline',
      syncCount: 7,
    });
  });

  test('of a deletion is neither records nor a URL, and no notice', () => {
    const deliveries = deliveriesOf({ ...change, records: undefined }, everybody);
    expect(deliveries.map(({ payload }) => JSON.parse(payload))).toEqual([
      expect.objectContaining({ operation: 'remove', syncCount: 7, kinesisSyncRecordsURL: null }),
    ]);
    expect(deliveries[0]?.payload).not.toContain('kinesisSyncRecords"');
  });

  test('to devices goes to all of them but the writer', () => {
    const lanes = (deviceId?: string) =>
      deliveriesOf({ ...change, ...(deviceId && { deviceId }) }, { ...everybody, streamName: undefined }).map(
        ({ kind, destination, lane }) => [kind, destination, lane],
      );
    const toPhone = ['push', 'GCM', 'eu-west-1:ann/phone/settings'];
    const toTablet = ['push', 'APNS', 'eu-west-1:ann/tablet/settings'];
    expect(lanes()).toEqual([toPhone, toTablet]);
    expect(lanes('phone')).toEqual([toTablet]);
    expect(lanes('somebody else')).toEqual([toPhone, toTablet]);
  });
});

test('a pool has a stream while it is enabled', () => {
  expect(streamOf({})).toBeUndefined();
  expect(streamOf({ streams: { StreamName: 's', StreamingStatus: 'DISABLED' } })).toBeUndefined();
  expect(streamOf({ streams: { StreamName: 's', StreamingStatus: 'ENABLED' } })).toBe('s');
});

test('the application of a platform is the one whose ARN names it', () => {
  const ApplicationArns = ['arn:aws:sns:r:1:app/GCM/demo', 'arn:aws:sns:r:1:app/APNS_SANDBOX/demo'];
  expect(pushApplication({ ApplicationArns }, 'GCM')).toBe(ApplicationArns[0]);
  expect(pushApplication({ ApplicationArns }, 'APNS')).toBeUndefined();
  expect(pushApplication({ RoleArn: 'arn:push' }, 'GCM')).toBeUndefined();
  expect(pushApplication(undefined, 'GCM')).toBeUndefined();
});

describe('the wait before the next try', () => {
  const random = fc.double({ min: 0, max: 1, noNaN: true });

  test('is never longer than allowed, nor than twice what it could be before', () => {
    fc.assert(
      fc.property(fc.nat(2_000), random, (tries, chance) => {
        const delay = retryDelay(defaultRetryRule, tries, chance);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(defaultRetryRule.mostMs);
        expect(retryDelay(defaultRetryRule, tries + 1, 1)).toBeLessThanOrEqual(
          2 * retryDelay(defaultRetryRule, tries, 1),
        );
      }),
    );
  });

  test('adds up to more than three days before a delivery is given up', () => {
    let total = 0;
    for (let tries = 1; tries < defaultRetryRule.tries; tries++)
      total += retryDelay(defaultRetryRule, tries, 0.5);
    expect(total / 86_400_000).toBeGreaterThan(3);
  });
});
