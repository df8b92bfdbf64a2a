import type { Settings } from './configuration/settings.ts';
import type { Logger } from './ports/logger.ts';
import type { PushTarget } from './ports/push-target.ts';
import type { StreamTarget } from './ports/stream-target.ts';
import type { SyncTrigger } from './ports/sync-trigger.ts';

/** Everything outside that the service talks to. Its owner closes it. */
export interface Receivers {
  readonly syncTrigger: SyncTrigger;
  /** By stream name. */
  readonly streamTargets: ReadonlyMap<string, StreamTarget>;
  /** By application ARN. */
  readonly pushTargets: ReadonlyMap<string, PushTarget>;
  close(): Promise<void>;
}

export interface ReceiverNeeds {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where relative paths in the settings begin. */
  readonly directory: string;
  readonly logger: Logger;
  readonly now: () => number;
}

/** Settings that are well formed, and yet no receiver can be made of. The message names the place. */
export class ReceiverSettingsError extends Error {
  override readonly name = 'ReceiverSettingsError';
}

/**
 * Makes the receivers that the settings describe. Nothing is connected to before it is needed. Code is loaded for the
 * kinds that are used: the libraries of all would double the memory of a server that sends to nobody.
 *
 * @throws ReceiverSettingsError naming the first place that is wrong; then nothing stays open
 */
export async function openReceivers(settings: Settings, needs: ReceiverNeeds): Promise<Receivers> {
  await using opened = new AsyncDisposableStack();
  const syncTrigger = await openTriggers(settings.functions ?? {}, needs);
  opened.defer(() => syncTrigger.close());
  const streamTargets = new Map<string, StreamTarget>();
  for (const [name, target] of Object.entries(settings.streams ?? {})) {
    const { openStreamTarget } = await import('./stream-targets/index.ts');
    const place = `streams['${name}']`;
    streamTargets.set(
      name,
      opening(opened, place, () => openStreamTarget(target, needs)),
    );
  }
  const pushTargets = new Map<string, PushTarget>();
  for (const [applicationArn, target] of Object.entries(settings.push ?? {})) {
    const { openPushTarget } = await import('./push-targets/index.ts');
    const place = `push['${applicationArn}']`;
    pushTargets.set(
      applicationArn,
      opening(opened, place, () => openPushTarget(target, { ...needs, applicationArn })),
    );
  }
  const owned = opened.move();
  return { syncTrigger, streamTargets, pushTargets, close: () => owned.disposeAsync() };
}

function opening<Target extends { close(): Promise<void> }>(
  opened: AsyncDisposableStack,
  place: string,
  open: () => Target,
): Target {
  try {
    const target = open();
    opened.defer(() => target.close());
    return target;
  } catch (cause) {
    throw new ReceiverSettingsError(`${place}: ${(cause as Error).message}`, { cause });
  }
}

async function openTriggers(
  functions: NonNullable<Settings['functions']>,
  needs: ReceiverNeeds,
): Promise<SyncTrigger> {
  const { openSyncTriggers } = await import('./functions/index.ts');
  try {
    return openSyncTriggers(functions, needs);
  } catch (cause) {
    throw new ReceiverSettingsError((cause as Error).message, { cause });
  }
}
