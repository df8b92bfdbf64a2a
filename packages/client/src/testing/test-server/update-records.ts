import { type InputOf, ServiceError, type syncOperations } from '@holdall/protocol';
import { type Call, existingIdentity, inPool, invalid, notFound, type Scene } from './scene.ts';
import { openSession } from './sessions.ts';
import { type Dataset, type Identity, liveNames, newDataset, type StoredRecord, sizeOf } from './state.ts';

type Input = InputOf<typeof syncOperations.UpdateRecords>;
type Patch = NonNullable<Input['RecordPatches']>[number];

/** How many closed sessions a dataset remembers. */
const rememberedSessions = 32;
const tombstonesPerRecord = 64;

/** Everything the update asks for at one new sync count, or nothing. Answers a record for each patch. */
export function updateRecords(scene: Scene, input: Input, { caller, at }: Call): readonly StoredRecord[] {
  const session = openSession(input.SyncSessionToken, input, at);
  const patches = input.RecordPatches ?? [];
  checkPatches(patches, scene.quotas.recordsPerDataset * 2);
  const identity = writable(scene, input);
  if (patches.length === 0) return [];

  const known = identity.datasets.get(input.DatasetName);
  for (const { Key, SyncCount } of patches) {
    const stored = known?.records.get(Key)?.syncCount ?? 0;
    if (stored > SyncCount && known?.records.has(Key)) {
      throw new ServiceError(
        'ResourceConflictException',
        `Current SyncCount for: ${Key} is: ${stored} not: ${SyncCount}`,
      );
    }
  }
  const before = known ?? newDataset(input.DatasetName, at);
  const modifiedBy = input.DeviceId ?? (caller.kind === 'identity' ? caller.identityId : accountOf(caller));
  const syncCount = before.syncCount + 1;
  const written = patches.map(
    (patch): StoredRecord => ({
      key: patch.Key,
      value: patch.Op === 'replace' ? (patch.Value ?? null) : null,
      syncCount,
      modifiedAt: at,
      modifiedBy,
      deviceModifiedAt: patch.DeviceLastModifiedDate ?? at,
    }),
  );
  const records = new Map(before.records);
  for (const record of written) {
    // The removal of what was never there is told to nobody.
    if (record.value !== null || records.has(record.key)) records.set(record.key, record);
  }
  checkQuotas(scene, identity, before, records);

  const alive = before.spent.filter(({ id, expiresAt }) => expiresAt > at && id !== session.id);
  Object.assign(before, {
    syncCount,
    createdAt: before.exists ? before.createdAt : at,
    exists: true,
    modifiedAt: at,
    modifiedBy,
    records,
    spent: [...alive, { id: session.id, expiresAt: session.expiresAt }].slice(-rememberedSessions),
  });
  identity.datasets.set(before.name, before);
  scene.streams.announce(identity, { datasetName: before.name, deviceId: input.DeviceId });
  return written;
}

function accountOf(caller: Call['caller']): string {
  if (caller.kind !== 'developer') throw new Error('Updates are signed.');
  return caller.accountId;
}

function checkPatches(patches: readonly Patch[], most: number): void {
  if (patches.length > most) throw invalid(`RecordPatches has more than ${most} members`);
  const keys = new Set<string>();
  for (const { Key } of patches) {
    if (keys.has(Key)) throw invalid(`RecordPatches has the key '${Key}' more than once`);
    keys.add(Key);
  }
}

function writable(scene: Scene, input: Input): Identity {
  const identity = inPool(scene, input);
  if (!identity) throw notFound('Identity', input.IdentityId);
  if (!identity.disabled) return identity;
  const into = identity.mergedInto;
  const where = into === undefined ? '' : `: it was merged into '${existingIdentity(scene, into).id}'`;
  throw new ServiceError('ResourceNotFoundException', `Identity '${identity.id}' is disabled${where}.`);
}

/** A dataset that is above a quota already may shrink, and stay as it is. */
function checkQuotas(
  { quotas }: Scene,
  identity: Identity,
  before: Dataset,
  records: ReadonlyMap<string, StoredRecord>,
): void {
  const { datasetsPerIdentity, recordsPerDataset, bytesPerDataset } = quotas;
  if (!before.exists && liveNames(identity).length >= datasetsPerIdentity) {
    throw exceeded(`Identity '${identity.id}' may not have more than ${datasetsPerIdentity} datasets`);
  }
  const was = sizeOf(before.records.values());
  const is = sizeOf(records.values());
  const dataset = `Dataset '${before.name}' may not`;
  if (is.records > recordsPerDataset && is.records > was.records) {
    throw exceeded(`${dataset} have more than ${recordsPerDataset} records`);
  }
  if (is.bytes > bytesPerDataset && is.bytes > was.bytes) {
    throw exceeded(`${dataset} store more than ${bytesPerDataset} bytes of keys and values`);
  }
  const tombstones = recordsPerDataset * tombstonesPerRecord;
  if (is.tombstones > tombstones && is.tombstones > was.tombstones) {
    throw exceeded(`${dataset} remember more than ${tombstones} removed records: delete it to begin anew`);
  }
}

const exceeded = (message: string) => new ServiceError('LimitExceededException', message);
