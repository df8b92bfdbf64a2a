import { invalid } from './scene.ts';
import { seal, unseal } from './sealed.ts';
import type { Instant } from './state.ts';

/** What one ListRecords opens and the UpdateRecords after it closes. */
export interface Session {
  readonly id: string;
  readonly identityId: string;
  readonly datasetName: string;
  readonly expiresAt: Instant;
}

const lifetimeMs = 5 * 60_000;

interface Place {
  readonly IdentityId: string;
  readonly DatasetName: string;
}

export function issueSession(id: string, { IdentityId, DatasetName }: Place, at: Instant): string {
  const session = { id, identityId: IdentityId, datasetName: DatasetName, expiresAt: at + lifetimeMs };
  return seal('session', session);
}

/** @throws ServiceError for garbage, another dataset's token and an expired one alike */
export function openSession(token: string, { IdentityId, DatasetName }: Place, at: Instant): Session {
  const session = unseal('session', token) as Session | undefined;
  const isMeant = session?.identityId === IdentityId && session.datasetName === DatasetName;
  if (!isMeant || at >= session.expiresAt) throw invalidSession();
  return session;
}

export const invalidSession = () => invalid('SyncSessionToken not valid for these inputs');
export const invalidPage = () => invalid('NextToken not valid for these inputs');

/** How many items a page has: what was asked for up to 1,024, which is also what a page has that nobody asked for. */
export function pageSize(asked = mostItems): number {
  if (asked < 1) {
    throw invalid(
      `1 validation error detected: Value '${asked}' at 'maxResults' failed to satisfy constraint: ` +
        'Member must have value greater than or equal to 1',
    );
  }
  return Math.min(asked, mostItems);
}

const mostItems = 1024;
