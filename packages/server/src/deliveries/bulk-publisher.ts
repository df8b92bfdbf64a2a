import { setTimeout as sleep } from 'node:timers/promises';
import type { Dataset, Instant, StoredRecord } from '../domain/dataset.ts';
import type { BulkPublish, IdentityPool } from '../domain/identity-pool.ts';
import type { ListingPosition } from '../domain/list-records.ts';
import { streamOf, streamRecord } from '../domain/outbox.ts';
import type { DeliveryObserver } from '../ports/deliveries.ts';
import type { Logger } from '../ports/logger.ts';
import type { PoolDataset, Store } from '../ports/store.ts';
import type { StreamMessage, StreamTarget } from '../ports/stream-target.ts';
import { Pause } from './pause.ts';
import { reasonOf, toDeliveryError } from './reason.ts';
import type { StreamMessages } from './stream-messages.ts';

export interface BulkPublisherNeeds {
  readonly store: Pick<Store, 'pools' | 'pool' | 'changePool' | 'poolDatasets' | 'listing'>;
  /** By stream name. */
  readonly streamTargets: ReadonlyMap<string, StreamTarget>;
  readonly messages: StreamMessages;
  readonly now: () => Instant;
  readonly random: () => number;
  readonly observer: DeliveryObserver;
  readonly logger: Logger;
  /** Ends the work, which goes on after the next start. */
  readonly signal: AbortSignal;
}

const poolsAtOnce = 100;
const datasetsAtOnce = 200;
const recordsAtOnce = 1_000;
/** What is sent together is in memory together. */
const batchBytes = 2_097_152;
const sendLimitMs = 30_000;
/** In a row, up to a minute apart: the receiver is down for most of an hour. */
const mostFailures = 100;

/** Why a run ends that did not publish everything. */
class PublishFailed extends Error {}

/** Publishes all datasets of pools whose bulk publish is in progress, several pools side by side. */
export class BulkPublisher {
  readonly #needs: BulkPublisherNeeds;
  readonly #runs = new Map<string, Promise<void>>();

  constructor(needs: BulkPublisherNeeds) {
    this.#needs = needs;
  }

  /** Resolves when nothing is in progress any more, or `signal` is aborted. Never rejects. */
  async run(): Promise<void> {
    await this.#persist(() => this.#startAll());
    await Promise.all(this.#runs.values());
  }

  async #startAll(): Promise<void> {
    let after: string | undefined;
    for (;;) {
      const pools = await this.#needs.store.pools({
        limit: poolsAtOnce,
        ...(after !== undefined && { after }),
      });
      for (const pool of pools) if (pool.bulkPublish?.status === 'IN_PROGRESS') this.#start(pool.id);
      after = pools.at(-1)?.id;
      if (after === undefined) return;
    }
  }

  #start(poolId: string): void {
    if (this.#runs.has(poolId)) return;
    const publishing = this.#persist(() => this.#publishPool(poolId));
    this.#runs.set(
      poolId,
      publishing.finally(() => this.#runs.delete(poolId)),
    );
  }

  /** Does it again, less and less often, while the store fails: a run goes on from where it was. */
  async #persist(work: () => Promise<void>): Promise<void> {
    const { signal, logger } = this.#needs;
    const pause = new Pause(this.#needs);
    while (!signal.aborted) {
      try {
        await work();
        return;
      } catch (err) {
        if (signal.aborted) return;
        logger.error({ err }, 'bulk publish failed in the store; it is tried again');
        pause.failed();
        // Rejects when it is aborted, which ends the loop.
        await this.#wait(pause).catch(() => {});
      }
    }
  }

  async #wait(pause: Pause): Promise<void> {
    const { signal, now } = this.#needs;
    await sleep(Math.max(0, pause.until - now()), undefined, { signal });
  }

  async #publishPool(poolId: string): Promise<void> {
    const { signal, now, logger } = this.#needs;
    try {
      const published = await this.#publishAll(poolId);
      if (published === undefined) return;
      await this.#finish(poolId, { status: 'SUCCEEDED', completedAt: now() });
      logger.info({ poolId, published }, 'bulk publish succeeded');
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof PublishFailed)) throw error;
      await this.#finish(poolId, { status: 'FAILED', completedAt: now(), failureMessage: error.message });
      logger.info({ poolId, reason: error.message }, 'bulk publish failed');
    }
  }

  /** Returns how many there were; undefined when the run is nobody's any more. */
  async #publishAll(poolId: string): Promise<number | undefined> {
    const { store, streamTargets, signal } = this.#needs;
    for (;;) {
      signal.throwIfAborted();
      const pool = await store.pool(poolId);
      const run = pool?.bulkPublish;
      if (!pool || run?.status !== 'IN_PROGRESS') return undefined;
      const streamName = run.streamName ?? '';
      if (streamOf(pool) !== streamName) {
        throw new PublishFailed(`The stream '${streamName}' is no longer that of the pool, or was disabled.`);
      }
      const target = streamTargets.get(streamName);
      if (!target) throw new PublishFailed(`This server has no stream target '${streamName}'.`);
      const done = await this.#publishSome(pool, run, target);
      if (!done) return run.published ?? 0;
    }
  }

  /** False when there was nothing left. */
  async #publishSome(pool: IdentityPool, run: BulkPublish, target: StreamTarget): Promise<boolean> {
    const { store } = this.#needs;
    const { published = 0, after } = run;
    const found = await store.poolDatasets({
      poolId: pool.id,
      limit: datasetsAtOnce,
      ...(after && { after }),
    });
    const messages: StreamMessage[] = [];
    let bytes = 0;
    let last: PoolDataset | undefined;
    for (const next of found) {
      const message = await this.#message(pool.id, next, run, target.mostBytes);
      if (message) {
        messages.push(message);
        bytes += message.data.length;
      }
      last = next;
      if (bytes >= batchBytes) break;
    }
    if (!last) return false;
    await this.#send(messages, target);
    const position = { identityId: last.identityId, datasetName: last.dataset.name };
    await this.#change(pool.id, { ...run, published: published + messages.length, after: position });
    return true;
  }

  async #message(poolId: string, { identityId, dataset }: PoolDataset, run: BulkPublish, mostBytes: number) {
    const found = await this.#liveRecords(identityId, dataset.name);
    // Deleted since.
    if (!found) return undefined;
    const { syncCount, lastModifiedAt } = found.dataset;
    const record = streamRecord({
      poolId,
      identityId,
      datasetName: dataset.name,
      syncCount,
      at: lastModifiedAt,
      records: found.records,
    });
    return await this.#needs.messages.encode(JSON.stringify(record), mostBytes, `bulk-${run.startedAt}`);
  }

  async #liveRecords(
    identityId: string,
    datasetName: string,
  ): Promise<{ dataset: Dataset; records: readonly StoredRecord[] } | undefined> {
    const records: StoredRecord[] = [];
    const query = { identityId, datasetName, since: 0, limit: recordsAtOnce };
    let position: ListingPosition | undefined;
    for (;;) {
      const page = await this.#needs.store.listing({ ...query, ...(position && { position }) });
      if (!page.dataset?.exists) return undefined;
      for (const record of page.records) if (record.value !== undefined) records.push(record);
      const last = page.records.at(-1);
      if (!page.more || !last) return { dataset: page.dataset, records };
      const ceiling = position?.ceiling ?? page.dataset.syncCount;
      position = { ceiling, syncCount: last.syncCount, key: last.key };
    }
  }

  async #send(messages: readonly StreamMessage[], target: StreamTarget): Promise<void> {
    const { signal, observer } = this.#needs;
    const pause = new Pause(this.#needs);
    let left = messages;
    for (let failures = 0; left.length > 0; ) {
      try {
        await target.send(left, AbortSignal.any([signal, AbortSignal.timeout(sendLimitMs)]));
        observer.delivered('stream', left.length);
        return;
      } catch (thrown) {
        signal.throwIfAborted();
        const error = toDeliveryError(thrown);
        observer.delivered('stream', error.delivered);
        observer.failed('stream', error.failure);
        left = left.slice(error.delivered);
        failures = error.delivered > 0 ? 1 : failures + 1;
        if (error.failure !== 'unavailable' || failures >= mostFailures) {
          throw new PublishFailed(`The stream did not take '${left[0]?.id}': ${reasonOf(error)}`);
        }
        pause.failed(error.retryAfterMs);
        await this.#wait(pause);
      }
    }
  }

  async #finish(
    poolId: string,
    end: Pick<BulkPublish, 'status' | 'completedAt' | 'failureMessage'>,
  ): Promise<void> {
    const run = (await this.#needs.store.pool(poolId))?.bulkPublish;
    if (run) await this.#change(poolId, { ...run, ...end });
  }

  async #change(poolId: string, bulkPublish: BulkPublish): Promise<void> {
    await this.#needs.store.changePool(poolId, { bulkPublish });
  }
}
