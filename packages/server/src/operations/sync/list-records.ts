import { ServiceError, type syncOperations } from '@holdall/protocol';
import { type ListingPosition, listingFacts } from '../../domain/list-records.ts';
import { mayBeCut, mergedDatasetNames } from '../../domain/merge-datasets.ts';
import { isSessionSpent } from '../../domain/sync-session.ts';
import type { Sealer } from '../../ports/sealer.ts';
import type { Listing, Store } from '../../ports/store.ts';
import { identityDisabled, isInPool } from '../access.ts';
import type { Handler } from '../handler.ts';
import { invalidNextToken, pageSize } from '../page.ts';
import { invalidSessionToken, issueSessionToken, openSessionToken } from './session-token.ts';
import { wireRecord } from './wire-values.ts';

interface Needs {
  readonly store: Pick<Store, 'listing' | 'identity' | 'datasets'>;
  readonly sealer: Sealer;
  readonly newUuid: () => string;
}

/** iOS asks for no size and never for a second page, so the default has to hold a whole dataset. */
const mostRecords = 1024;

const nothing: Listing = { dataset: undefined, records: [], more: false, namesWithPrefix: [] };

export const listRecords =
  ({ store, sealer, newUuid }: Needs): Handler<typeof syncOperations.ListRecords> =>
  async (input, call) => {
    const { IdentityId: identityId, DatasetName: datasetName } = input;
    const limit = pageSize(input.MaxResults, mostRecords);
    const scope = `${identityId}/${datasetName}`;
    const position = openPosition(sealer, scope, input.NextToken);
    const session =
      input.SyncSessionToken === undefined
        ? undefined
        : openSessionToken(sealer, input.SyncSessionToken, input, call.at);

    const since = Math.max(0, input.LastSyncCount ?? 0);
    const query = { identityId, datasetName, since, limit, ...(position && { position }) };
    const listing = (await isInPool(store, input, call)) ? await store.listing(query) : nothing;
    const { dataset } = listing;
    if (session && isSessionSpent(dataset?.spentSessions ?? [], session.sessionId))
      throw invalidSessionToken();

    if (!dataset?.exists && call.caller.kind === 'identity') await checkEnabled(store, identityId);
    const facts = listingFacts(dataset, input.LastSyncCount, position);
    if (facts.kind === 'noSuchSyncCount') {
      // iOS matches on this text and tries again one lower.
      throw new ServiceError(
        'InvalidParameterException',
        `No such SyncCount: ${facts.syncCount} exists for this Dataset`,
      );
    }
    const nextPosition = positionAfter(listing, facts.ceiling);
    const merged = mergedDatasetNames(
      datasetName,
      await namesOfCopies(store, identityId, datasetName, listing),
    );
    return {
      Records: listing.records.map(wireRecord),
      Count: listing.records.length,
      ...(nextPosition && { NextToken: sealer.sign('page', { scope, ...nextPosition }) }),
      DatasetSyncCount: facts.ceiling,
      ...(dataset && { LastModifiedBy: dataset.lastModifiedBy }),
      ...(merged.length > 0 && { MergedDatasetNames: merged }),
      DatasetExists: facts.datasetExists,
      DatasetDeletedAfterRequestedSyncCount: facts.deletedAfterRequestedSyncCount,
      SyncSessionToken:
        input.SyncSessionToken ??
        issueSessionToken(sealer, { sessionId: newUuid(), identityId, datasetName }, call.at),
    };
  };

/**
 * A client that is told that a dataset exists no more erases what its device has of it. The datasets of an identity that
 * was merged exist, elsewhere: so whoever still has its credentials is refused, and signs in again.
 */
async function checkEnabled(store: Needs['store'], identityId: string): Promise<void> {
  if ((await store.identity(identityId))?.disabled) throw identityDisabled(identityId);
}

/** Names among which all copies of the dataset are. Those of a long name need not begin with all of it. */
async function namesOfCopies(
  store: Needs['store'],
  identityId: string,
  datasetName: string,
  listing: Listing,
): Promise<readonly string[]> {
  if (!listing.dataset || !mayBeCut(datasetName)) return listing.namesWithPrefix;
  const datasets = await store.datasets(identityId, { limit: mostRecords });
  return datasets.map(({ name }) => name);
}

function positionAfter(listing: Listing, ceiling: number): ListingPosition | undefined {
  const last = listing.records.at(-1);
  return listing.more && last ? { ceiling, syncCount: last.syncCount, key: last.key } : undefined;
}

function openPosition(
  sealer: Sealer,
  scope: string,
  nextToken: string | undefined,
): ListingPosition | undefined {
  if (nextToken === undefined) return undefined;
  const opened = sealer.verify('page', nextToken) as (ListingPosition & { scope: string }) | undefined;
  if (opened?.scope !== scope || opened.ceiling === undefined) throw invalidNextToken();
  return { ceiling: opened.ceiling, syncCount: opened.syncCount, key: opened.key };
}
