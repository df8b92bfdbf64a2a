import { createHash } from 'node:crypto';
import type { PushNotice } from '../ports/push-target.ts';

/** The five keys, all of which every client looks for. */
export type PushData = Readonly<
  Record<'source' | 'identityPoolId' | 'identityId' | 'datasetName' | 'syncCount', string>
>;

/**
 * What an app gets. All values are texts: Android has no other kind of extra and parses `syncCount` itself, and
 * `longLongValue` of iOS reads digits in a text as it reads a number.
 */
export function pushData({ identityPoolId, identityId, datasetName, syncCount }: PushNotice): PushData {
  return { source: 'cognito-sync', identityPoolId, identityId, datasetName, syncCount: String(syncCount) };
}

/** For APNs: silent, it wakes the app and shows nothing. */
export function applePayload(notice: PushNotice) {
  return { aps: { 'content-available': 1 }, data: pushData(notice) };
}

/** The `Message` of SNS with `MessageStructure` `json`. SNS refuses one without `default`, which no device gets. */
export function snsMessage(platform: string, notice: PushNotice): string {
  const isApple = platform.startsWith('APNS');
  const payload = isApple ? applePayload(notice) : { data: pushData(notice) };
  return JSON.stringify({
    default: JSON.stringify(pushData(notice)),
    [platform]: JSON.stringify(payload),
  });
}

/** The same for all notices of one dataset: a push service keeps the last of them for a device that is off. */
export function collapseKey({ identityPoolId, identityId, datasetName }: PushNotice): string {
  const name = JSON.stringify([identityPoolId, identityId, datasetName]);
  // Web Push allows 32 characters of URL-safe base64, APNs 64 bytes.
  return createHash('sha256').update(name).digest('base64url').slice(0, 32);
}

/** How long push services keep a notice for a device that is off: four weeks. */
export const keptSeconds = 4 * 7 * 24 * 60 * 60;
