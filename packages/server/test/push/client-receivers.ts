import type { PushNotice } from '../../src/ports/push-target.ts';

/**
 * What the Android SDK makes of an intent: all five extras must be there, as texts, and `Long.parseLong` must like the
 * count.
 */
export function readAsAndroid(extras: Readonly<Record<string, unknown>>): PushNotice {
  for (const key of ['source', 'identityPoolId', 'identityId', 'datasetName', 'syncCount']) {
    if (typeof extras[key] !== 'string') throw new Error(`${key} is no text extra.`);
  }
  const { source, identityPoolId, identityId, datasetName, syncCount } = extras as Record<string, string>;
  if (source !== 'cognito-sync') throw new Error(`${source} is not where push sync comes from.`);
  const count = parseLong(syncCount ?? '');
  return {
    identityPoolId: identityPoolId ?? '',
    identityId: identityId ?? '',
    datasetName: datasetName ?? '',
    syncCount: Number(count),
  };
}

/** What an iOS app makes of `userInfo`: woken without a banner, it reads below `data`, the count by `longLongValue`. */
export function readAsIos(userInfo: Readonly<Record<string, Readonly<Record<string, unknown>>>>): PushNotice {
  const { aps, data } = userInfo;
  if (aps?.['content-available'] !== 1) throw new Error('This would not wake the app.');
  for (const visible of ['alert', 'badge', 'sound']) {
    if (visible in aps) throw new Error(`${visible} is not silent.`);
  }
  if (data?.source !== 'cognito-sync') throw new Error('This is not from push sync.');
  const { identityPoolId, identityId, datasetName, syncCount } = data;
  return {
    identityPoolId: text(identityPoolId),
    identityId: text(identityId),
    datasetName: text(datasetName),
    syncCount: Number(parseLong(String(syncCount))),
  };
}

function parseLong(digits: string): bigint {
  if (!/^[+-]?\d+$/.test(digits)) throw new Error(`NumberFormatException: ${digits}`);
  const value = BigInt(digits);
  if (BigInt.asIntN(64, value) !== value) throw new Error(`NumberFormatException: ${digits}`);
  return value;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`${value} is no NSString.`);
  return value;
}
