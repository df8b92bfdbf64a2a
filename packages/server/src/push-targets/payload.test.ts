import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAsAndroid, readAsIos } from '../../test/push/client-receivers.ts';
import type { PushNotice } from '../ports/push-target.ts';
import { applePayload, collapseKey, pushData, snsMessage } from './payload.ts';

const anyNotice: fc.Arbitrary<PushNotice> = fc.record({
  identityPoolId: fc.string({ unit: 'binary', minLength: 1 }),
  identityId: fc.string({ unit: 'binary', minLength: 1 }),
  datasetName: fc.string({ unit: 'binary', minLength: 1 }),
  syncCount: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
});

describe('whatever is in a notice', () => {
  test('Android reads it from the data of FCM and of SNS', () => {
    fc.assert(
      fc.property(anyNotice, fc.constantFrom('GCM', 'ADM'), (notice, platform) => {
        expect(readAsAndroid(JSON.parse(JSON.stringify(pushData(notice))))).toEqual(notice);
        const message = JSON.parse(snsMessage(platform, notice));
        expect(readAsAndroid(JSON.parse(message[platform]).data)).toEqual(notice);
        expect(readAsAndroid(JSON.parse(message.default))).toEqual(notice);
      }),
    );
  });

  test('iOS reads it from the user info of APNs and of SNS', () => {
    fc.assert(
      fc.property(anyNotice, fc.constantFrom('APNS', 'APNS_SANDBOX'), (notice, platform) => {
        expect(readAsIos(JSON.parse(JSON.stringify(applePayload(notice))))).toEqual(notice);
        expect(readAsIos(JSON.parse(JSON.parse(snsMessage(platform, notice))[platform]))).toEqual(notice);
      }),
    );
  });

  test('its collapse key is that of its dataset, and short enough for every push service', () => {
    fc.assert(
      fc.property(anyNotice, anyNotice, fc.nat(), (notice, other, syncCount) => {
        const key = collapseKey(notice);
        expect(key).toMatch(/^[\w-]{32}$/);
        expect(collapseKey({ ...notice, syncCount })).toBe(key);
        const isSameDataset =
          JSON.stringify({ ...other, syncCount: 0 }) === JSON.stringify({ ...notice, syncCount: 0 });
        expect(collapseKey(other) === key).toBe(isSameDataset);
      }),
    );
  });
});

test('the messages of the original, letter by letter', () => {
  const notice = { identityPoolId: 'p', identityId: 'i', datasetName: 'd', syncCount: 7 };
  const data =
    '{"source":"cognito-sync","identityPoolId":"p","identityId":"i","datasetName":"d","syncCount":"7"}';
  expect(JSON.parse(snsMessage('GCM', notice))).toEqual({ default: data, GCM: `{"data":${data}}` });
  expect(JSON.parse(snsMessage('ADM', notice))).toEqual({ default: data, ADM: `{"data":${data}}` });
  const apple = `{"aps":{"content-available":1},"data":${data}}`;
  expect(JSON.parse(snsMessage('APNS', notice))).toEqual({ default: data, APNS: apple });
  expect(JSON.parse(snsMessage('APNS_SANDBOX', notice))).toEqual({ default: data, APNS_SANDBOX: apple });
});
