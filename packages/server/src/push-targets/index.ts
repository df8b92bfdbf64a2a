import type { PushTarget } from '../ports/push-target.ts';
import { parseApplicationArn } from './application-arn.ts';
import { type PushTargetNeeds, usualTimeoutMs } from './needs.ts';
import { BoundedPushTarget, type PushService } from './push-service.ts';
import type { PushTargetSettings } from './settings.ts';

export type { PushTargetNeeds } from './needs.ts';
export { PushTargetSettings } from './settings.ts';

/**
 * Connects to nothing yet, so that a server starts while a receiver is down. Only the code of the target's own kind is
 * loaded.
 *
 * @throws Error that says which setting is wrong and how
 */
export async function openPushTarget(
  settings: PushTargetSettings,
  needs: PushTargetNeeds,
): Promise<PushTarget> {
  parseApplicationArn(needs.applicationArn);
  return new BoundedPushTarget(await openService(settings, needs), settings.timeoutMs ?? usualTimeoutMs);
}

async function openService(settings: PushTargetSettings, needs: PushTargetNeeds): Promise<PushService> {
  switch (settings.type) {
    case 'sns': {
      const { SnsService } = await import('./sns.ts');
      return new SnsService(settings, needs);
    }
    case 'fcm': {
      const { FcmService } = await import('./fcm.ts');
      return new FcmService(settings, needs);
    }
    case 'apns': {
      const { ApnsService } = await import('./apns.ts');
      return new ApnsService(settings, needs);
    }
    case 'web-push': {
      const { WebPushService } = await import('./web-push.ts');
      return new WebPushService(settings, needs);
    }
    case 'webhook': {
      const { WebhookPushService } = await import('./webhook.ts');
      return new WebhookPushService(settings, needs);
    }
  }
}
