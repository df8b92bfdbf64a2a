import type { Instant, StoredRecord } from './dataset.ts';
import type { Device } from './identity.ts';
import type { IdentityPool, PushSync } from './identity-pool.ts';

/**
 * The words of sending.
 *
 * - **delivery**: one thing that a commit has to send, queued in the commit's own transaction.
 * - **destination**: where it goes. Of kind `stream`, the name of a stream; of kind `push`, a push platform.
 * - **lane**: deliveries that must arrive in the order of their commits: of one identity to one stream, or about one
 *   dataset to one device. A lane that waits holds up no other.
 * - **lease**: for how long one sender has a lane for itself.
 * - **held**: a lane that waits for a person, because its receiver takes nothing at all any more.
 * - **dead letter**: a delivery that was given up. It is kept until a person has it retried or dropped.
 */
export type DeliveryKind = 'stream' | 'push';

export interface Destination {
  readonly kind: DeliveryKind;
  readonly destination: string;
}

export interface NewDelivery {
  readonly kind: DeliveryKind;
  readonly destination: string;
  /** What tells lanes to one destination apart. */
  readonly lane: string;
  /** JSON: a `StreamRecord`, or a `QueuedNotice`. */
  readonly payload: string;
}

/** A change as streams tell it, in the words and the order of the original; times are epoch milliseconds, whole. */
export interface StreamRecord {
  readonly identityPoolId: string;
  readonly identityId: string;
  readonly datasetName: string;
  readonly operation: 'replace' | 'remove';
  /** Absent when the dataset was removed, and when the records are behind a URL. */
  readonly kinesisSyncRecords?: readonly StreamedRecord[];
  readonly lastModifiedDate: Instant;
  readonly kinesisSyncRecordsURL: string | null;
  readonly payloadType: 'Inline' | 'S3Url';
  readonly syncCount: number;
}

export interface StreamedRecord {
  readonly key: string;
  /** Null when the record was removed. */
  readonly value: string | null;
  readonly syncCount: number;
  readonly lastModifiedDate: Instant;
  readonly deviceLastModifiedDate: Instant;
  readonly op: 'replace' | 'remove';
}

/** What a device is to be told. */
export interface QueuedNotice {
  readonly identityPoolId: string;
  readonly identityId: string;
  readonly datasetName: string;
  readonly syncCount: number;
  readonly deviceId: string;
}

/** The dataset that a change was made to, as it is afterwards. */
export interface Change {
  readonly poolId: string;
  readonly identityId: string;
  readonly datasetName: string;
  readonly syncCount: number;
  readonly at: Instant;
  /** The records that were written; undefined when the dataset was deleted. */
  readonly records: readonly StoredRecord[] | undefined;
  /** The device that the writer said it is. */
  readonly deviceId?: string;
}

/** What the pool and the dataset want to be told of. */
export interface Audience {
  /** Of the pool, when streaming is on. */
  readonly streamName: string | undefined;
  /** Devices that are subscribed to the dataset. */
  readonly devices: readonly Pick<Device, 'id' | 'platform'>[];
}

/** What a commit has to send: nothing, where nobody wants to be told. Deletions of datasets are not pushed. */
export function deliveriesOf(change: Change, { streamName, devices }: Audience): readonly NewDelivery[] {
  const deliveries: NewDelivery[] = [];
  if (streamName !== undefined) {
    deliveries.push({
      kind: 'stream',
      destination: streamName,
      lane: change.identityId,
      payload: JSON.stringify(streamRecord(change)),
    });
  }
  if (!change.records) return deliveries;
  for (const { id, platform } of devices) {
    if (id === change.deviceId) continue;
    const { poolId: identityPoolId, identityId, datasetName, syncCount } = change;
    const notice: QueuedNotice = { identityPoolId, identityId, datasetName, syncCount, deviceId: id };
    deliveries.push({
      kind: 'push',
      destination: platform,
      // Neither ids nor names of datasets have a slash.
      lane: `${identityId}/${id}/${datasetName}`,
      payload: JSON.stringify(notice),
    });
  }
  return deliveries;
}

export function streamRecord(change: Omit<Change, 'deviceId'>): StreamRecord {
  const { poolId, identityId, datasetName, syncCount, records } = change;
  return {
    identityPoolId: poolId,
    identityId,
    datasetName,
    operation: records ? 'replace' : 'remove',
    ...(records && { kinesisSyncRecords: records.map(streamedRecord) }),
    lastModifiedDate: Math.round(change.at),
    kinesisSyncRecordsURL: null,
    payloadType: 'Inline',
    syncCount,
  };
}

function streamedRecord(record: StoredRecord): StreamedRecord {
  return {
    key: record.key,
    value: record.value ?? null,
    syncCount: record.syncCount,
    lastModifiedDate: Math.round(record.lastModifiedAt),
    deviceLastModifiedDate: Math.round(record.deviceLastModifiedAt),
    op: record.value === undefined ? 'remove' : 'replace',
  };
}

/** Of a lane of this kind only the newest delivery is worth sending: it tells all that those before it would have. */
export function keepsNewestOnly(kind: DeliveryKind): boolean {
  return kind === 'push';
}

/** The stream that changes of the pool go to now. */
export function streamOf({ streams }: Pick<IdentityPool, 'streams'>): string | undefined {
  return streams?.StreamingStatus === 'ENABLED' ? (streams.StreamName ?? '') : undefined;
}

/** The platform that an application's ARN names: `…:app/<platform>/<name>`. */
export function platformOf(applicationArn: string): string | undefined {
  return applicationArn.split('/')[1];
}

/** The pool's application for a platform, by its ARN. */
export function pushApplication(pushSync: PushSync | undefined, platform: string): string | undefined {
  return pushSync?.ApplicationArns?.find((arn) => platformOf(arn) === platform);
}

export interface RetryRule {
  /** Wait before the second try, at most. */
  readonly firstMs: number;
  /** Wait between tries, at most. */
  readonly mostMs: number;
  /** After so many tries a delivery is given up. */
  readonly tries: number;
}

/** A thousand tries, five minutes apart on average once they have slowed down: some three and a half days. */
export const defaultRetryRule: RetryRule = { firstMs: 500, mostMs: 600_000, tries: 1_000 };

/**
 * How long to wait after `tries` failures: anything up to a limit that doubles with each (full jitter), so that senders
 * that failed together do not come back together.
 *
 * @param random from 0 to 1
 */
export function retryDelay(
  rule: Pick<RetryRule, 'firstMs' | 'mostMs'>,
  tries: number,
  random: number,
): number {
  return Math.ceil(random * Math.min(rule.mostMs, rule.firstMs * 2 ** Math.min(tries, 40)));
}
