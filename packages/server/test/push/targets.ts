import type { PushTarget } from '../../src/ports/push-target.ts';
import {
  openPushTarget,
  type PushTargetNeeds,
  type PushTargetSettings,
} from '../../src/push-targets/index.ts';

export const now = Date.UTC(2026, 10, 20, 12);

export function pushTargetNeeds(platform: string): PushTargetNeeds {
  return {
    environment: {},
    directory: import.meta.dirname,
    logger: { error: () => {}, info: () => {}, debug: () => {} },
    applicationArn: `arn:aws:sns:eu-west-1:123456789012:app/${platform}/Example`,
    now: () => now,
  };
}

export function openForTest(
  platform: string,
  settings: PushTargetSettings,
  changes: Partial<PushTargetNeeds> = {},
): Promise<PushTarget> {
  return openPushTarget(settings, { ...pushTargetNeeds(platform), ...changes });
}
