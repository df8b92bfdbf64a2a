import type { Clock } from '../clock.ts';
import { sleep } from '../clock.ts';
import { unlessAborted } from '../eventual.ts';
import type { Identity } from '../identity.ts';
import type { Replica } from '../replica.ts';
import type { RetryPolicy } from '../retry.ts';
import type { Session } from '../session.ts';
import type { SyncApi, SyncSession } from '../sync-api.ts';
import { createEffects, errorOutcome, type FoldMerged, type Judge, tokenLifetimeMs } from './effects.ts';
import { type ActiveState, advance, begin, type Outcome } from './machine.ts';
import type { SyncReport } from './report.ts';

export interface SyncJob {
  readonly replica: Replica;
  readonly identity: Identity;
  readonly session: Session;
  readonly api: SyncApi;
  readonly judge: Judge;
  readonly report: SyncReport;
  readonly clock: Clock;
  readonly retry: RetryPolicy;
  readonly signal: AbortSignal;
  readonly push: boolean;
  readonly full: boolean;
  readonly foldsMerged: FoldMerged;
  readonly keepalive: boolean;
  readonly deviceId: string | undefined;
  /** One that a run before this one got and did not spend. */
  readonly spare: SyncSession | undefined;
  readonly claimant: string;
}

/** Conflicts with devices that were faster may happen this often in one run. */
const mostPasses = 10;
const mostWaitMs = 60_000;

/**
 * Runs the machine to its end.
 *
 * @returns the session that was not spent, if there is one
 * @throws SyncError, or the reason of the signal
 */
export async function runSync(job: SyncJob): Promise<SyncSession | undefined> {
  const { replica, session, signal, clock, keepalive, retry, spare } = job;
  const now = () => job.api.connection.now();
  const effects = createEffects({
    ...job,
    now,
    call: async () => {
      job.report.requests += 1;
      const credentials = await session.credentials(job.identity, signal);
      return { identity: job.identity, credentials, signal, keepalive };
    },
    renew: () => session.renew(job.identity, signal),
    sleep: (ms) => sleep(clock, ms, signal),
  });
  let run = begin(
    {
      push: job.push,
      mostPasses,
      // Whoever is asked to wait longer comes back in another run.
      delay: (failures, error) =>
        (error.retryAfterMs ?? 0) > mostWaitMs ? undefined : retry(failures, error),
    },
    {
      deleted: replica.head.deletion === true,
      inDoubt: replica.head.sent !== undefined,
      full: job.full,
      ...(spare && job.push && now() - spare.openedAt < tokenLifetimeMs && { session: spare }),
    },
  );
  let unspent: SyncSession | undefined;
  for (;;) {
    const { state } = run;
    if (state.at === 'settled') return unspent;
    if (state.at === 'failed') throw state.error;
    signal.throwIfAborted();
    if (state.at === 'pushing') unspent = state.session;
    if (state.at === 'acknowledging') unspent = undefined;
    run = advance(run, state.at, await outcomeOf(effects, state, replica.name, signal));
  }
}

async function outcomeOf(
  effects: ReturnType<typeof createEffects>,
  state: ActiveState,
  dataset: string,
  signal: AbortSignal,
): Promise<Outcome<ActiveState['at']>> {
  try {
    const effect = effects[state.at] as (state: ActiveState) => Promise<Outcome<ActiveState['at']>>;
    // An app's resolver may never answer.
    return await unlessAborted(effect(state), signal);
  } catch (error) {
    signal.throwIfAborted();
    return errorOutcome(error, dataset);
  }
}
