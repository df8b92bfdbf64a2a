import { readInput, ServiceError, syncOperations } from '@holdall/protocol';
import type { StoredRecord } from '../../domain/dataset.ts';
import { mostPatches } from '../../domain/quotas.ts';
import {
  answeredRecords,
  judgeAnswer,
  type SyncTriggerEvent,
  syncTriggerEvent,
  syncTriggerTimeoutMs,
} from '../../domain/sync-trigger.ts';
import {
  firstConflict,
  type Patch,
  type UpdateConflict,
  type UpdateRecordsCommand,
} from '../../domain/update-records.ts';
import type { Store } from '../../ports/store.ts';
import { type SyncTrigger, SyncTriggerError } from '../../ports/sync-trigger.ts';

export interface TriggerNeeds {
  readonly store: Pick<Store, 'pool' | 'identity' | 'listing'>;
  readonly syncTrigger: SyncTrigger;
  readonly region: string;
}

/** An update as the pool's function wants it. */
export interface TriggeredUpdate {
  readonly kind: 'triggered';
  /** Without patches if the function dropped all of them. */
  readonly command: UpdateRecordsCommand;
  /** What to answer, once the command's records are written. */
  readonly answer: (written: readonly StoredRecord[]) => readonly StoredRecord[];
}

/** More than a dataset can have: its quotas bound it. */
const everyRecord = 1_000_000_000;

/**
 * Asks the function that the pool has for its SyncTrigger event. Undefined when there is none, or the update will be
 * refused without it. Patches that are stale already are refused before it runs; whether they still are good after that,
 * the command's transaction decides.
 *
 * @throws ServiceError when the function fails, takes too long, or answers what may not be
 */
export async function triggerUpdate(
  { store, syncTrigger, region }: TriggerNeeds,
  command: UpdateRecordsCommand,
): Promise<TriggeredUpdate | UpdateConflict | undefined> {
  const { poolId, identityId, datasetName, patches } = command;
  const functionArn = await functionOf(store, poolId);
  if (functionArn === undefined || patches.length === 0) return undefined;
  const identity = await store.identity(identityId);
  if (!identity || identity.disabled) return undefined;

  const { dataset, records: stored } = await store.listing({
    identityId,
    datasetName,
    since: 0,
    limit: everyRecord,
  });
  const state = { records: new Map(stored.map((record) => [record.key, record])), patches };
  const conflict = firstConflict(state.records, patches);
  if (conflict) return conflict;

  const event = syncTriggerEvent({ region, identityPoolId: poolId, identityId, datasetName }, state);
  const judged = judgeAnswer(event, await invoke(syncTrigger, functionArn, event), state);
  if (judged.kind === 'invalid') throw invalidOutput(judged.reason);
  checkPatches(judged.patches, command);

  const syncCount = dataset?.syncCount ?? 0;
  const { at, modifiedBy } = command;
  const missing = { syncCount, lastModifiedAt: at, lastModifiedBy: modifiedBy, deviceLastModifiedAt: at };
  return {
    kind: 'triggered',
    command: { ...command, patches: judged.patches, decidedAtSyncCount: syncCount },
    answer: (written) => answeredRecords(state, written, missing),
  };
}

async function functionOf(store: TriggerNeeds['store'], poolId: string): Promise<string | undefined> {
  const events = (await store.pool(poolId))?.events ?? {};
  return Object.hasOwn(events, 'SyncTrigger') ? events.SyncTrigger : undefined;
}

async function invoke(syncTrigger: SyncTrigger, functionArn: string, event: SyncTriggerEvent) {
  try {
    return await syncTrigger.invoke(functionArn, event, AbortSignal.timeout(syncTriggerTimeoutMs));
  } catch (error) {
    if (!(error instanceof SyncTriggerError)) throw error;
    // Why it failed is for whoever runs the function, who finds it in the log.
    switch (error.kind) {
      case 'failed':
        throw new ServiceError('InvalidLambdaFunctionOutputException', 'The SyncTrigger function failed.');
      case 'timeout':
        throw new ServiceError(
          'LambdaSocketTimeoutException',
          `The SyncTrigger function did not answer within ${syncTriggerTimeoutMs / 1000} seconds.`,
        );
      case 'throttled':
        throw new ServiceError('LambdaThrottledException', 'The SyncTrigger function is throttled.');
    }
  }
}

const patchList = { RecordPatches: syncOperations.UpdateRecords.input.RecordPatches } as const;

/** What a function writes has the limits of what a user writes. */
function checkPatches(patches: readonly Patch[], { quotas }: UpdateRecordsCommand): void {
  const most = mostPatches(quotas);
  if (patches.length > most) throw invalidOutput(`it changes more than ${most} records`);
  const RecordPatches = patches.map(({ key, value, syncCount }) => ({
    Op: value === undefined ? 'remove' : 'replace',
    Key: key,
    Value: value,
    SyncCount: syncCount,
  }));
  readInput(patchList, { RecordPatches }, 'InvalidLambdaFunctionOutputException');
}

function invalidOutput(reason: string): ServiceError {
  return new ServiceError(
    'InvalidLambdaFunctionOutputException',
    `The output of the SyncTrigger function is not valid: ${reason}.`,
  );
}
