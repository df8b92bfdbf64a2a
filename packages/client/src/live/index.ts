import { sleep } from '../clock.ts';
import type { Live, LiveNeeds } from '../live-port.ts';
import { SyncError } from '../sync-error.ts';
import { EventStream } from './event-stream.ts';

/** Listens to the change stream of Holdall: server-sent events over `fetch`, signed like everything else. */
export function liveChanges(): Live {
  return async (needs) => {
    const { tabs, identity, signal, leads } = needs;
    try {
      await tabs.exclusively(`holdall:live:${identity.identityId}`, signal, async () => {
        leads(true);
        await listenAgainAndAgain(needs);
      });
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      leads(false);
    }
  };
}

async function listenAgainAndAgain(needs: LiveNeeds): Promise<void> {
  const { identity, session, clock, signal, retry, became, whenAwake } = needs;
  const stream = new EventStream(needs);
  let failures = 0;
  while (!signal.aborted) {
    await whenAwake();
    became('connecting');
    try {
      await stream.listen(
        () => became('live'),
        () => {
          failures = 0;
        },
      );
      // Ended in peace, as when credentials expired; from a proxy that ends each one at once it is a failure too.
      failures = Math.min(failures + 1, 7);
      became('connecting');
      await sleep(clock, retry(failures, ended) ?? 60_000, signal);
    } catch (error) {
      if (signal.aborted) return;
      const failure = error instanceof SyncError ? error : ended;
      // The identity service refuses with 400 as well, and says nothing of the stream.
      if (stream.wasAsked && isMissing(failure)) return became('off');
      became('connecting');
      if (failure.code === 'AUTH' && failures === 0)
        await session.renew(identity, signal).catch(() => undefined);
      failures = Math.min(failures + 1, 7);
      await sleep(clock, retry(failures, failure) ?? 60_000, signal);
    }
  }
}

const ended = new SyncError('NETWORK', 'The live connection ended.', { retryable: true });

/** What services say that have no such path, as Amazon's. */
function isMissing({ status, code }: SyncError): boolean {
  return code === 'NOT_FOUND' || status === 400 || status === 404 || status === 405 || status === 501;
}
