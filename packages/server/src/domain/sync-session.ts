import type { Instant, SpentSession } from './dataset.ts';

/** What a SyncSessionToken says once it is opened. */
export interface SyncSession {
  readonly sessionId: string;
  readonly identityId: string;
  readonly datasetName: string;
  readonly expiresAt: Instant;
}

/** Five minutes from ListRecords: measured on the original from a decoded token. */
export const sessionLifetimeMs = 5 * 60 * 1000;

/**
 * How many closed sessions a dataset remembers. One is added per UpdateRecords and forgotten after five minutes; with
 * more than this in five minutes the oldest are forgotten early, which only means that listing with them works again.
 */
const rememberedSessions = 32;

/** Whether the session was opened for this very dataset and is still alive. */
export function isSessionValid(
  session: SyncSession,
  identityId: string,
  datasetName: string,
  now: Instant,
): boolean {
  return session.identityId === identityId && session.datasetName === datasetName && now < session.expiresAt;
}

/** A session is spent once an UpdateRecords succeeded with it; ListRecords then refuses it. */
export function isSessionSpent(spent: readonly SpentSession[], sessionId: string): boolean {
  return spent.some((session) => session.sessionId === sessionId);
}

/** The dataset's memory of closed sessions after one more was closed, with the expired ones forgotten. */
export function spendSession(
  spent: readonly SpentSession[],
  session: SpentSession,
  now: Instant,
): readonly SpentSession[] {
  const alive = spent.filter((other) => other.expiresAt > now && other.sessionId !== session.sessionId);
  return [...alive, { sessionId: session.sessionId, expiresAt: session.expiresAt }].slice(
    -rememberedSessions,
  );
}
