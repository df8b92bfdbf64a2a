import { type Clock, sleep } from './clock.ts';
import type { Identity } from './identity.ts';
import type { ChangeNotice, LiveChanges } from './live-changes.ts';
import type { RetryPolicy } from './retry.ts';
import type { Session } from './session.ts';
import type { Connection } from './signed-fetch.ts';
import { identityPath } from './sync-api.ts';
import { SyncError } from './sync-error.ts';
import type { Tabs } from './tabs.ts';

/** `off`: this service has none, or the client was made without. */
export type LiveState = 'off' | 'connecting' | 'live';

export interface LiveListenerNeeds {
  readonly changes: LiveChanges;
  readonly tabs: Tabs;
  readonly clock: Clock;
  readonly retry: RetryPolicy;
  readonly session: Session;
  readonly connection: Connection;
  /** Resolves when the device is online and the app is in front. */
  readonly whenAwake: (signal: AbortSignal) => Promise<void>;
  /** This tab is the one that listens for all tabs. */
  readonly leads: (isLeader: boolean) => void;
  readonly became: (state: LiveState) => void;
  readonly changed: (notice: ChangeNotice) => void;
}

/** Keeps one connection for all tabs of an identity, as long as the signal lasts. */
export async function listenForChanges(
  identity: Identity,
  needs: LiveListenerNeeds,
  signal: AbortSignal,
): Promise<void> {
  try {
    await needs.tabs.exclusively(`holdall:live:${identity.identityId}`, signal, async () => {
      needs.leads(true);
      await listenAgainAndAgain(identity, needs, signal);
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    needs.leads(false);
  }
}

async function listenAgainAndAgain(
  identity: Identity,
  needs: LiveListenerNeeds,
  signal: AbortSignal,
): Promise<void> {
  const { changes, session, connection, clock, retry, became, changed, whenAwake } = needs;
  let failures = 0;
  while (!signal.aborted) {
    await whenAwake(signal);
    became('connecting');
    try {
      await changes.listen({
        identityId: identity.identityId,
        clock,
        signal,
        open: async (subpath, headers) => {
          const credentials = await session.credentials(identity, signal);
          const path = identityPath(identity) + subpath;
          return connection.stream({ method: 'GET', path, headers, signal }, credentials);
        },
        opened: () => {
          failures = 0;
          became('live');
        },
        changed,
      });
      became('connecting');
    } catch (error) {
      if (signal.aborted) return;
      const failure =
        error instanceof SyncError
          ? error
          : new SyncError('NETWORK', 'The live connection broke.', { cause: error });
      if (isMissing(failure)) return became('off');
      became('connecting');
      if (failure.code === 'AUTH' && failures === 0)
        await session.renew(identity, signal).catch(() => undefined);
      failures += 1;
      await sleep(clock, retry(Math.min(failures, 7), failure) ?? 60_000, signal);
      continue;
    }
    // Ended in peace, as when credentials expired: at once again, but not in a tight circle.
    await sleep(clock, retry(1, ended) ?? 1000, signal);
  }
}

const ended = new SyncError('NETWORK', 'The live connection ended.', { retryable: true });

/** What services say that have no such path, as Amazon's. */
function isMissing({ status, code }: SyncError): boolean {
  return code === 'NOT_FOUND' || status === 400 || status === 405 || status === 501;
}
