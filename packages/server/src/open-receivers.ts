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

/** Settings that are well formed, and yet no receiver can be made of them. The message names every place. */
export class ReceiverSettingsError extends Error {
  override readonly name = 'ReceiverSettingsError';
}

/**
 * Makes the receivers that the settings describe. Nothing is connected to before it is needed. Code is loaded for the
 * kinds that are used: the libraries of all of them take more memory than the service itself.
 *
 * @throws ReceiverSettingsError telling everything that is wrong; then nothing stays open
 */
export async function openReceivers(settings: Settings, needs: ReceiverNeeds): Promise<Receivers> {
  await using opened = new AsyncDisposableStack();
  const problems: string[] = [];
  const open = async <Target extends { close(): Promise<void> }>(
    place: string,
    make: () => Target | Promise<Target>,
  ) => {
    try {
      const target = await make();
      opened.defer(() => target.close());
      return target;
    } catch (error) {
      problems.push(`${place}${(error as Error).message}`);
      return undefined;
    }
  };

  const { functions = {}, streams = {}, push = {} } = settings;
  const makeTrigger = await triggerMaker(functions, needs);
  const syncTrigger = await open('', makeTrigger);
  const streamTargets = new Map<string, StreamTarget>();
  for (const [name, target] of Object.entries(streams)) {
    const { openStreamTarget } = await import('./stream-targets/index.ts');
    const made = await open(`streams['${name}']: `, () => openStreamTarget(target, needs));
    if (made) streamTargets.set(name, made);
  }
  const pushTargets = new Map<string, PushTarget>();
  for (const [applicationArn, target] of Object.entries(push)) {
    const { openPushTarget } = await import('./push-targets/index.ts');
    const made = await open(`push['${applicationArn}']: `, () =>
      openPushTarget(target, { ...needs, applicationArn }),
    );
    if (made) pushTargets.set(applicationArn, made);
  }
  if (!syncTrigger || problems.length > 0) throw new ReceiverSettingsError(problems.join('\n'));
  const owned = opened.move();
  return { syncTrigger, streamTargets, pushTargets, close: () => owned.disposeAsync() };
}

async function triggerMaker(
  functions: NonNullable<Settings['functions']>,
  needs: ReceiverNeeds,
): Promise<() => SyncTrigger> {
  if (Object.keys(functions).length === 0) {
    const { FunctionTable } = await import('./functions/function-table.ts');
    return () => new FunctionTable(new Map(), needs.logger);
  }
  const { openSyncTriggers } = await import('./functions/index.ts');
  return () => openSyncTriggers(functions, needs);
}
