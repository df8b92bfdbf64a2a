import { type InputOf, ServiceError, type syncOperations } from '@holdall/protocol';
import { mostPatches, type Quotas } from '../../domain/quotas.ts';
import type { Patch, UpdateRecordsCommand } from '../../domain/update-records.ts';
import type { Sealer } from '../../ports/sealer.ts';
import type { Store, UpdateRecordsAnswer } from '../../ports/store.ts';
import { identityGone, identityNotFound, modifiedBy } from '../access.ts';
import type { Handler } from '../handler.ts';
import { openSessionToken } from './session-token.ts';
import { type TriggerNeeds, triggerUpdate } from './trigger-update.ts';
import { wireRecord } from './wire-values.ts';

interface Needs extends TriggerNeeds {
  readonly store: TriggerNeeds['store'] & Pick<Store, 'updateRecords'>;
  readonly sealer: Sealer;
  readonly quotas: Quotas;
}

export const updateRecords =
  (needs: Needs): Handler<typeof syncOperations.UpdateRecords> =>
  async (input, call) => {
    const { store, sealer, quotas } = needs;
    const session = openSessionToken(sealer, input.SyncSessionToken, input, call.at);
    const patches = (input.RecordPatches ?? []).map(patch);
    checkNumber(patches, mostPatches(quotas));
    checkKeysDiffer(patches);
    const command: UpdateRecordsCommand = {
      poolId: input.IdentityPoolId,
      identityId: input.IdentityId,
      datasetName: input.DatasetName,
      patches,
      session: { sessionId: session.sessionId, expiresAt: session.expiresAt },
      modifiedBy: modifiedBy(call, input.DeviceId),
      ...(input.DeviceId !== undefined && { deviceId: input.DeviceId }),
      quotas,
      at: call.at,
    };
    // As in the original, a developer's own changes are not shown to the function.
    const triggered = call.caller.kind === 'identity' ? await triggerUpdate(needs, command) : undefined;
    if (triggered?.kind === 'conflict') throw refusal(triggered, input);
    const outcome = await store.updateRecords(triggered?.command ?? command);
    const written = outcome.kind === 'accepted' ? outcome.records : [];
    if (outcome.kind !== 'accepted' && outcome.kind !== 'unchanged') throw refusal(outcome, input);
    return { Records: (triggered?.answer(written) ?? written).map(wireRecord) };
  };

type WirePatch = NonNullable<InputOf<typeof syncOperations.UpdateRecords>['RecordPatches']>[number];

/** amazon-cognito-js sends an empty Value with every removal, so a removal's Value means nothing. */
function patch(wire: WirePatch): Patch {
  return {
    key: wire.Key,
    ...(wire.Op === 'replace' && wire.Value !== undefined && { value: wire.Value }),
    syncCount: wire.SyncCount,
    ...(wire.DeviceLastModifiedDate !== undefined && { deviceLastModifiedAt: wire.DeviceLastModifiedDate }),
  };
}

function checkNumber(patches: readonly Patch[], most: number): void {
  if (patches.length <= most) return;
  throw new ServiceError('InvalidParameterException', `RecordPatches has more than ${most} members`);
}

function checkKeysDiffer(patches: readonly Patch[]): void {
  const keys = new Set<string>();
  for (const { key } of patches) {
    if (keys.has(key)) {
      throw new ServiceError(
        'InvalidParameterException',
        `RecordPatches has the key '${key}' more than once`,
      );
    }
    keys.add(key);
  }
}

type Refusal = Exclude<UpdateRecordsAnswer, { kind: 'accepted' } | { kind: 'unchanged' }>;

function refusal(outcome: Refusal, input: { IdentityId: string; DatasetName: string }): ServiceError {
  switch (outcome.kind) {
    case 'identityNotFound':
      return identityNotFound(input.IdentityId);
    case 'identityDisabled':
      return identityGone(input.IdentityId, outcome.mergedInto);
    case 'conflict':
      // Clients match on this text, to the letter.
      return new ServiceError(
        'ResourceConflictException',
        `Current SyncCount for: ${outcome.key} is: ${outcome.stored} not: ${outcome.sent}`,
      );
    case 'quotaExceeded':
      return new ServiceError('LimitExceededException', quotaMessage(outcome, input));
  }
}

function quotaMessage(
  { quota, limit }: Extract<Refusal, { kind: 'quotaExceeded' }>,
  { IdentityId, DatasetName }: { IdentityId: string; DatasetName: string },
): string {
  switch (quota) {
    case 'datasetsPerIdentity':
      return `Identity '${IdentityId}' may not have more than ${limit} datasets`;
    case 'recordsPerDataset':
      return `Dataset '${DatasetName}' may not have more than ${limit} records`;
    case 'bytesPerDataset':
      return `Dataset '${DatasetName}' may not store more than ${limit} bytes of keys and values`;
    case 'tombstonesPerDataset':
      return `Dataset '${DatasetName}' may not remember more than ${limit} removed records: delete it to begin anew`;
  }
}
