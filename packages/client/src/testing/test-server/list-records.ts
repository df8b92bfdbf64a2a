import type { InputOf, OutputOf, syncOperations } from '@holdall/protocol';
import { copiesOf } from './merged-names.ts';
import { type Call, disabled, inPool, invalid, type Scene } from './scene.ts';
import { seal, unseal } from './sealed.ts';
import { invalidPage, invalidSession, issueSession, openSession, pageSize } from './sessions.ts';
import { compareBinary, liveNames, type StoredRecord } from './state.ts';
import { wireRecord } from './wire-values.ts';

type Input = InputOf<typeof syncOperations.ListRecords>;

/** Where a page ended, and the sync count that bounds all pages of its listing. */
interface Position {
  readonly scope: string;
  readonly ceiling: number;
  readonly syncCount: number;
  readonly key: string;
}

export function listRecords(
  scene: Scene,
  input: Input,
  { caller, at }: Call,
): OutputOf<typeof syncOperations.ListRecords> {
  const size = pageSize(input.MaxResults);
  const scope = `${input.IdentityId}/${input.DatasetName}`;
  const position = openPosition(input.NextToken, scope);
  const session =
    input.SyncSessionToken === undefined ? undefined : openSession(input.SyncSessionToken, input, at);

  const identity = inPool(scene, input);
  const dataset = identity?.datasets.get(input.DatasetName);
  if (session && dataset?.spent.some(({ id }) => id === session.id)) throw invalidSession();
  // Who is told that a dataset exists no more erases it; those of a merged identity exist elsewhere.
  if (!dataset?.exists && caller.kind === 'identity' && identity?.disabled) throw disabled(identity);
  const since = Math.max(0, input.LastSyncCount ?? 0);
  if (dataset && since > dataset.syncCount) {
    throw invalid(`No such SyncCount: ${since} exists for this Dataset`);
  }
  const ceiling = position?.ceiling ?? dataset?.syncCount ?? 0;
  const remaining = [...(dataset?.records.values() ?? [])]
    .filter(({ syncCount }) => syncCount > since && syncCount <= ceiling)
    .filter((record) => !position || inListing(record, position) > 0)
    .sort(inListing);
  const page = remaining.slice(0, size);
  const last = remaining.length > size ? page.at(-1) : undefined;
  const merged = copiesOf(input.DatasetName, liveNames(identity), dataset !== undefined);
  return {
    Records: page.map(wireRecord),
    Count: page.length,
    ...(last && {
      NextToken: seal('records', { scope, ceiling, syncCount: last.syncCount, key: last.key }),
    }),
    DatasetSyncCount: ceiling,
    ...(dataset && { LastModifiedBy: dataset.modifiedBy }),
    ...(merged.length > 0 && { MergedDatasetNames: merged }),
    DatasetExists: dataset?.exists ?? false,
    DatasetDeletedAfterRequestedSyncCount: since > 0 && (dataset?.deletedAt ?? 0) > since,
    SyncSessionToken: input.SyncSessionToken ?? issueSession(scene.newUuid(), input, at),
  };
}

function openPosition(token: string | undefined, scope: string): Position | undefined {
  if (token === undefined) return undefined;
  const position = unseal('records', token) as Position | undefined;
  if (position?.scope !== scope) throw invalidPage();
  return position;
}

type InListing = Pick<StoredRecord, 'syncCount' | 'key'>;

function inListing(left: InListing, right: InListing): number {
  return left.syncCount - right.syncCount || compareBinary(left.key, right.key);
}
