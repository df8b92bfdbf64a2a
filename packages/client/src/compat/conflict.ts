import type { Conflict } from '../resolvers.ts';
import { LegacyRecord } from './record.ts';

/** `AWS.CognitoSyncManager.Conflict`. What its methods answer is for `dataset.resolve`. */
export class LegacyConflict {
  readonly key: string;
  readonly remoteRecord: LegacyRecord;
  readonly localRecord: LegacyRecord;

  /** @throws TypeError when the two are not records of one key */
  constructor(remoteRecord: LegacyRecord, localRecord: LegacyRecord) {
    this.key = remoteRecord.key;
    if (this.key !== localRecord.key) throw new TypeError('A conflict is about one key.');
    this.remoteRecord = remoteRecord;
    this.localRecord = localRecord;
  }

  getKey(): string {
    return this.key;
  }
  getRemoteRecord(): LegacyRecord {
    return this.remoteRecord;
  }
  getLocalRecord(): LegacyRecord {
    return this.localRecord;
  }
  resolveWithRemoteRecord(): LegacyRecord {
    return this.remoteRecord.setModified(false);
  }
  resolveWithLocalRecord(): LegacyRecord {
    return this.localRecord.setSyncCount(this.remoteRecord.syncCount).setModified(true);
  }
  /** Null removes the key. */
  resolveWithValue(value: string | null): LegacyRecord {
    const { key, syncCount, answers } = this.remoteRecord;
    return answering(answers, { Key: key, Value: value, SyncCount: syncCount, Modified: true });
  }
}

export function legacyConflict(conflict: Conflict<string>): LegacyConflict {
  const { key, local, remote } = conflict;
  const common = { Key: key, SyncCount: remote.syncCount };
  return new LegacyConflict(
    answering(conflict, {
      ...common,
      Value: remote.value ?? null,
      LastModifiedDate: remote.changedAt,
      LastModifiedBy: remote.changedBy ?? '',
      DeviceLastModifiedDate: remote.deviceChangedAt ?? remote.changedAt,
    }),
    answering(conflict, {
      ...common,
      Value: local.value ?? null,
      LastModifiedDate: local.changedAt,
      DeviceLastModifiedDate: local.changedAt,
      Modified: true,
    }),
  );
}

function answering(conflict: LegacyRecord['answers'], data: LegacyRecordDataOf): LegacyRecord {
  return Object.assign(new LegacyRecord(data), { answers: conflict });
}

type LegacyRecordDataOf = ConstructorParameters<typeof LegacyRecord>[0];
