import Type, { type Static } from 'typebox';
import type { PushTarget } from '../ports/push-target.ts';
import { ApnsService, ApnsSettings } from './apns.ts';
import { parseApplicationArn } from './application-arn.ts';
import { FcmService, FcmSettings } from './fcm.ts';
import { BoundedPushTarget, type PushService } from './push-service.ts';
import { type PushTargetNeeds, usualTimeoutMs } from './settings.ts';
import { SnsService, SnsSettings } from './sns.ts';
import { WebPushService, WebPushSettings } from './web-push.ts';
import { WebhookPushService, WebhookPushSettings } from './webhook.ts';

export type { PushTargetNeeds } from './settings.ts';

/** How one platform application is reached. */
export const PushTargetSettings = Type.Union(
  [SnsSettings, FcmSettings, ApnsSettings, WebPushSettings, WebhookPushSettings],
  { description: 'How the devices of a platform application are notified.' },
);
export type PushTargetSettings = Static<typeof PushTargetSettings>;

/**
 * Connects to nothing yet, so that a server starts while a receiver is down.
 *
 * @throws Error that says which setting is wrong and how
 */
export function openPushTarget(settings: PushTargetSettings, needs: PushTargetNeeds): PushTarget {
  parseApplicationArn(needs.applicationArn);
  return new BoundedPushTarget(openService(settings, needs), settings.timeoutMs ?? usualTimeoutMs);
}

function openService(settings: PushTargetSettings, needs: PushTargetNeeds): PushService {
  switch (settings.type) {
    case 'sns':
      return new SnsService(settings, needs);
    case 'fcm':
      if (parseApplicationArn(needs.applicationArn).platform !== 'GCM') {
        throw new Error('fcm serves applications of the platform GCM only.');
      }
      return new FcmService(settings, needs);
    case 'apns':
      return new ApnsService(settings, needs);
    case 'web-push':
      return new WebPushService(settings, needs);
    case 'webhook':
      return new WebhookPushService(settings, needs);
  }
}
