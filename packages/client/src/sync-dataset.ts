import type { Clock } from './clock.ts';
import { type Connectivity, whenConnected } from './connectivity.ts';
import { type CurrentUser, identityChanged } from './current-user.ts';
import type { Dataset } from './dataset.ts';
import type { SyncOptions } from './dataset-syncs.ts';
import { unlessAborted } from './eventual.ts';
import type { Identity } from './identity.ts';
import type { RetryPolicy } from './retry.ts';
import { SyncReport, type SyncResult } from './sync/report.ts';
import { runSync } from './sync/run-sync.ts';
import type { SyncApi, SyncSession } from './sync-api.ts';
import { SyncError } from './sync-error.ts';
import type { Tabs } from './tabs.ts';

export interface SyncNeeds {
  readonly user: CurrentUser;
  /** What other devices of the user know this one by. */
  readonly claimant: string;
  readonly api: SyncApi;
  readonly clock: Clock;
  readonly retry: RetryPolicy;
  readonly tabs: Tabs;
  readonly connectivity: Connectivity;
}

/** From a run that read and did not send: one that leaves the page can send at once. */
export interface SpareSession {
  session: SyncSession | undefined;
}

const defaultTimeoutMs = 120_000;

/** One run, as one user, while no other tab runs one on the dataset. @throws SyncError */
export async function syncDataset(
  dataset: Dataset,
  spare: SpareSession,
  options: SyncOptions,
  signal: AbortSignal,
  needs: SyncNeeds,
): Promise<SyncResult> {
  const { user, clock, tabs } = needs;
  const { name } = dataset;
  const startedAt = clock.now();
  const timeout = new AbortController();
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const cancel = clock.setTimer(() => {
    const message = `The sync of '${name}' did not end in ${timeoutMs} ms.`;
    timeout.abort(new SyncError('TIMEOUT', message, { retryable: true, dataset: name }));
  }, timeoutMs);
  try {
    const ends = AbortSignal.any([signal, timeout.signal]);
    await whenOnline(needs.connectivity, options.whenOnline ?? false, ends);
    const identity = await user.identity(ends);
    // Another dataset's run may have found out who the user is, and their data is still being opened.
    await unlessAborted(dataset.ready, ends);
    const pinned = AbortSignal.any([ends, user.signal]);
    const report = await tabs.exclusively(`holdall:sync:${identity.identityId}:${name}`, pinned, () =>
      run(dataset, spare, identity, options, pinned, needs),
    );
    await dataset.allRead();
    const syncCount = dataset.replica?.head.syncCount ?? 0;
    return report.result(syncCount, clock.now() - startedAt, (key) => dataset.keyOf(key));
  } catch (error) {
    if (error instanceof SyncError) throw error;
    throw new SyncError('ABORTED', `The sync of '${name}' was ended.`, { cause: error, dataset: name });
  } finally {
    cancel();
  }
}

async function run(
  dataset: Dataset,
  spare: SpareSession,
  identity: Identity,
  { keepalive = false, full = false, direction }: SyncOptions,
  signal: AbortSignal,
  { user, claimant, api, clock, retry }: SyncNeeds,
): Promise<SyncReport> {
  const { replica } = dataset;
  if (!replica || replica.owner !== identity.identityId) throw identityChanged();
  const report = new SyncReport();
  const session = keepalive ? spare.session : undefined;
  spare.session = undefined;
  spare.session = await runSync({
    replica,
    identity,
    session: user.session,
    api,
    judge: dataset.judge(),
    report,
    clock,
    retry,
    signal,
    push: direction !== 'pull',
    full,
    foldsMerged: dataset.options.foldMerged ?? true,
    keepalive,
    deviceId: user.deviceId,
    spare: session,
    claimant,
  });
  return report;
}

async function whenOnline(connectivity: Connectivity, waits: boolean, signal: AbortSignal): Promise<void> {
  if (!connectivity.isOnline && !waits) {
    throw new SyncError('OFFLINE', 'The device is offline.', { retryable: true });
  }
  await whenConnected(connectivity, ({ isOnline }) => isOnline, signal);
}
