import type { Clock } from '../clock.ts';
import { sleep } from '../clock.ts';
import type { Identity } from '../identity.ts';
import type { Replica } from '../replica.ts';
import type { RetryPolicy } from '../retry.ts';
import type { Session } from '../session.ts';
import type { SyncApi } from '../sync-api.ts';
import { createEffects, errorOutcome, type FoldMerged, type Judge } from './effects.ts';
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
  readonly sessionToken: string | undefined;
  readonly claimant: string;
}

/** Conflicts with devices that were faster may happen this often in one run. */
const mostPasses = 10;

/**
 * Runs the machine to its end.
 *
 * @returns the session token that was not spent, if there is one
 * @throws SyncError, or the reason of the signal
 */
export async function runSync(job: SyncJob): Promise<string | undefined> {
  const { replica, session, signal, clock, keepalive } = job;
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
    { push: job.push, mostPasses, delay: job.retry },
    {
      deleted: replica.head.deletion === true,
      inDoubt: replica.head.sent !== undefined,
      ...(job.sessionToken !== undefined && job.push && { sessionToken: job.sessionToken }),
    },
  );
  let unspent: string | undefined;
  for (;;) {
    const { state } = run;
    if (state.at === 'settled') return unspent;
    if (state.at === 'failed') throw state.error;
    signal.throwIfAborted();
    if (state.at === 'pushing') unspent = state.sessionToken;
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
    return await effect(state);
  } catch (error) {
    signal.throwIfAborted();
    return errorOutcome(error, dataset);
  }
}
