import { ServiceError } from '@holdall/protocol';
import type { Instant } from '../../domain/dataset.ts';
import { isSessionValid, type SyncSession, sessionLifetimeMs } from '../../domain/sync-session.ts';
import type { Sealer } from '../../ports/sealer.ts';

/** A token for a session that begins now. */
export function issueSessionToken(
  sealer: Sealer,
  session: Omit<SyncSession, 'expiresAt'>,
  now: Instant,
): string {
  return sealer.sign('sync-session', { ...session, expiresAt: now + sessionLifetimeMs });
}

/**
 * The session of a token that a client sent.
 *
 * @throws ServiceError in the original's words, for garbage, another dataset's token and an expired one alike
 */
export function openSessionToken(
  sealer: Sealer,
  token: string,
  dataset: { readonly IdentityId: string; readonly DatasetName: string },
  now: Instant,
): SyncSession {
  const session = sealer.verify('sync-session', token) as SyncSession | undefined;
  if (!session || !isSessionValid(session, dataset.IdentityId, dataset.DatasetName, now)) {
    throw invalidSessionToken();
  }
  return session;
}

export function invalidSessionToken(): ServiceError {
  return new ServiceError('InvalidParameterException', 'SyncSessionToken not valid for these inputs');
}
