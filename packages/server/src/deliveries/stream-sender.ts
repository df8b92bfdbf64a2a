import type { Instant } from '../domain/dataset.ts';
import { type RetryRule, retryDelay, streamOf } from '../domain/outbox.ts';
import type { DeliveryObserver } from '../ports/deliveries.ts';
import { DeliveryError } from '../ports/delivery-error.ts';
import type { Logger } from '../ports/logger.ts';
import type { ClaimedLane, Settlement } from '../ports/outbox.ts';
import type { Store } from '../ports/store.ts';
import type { StreamMessage, StreamTarget } from '../ports/stream-target.ts';
import { Pause } from './pause.ts';
import { reasonOf, toDeliveryError } from './reason.ts';
import type { ClaimSize, Sender } from './sender.ts';
import type { StreamMessages } from './stream-messages.ts';

export interface StreamSenderNeeds {
  readonly streamName: string;
  /** Undefined when this server has no target of that name. */
  readonly target: StreamTarget | undefined;
  readonly messages: StreamMessages;
  readonly store: Pick<Store, 'pools' | 'changePool' | 'holdLanes' | 'releaseLanes'>;
  readonly retryRule: RetryRule;
  readonly now: () => Instant;
  readonly random: () => number;
  readonly observer: DeliveryObserver;
  readonly logger: Logger;
}

const fullSize: ClaimSize = { lanes: 500, perLane: 100, deliveries: 500, characters: 4_194_304 };
const oneDelivery: ClaimSize = { lanes: 1, perLane: 1, deliveries: 1, characters: 1 };

const poolsAtOnce = 100;

/** A target that hangs is one that is down. Well below the lease. */
const sendLimitMs = 30_000;

/** After so many failures in a row, lanes that wait for their own next try are woken by the next success. */
const outage = 3;

/** Sends the lanes of one stream, one batch at a time. */
export class StreamSender implements Sender {
  readonly #needs: StreamSenderNeeds;
  readonly #pause: Pause;
  /** Deliveries that are to be sent one by one: of a batch that failed, not all should be blamed. */
  #singles = 0;

  constructor(needs: StreamSenderNeeds) {
    this.#needs = needs;
    this.#pause = new Pause(needs);
  }

  get pausedUntil(): Instant {
    return this.#pause.until;
  }

  claimSize(): ClaimSize {
    return this.#singles > 0 ? oneDelivery : fullSize;
  }

  async send(lanes: readonly ClaimedLane[], signal: AbortSignal): Promise<readonly Settlement[]> {
    const { target, observer } = this.#needs;
    const total = lanes.reduce((sum, { deliveries }) => sum + deliveries.length, 0);
    try {
      if (!target)
        throw new DeliveryError('gone', `This server has no stream target '${this.#needs.streamName}'.`);
      const messages: StreamMessage[] = [];
      for (const { deliveries } of lanes) {
        for (const { payload } of deliveries) {
          messages.push(await this.#needs.messages.encode(payload, target.mostBytes));
        }
      }
      await target.send(messages, AbortSignal.any([signal, AbortSignal.timeout(sendLimitMs)]));
    } catch (error) {
      if (signal.aborted) return this.#settlements(lanes, deliveredOf(error, total));
      return await this.#failed(lanes, total, toDeliveryError(error));
    }
    this.#singles = Math.max(0, this.#singles - total);
    observer.delivered('stream', total);
    if (this.#pause.succeeded() >= outage) await this.#wakeAll();
    return this.#settlements(lanes, total);
  }

  async #failed(
    lanes: readonly ClaimedLane[],
    total: number,
    error: DeliveryError,
  ): Promise<readonly Settlement[]> {
    const { observer, logger, streamName } = this.#needs;
    const delivered = deliveredOf(error, total);
    observer.delivered('stream', delivered);
    observer.failed('stream', error.failure);
    logger.debug({ streamName, failure: error.failure, reason: reasonOf(error) }, 'a delivery failed');
    if (error.failure === 'gone' && delivered < total) return await this.#stop(lanes, delivered, error);
    const undone = total - delivered;
    if (error.failure === 'unavailable') {
      this.#pause.failed(error.retryAfterMs);
      this.#singles = 1;
      return this.#settlements(lanes, delivered, error);
    }
    // Which of them it was is certain only when it was alone.
    if (undone > 1) {
      this.#singles = undone;
      return this.#settlements(lanes, delivered);
    }
    this.#singles = Math.max(0, this.#singles - 1);
    return this.#settlements(lanes, delivered, error);
  }

  /** What the first `delivered` deliveries and the failure of the next make of their lanes. */
  #settlements(
    lanes: readonly ClaimedLane[],
    delivered: number,
    error?: DeliveryError,
  ): readonly Settlement[] {
    const now = this.#needs.now();
    let left = delivered;
    let blamed = error;
    return lanes.map(({ lane, lease, tries, deliveries }) => {
      const done = Math.min(left, deliveries.length);
      left -= done;
      const doneUpTo = deliveries[done - 1]?.id;
      const next = deliveries[done];
      const triesOfNext = done > 0 ? 0 : tries;
      const settled = { lane, lease, ...(doneUpTo !== undefined && { doneUpTo }) };
      if (!blamed || !next) return { ...settled, tries: triesOfNext, readyAt: now };
      const failure = blamed;
      blamed = undefined;
      return { ...settled, ...this.#verdict(next.id, triesOfNext + 1, failure, now) };
    });
  }

  #verdict(id: number, tries: number, error: DeliveryError, now: Instant) {
    const { retryRule, random, observer, logger, streamName } = this.#needs;
    if (error.failure !== 'refused' && tries < retryRule.tries) {
      return { tries, readyAt: now + retryDelay(retryRule, tries, random()) };
    }
    const reason = reasonOf(error);
    observer.died('stream', 1);
    logger.error(
      { streamName, delivery: id, tries, reason },
      'a delivery was given up: see holdall deliveries',
    );
    return { tries: 0, readyAt: now, dead: { id, reason, at: now } };
  }

  /** Nothing can be sent until a person acts: all pools that have this stream stop streaming, as in the original. */
  async #stop(
    lanes: readonly ClaimedLane[],
    delivered: number,
    error: DeliveryError,
  ): Promise<readonly Settlement[]> {
    const { streamName, store } = this.#needs;
    // First, so that it does not hold what somebody releases who enables a stream that was stopped here.
    await store.holdLanes({ kind: 'stream', destination: streamName });
    let after: string | undefined;
    for (;;) {
      const pools = await store.pools({ limit: poolsAtOnce, ...(after !== undefined && { after }) });
      for (const pool of pools) if (streamOf(pool) === streamName) await this.#stopPool(pool.id, error);
      after = pools.at(-1)?.id;
      if (after === undefined) break;
    }
    const settlements = this.#settlements(lanes, delivered);
    return settlements.map((settlement) => ({ ...settlement, readyAt: undefined }));
  }

  async #stopPool(poolId: string, error: DeliveryError): Promise<void> {
    const { streamName, store, observer, logger } = this.#needs;
    await store.changePool(poolId, { stoppedStream: streamName });
    observer.streamStopped();
    logger.error(
      { poolId, streamName, reason: reasonOf(error) },
      'the stream takes nothing any more: StreamingStatus is DISABLED until SetIdentityPoolConfiguration enables it',
    );
  }

  async #wakeAll(): Promise<void> {
    const { store, streamName, now } = this.#needs;
    await store.releaseLanes({ kind: 'stream', destination: streamName, at: now(), leased: false });
  }
}

function deliveredOf(error: unknown, total: number): number {
  return error instanceof DeliveryError ? Math.min(Math.max(0, error.delivered), total) : 0;
}
