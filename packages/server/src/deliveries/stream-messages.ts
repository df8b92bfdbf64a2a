import type { Instant } from '../domain/dataset.ts';
import type { StreamRecord } from '../domain/outbox.ts';
import type { Sealer } from '../ports/sealer.ts';
import type { Store } from '../ports/store.ts';
import type { StreamMessage } from '../ports/stream-target.ts';

/** How long records that went by URL can be fetched: as long as Kinesis keeps a record unless told otherwise. */
export const payloadLifeMs = 24 * 3_600_000;

/** Where our own paths begin that serve such records. */
export const streamPayloadPath = '/holdall/stream-records';

export interface StreamMessagesNeeds {
  readonly store: Pick<Store, 'keepStreamPayload'>;
  readonly sealer: Pick<Sealer, 'sign'>;
  /** What receivers reach this server by, without a slash at its end. */
  readonly publicUrl: () => string;
  readonly now: () => Instant;
}

/** What a URL's token says. */
export interface PayloadToken {
  readonly id: string;
  readonly expiresAt: Instant;
}

/** Makes messages of stream records; those that are too long for the stream are kept to be fetched from us. */
export class StreamMessages {
  readonly #needs: StreamMessagesNeeds;

  constructor(needs: StreamMessagesNeeds) {
    this.#needs = needs;
  }

  /**
   * @param payload a `StreamRecord` as JSON, its records inline
   * @param occasion tells apart messages that tell the same state of a dataset
   */
  async encode(payload: string, mostBytes: number, occasion?: string): Promise<StreamMessage> {
    const record = JSON.parse(payload) as StreamRecord;
    const id = occasion === undefined ? messageId(record) : `${messageId(record)}/${occasion}`;
    const inline = Buffer.from(payload);
    const partitionKey = record.identityId;
    if (inline.length <= mostBytes) return { id, partitionKey, data: inline };
    const { kinesisSyncRecords: records = [], ...rest } = record;
    const expiresAt = this.#needs.now() + payloadLifeMs;
    await this.#needs.store.keepStreamPayload({ id, body: JSON.stringify(records), expiresAt });
    const byUrl: StreamRecord = {
      ...rest,
      kinesisSyncRecordsURL: this.#urlOf({ id, expiresAt }),
      payloadType: 'S3Url',
    };
    return { id, partitionKey, data: Buffer.from(JSON.stringify(byUrl)) };
  }

  #urlOf(token: PayloadToken): string {
    const signed = this.#needs.sealer.sign('stream-records', token);
    return `${this.#needs.publicUrl()}${streamPayloadPath}?token=${signed}`;
  }
}

/** A dataset's sync count never comes again, so the change has the same id whenever it is sent. */
function messageId({ identityId, datasetName, syncCount, operation }: StreamRecord): string {
  return `${identityId}/${datasetName}/${syncCount}/${operation}`;
}

/** The records that a URL of ours leads to, as a bare JSON array; undefined when it is forged or expired. */
export async function streamPayload(
  { store, sealer }: { store: Pick<Store, 'streamPayload'>; sealer: Pick<Sealer, 'verify'> },
  token: string,
  now: Instant,
): Promise<string | undefined> {
  const opened = sealer.verify('stream-records', token) as PayloadToken | undefined;
  if (!opened || opened.expiresAt <= now) return undefined;
  return await store.streamPayload(opened.id, now);
}
