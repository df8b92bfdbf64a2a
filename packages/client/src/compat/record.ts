import type { KeptRecord } from '../local-store.ts';
import { isDirty } from '../record-rules.ts';
import type { Conflict } from '../resolvers.ts';
import { type DataOf, withAccessors } from './accessors.ts';

interface RecordFields {
  key: string;
  /** Null when the record was deleted. */
  value: string | null;
  syncCount: number;
  lastModifiedDate: Date;
  lastModifiedBy: string;
  deviceLastModifiedDate: Date;
  modified: boolean;
}

/** The members of a `LegacyRecord`. */
export type LegacyRecordData = DataOf<RecordFields>;

const Fields = withAccessors<RecordFields>(() => ({
  key: '',
  value: null,
  syncCount: 0,
  lastModifiedDate: new Date(),
  lastModifiedBy: '',
  deviceLastModifiedDate: new Date(),
  modified: false,
}));

/** `AWS.CognitoSyncManager.Record`. */
export class LegacyRecord extends Fields {
  /** @internal The conflict that it is an answer to. */
  answers?: Conflict<string> | undefined;

  isModified(): boolean {
    return this.modified;
  }
  isDeleted(): boolean {
    return this.value === null;
  }
}

export function recordOf(kept: KeptRecord): LegacyRecord {
  return new LegacyRecord({
    Key: kept.key,
    Value: kept.value,
    SyncCount: kept.syncCount,
    LastModifiedDate: kept.changedAt,
    DeviceLastModifiedDate: kept.changedAt,
    Modified: isDirty(kept),
  });
}
