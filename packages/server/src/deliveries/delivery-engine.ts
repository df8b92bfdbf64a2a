import type { Instant } from '../domain/dataset.ts';
import type { DeliveryKind, Destination, RetryRule } from '../domain/outbox.ts';
import type { Deliveries, DeliveryObserver } from '../ports/deliveries.ts';
import { DeliveryError } from '../ports/delivery-error.ts';
import type { Logger } from '../ports/logger.ts';
import type { Backlog } from '../ports/outbox.ts';
import type { PushAddress, PushTarget } from '../ports/push-target.ts';
import type { Store } from '../ports/store.ts';
import type { StreamTarget } from '../ports/stream-target.ts';
import { BulkPublisher } from './bulk-publisher.ts';
import { Dispatcher } from './dispatcher.ts';
import { PushSender } from './push-sender.ts';
import type { StreamMessages } from './stream-messages.ts';
import { StreamSender } from './stream-sender.ts';

export interface DeliveryEngineNeeds {
  readonly store: Store;
  /** By stream name. Their owner closes them, after the engine. */
  readonly streamTargets: ReadonlyMap<string, StreamTarget>;
  /** By application ARN. Likewise. */
  readonly pushTargets: ReadonlyMap<string, PushTarget>;
  readonly messages: StreamMessages;
  readonly retryRule: RetryRule;
  readonly now: () => Instant;
  readonly random: () => number;
  readonly newUuid: () => string;
  readonly observer: DeliveryObserver;
  readonly logger: Logger;
}

/** Commits of this process wake the engine; this is for those of others, and for clocks that were set. */
const longestSleepMs = 30_000;
/** After the store itself failed. */
const storeRetryMs = 1_000;
const registerLimitMs = 5_000;
const forgetEveryMs = 30_000;
const payloadsAtOnce = 100;
const pushParallel = 4;

/** Sends what the outbox holds, from `start` to `close`. Sleeps while there is nothing to send. */
export class DeliveryEngine implements Deliveries {
  readonly #needs: DeliveryEngineNeeds;
  readonly #dispatchers = new Map<string, Dispatcher>();
  readonly #bulk: BulkPublisher;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #forgetTimer: NodeJS.Timeout | undefined;
  #planning: Promise<void> | undefined;
  #planAgain = false;

  constructor(needs: DeliveryEngineNeeds) {
    this.#needs = needs;
    this.#bulk = new BulkPublisher({ ...needs, signal: this.#closing.signal });
  }

  /** Nobody else sends from this store: leases of a process that is gone are over, and what was held is tried anew. */
  async start(): Promise<void> {
    await this.#needs.store.releaseLanes({ at: this.#needs.now(), leased: true });
    this.#look();
    this.publishSoon();
    // Not with `#timer`, which a busy outbox sets anew all the time.
    this.#forgetTimer ??= setInterval(() => this.#watch(this.#forgetPayloads()), forgetEveryMs).unref();
  }

  /** Something may be ready to be sent there. Costs next to nothing while the receiver is down. */
  wake(destinations: readonly Destination[]): void {
    for (const { kind, destination } of destinations)
      this.#runUnlessPaused(this.#dispatcher(kind, destination));
  }

  /** Finds out what is to be sent, and when. */
  #look(): void {
    if (this.#closing.signal.aborted) return;
    this.#planAgain = true;
    this.#planning ??= this.#plan().finally(() => {
      this.#planning = undefined;
    });
  }

  publishSoon(): void {
    if (!this.#closing.signal.aborted) this.#watch(this.#bulk.run());
  }

  async resumeStream(destination: string): Promise<void> {
    const at = this.#needs.now();
    await this.#needs.store.releaseLanes({ kind: 'stream', destination, at, leased: false });
  }

  async registerDevice(applicationArn: string, address: PushAddress): Promise<string | undefined> {
    const target = this.#needs.pushTargets.get(applicationArn);
    if (!target) {
      throw new DeliveryError('gone', `This server has no push target for ${applicationArn}.`);
    }
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(registerLimitMs)]);
    return await target.register(address, signal);
  }

  /** Ends sends that are on their way; what they held is sent again after the next start. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    clearInterval(this.#forgetTimer);
    await this.#planning;
    await Promise.all(this.#running);
  }

  async #plan(): Promise<void> {
    while (this.#planAgain && !this.#closing.signal.aborted) {
      this.#planAgain = false;
      let sleepMs = longestSleepMs;
      try {
        const now = this.#needs.now();
        for (const entry of await this.#needs.store.backlog()) {
          sleepMs = Math.min(sleepMs, this.#startIfDue(entry, now));
        }
      } catch (err) {
        this.#needs.logger.error({ err }, 'the outbox cannot be read');
        sleepMs = storeRetryMs;
      }
      this.#sleep(sleepMs);
    }
  }

  /** Returns in how many milliseconds to look again. */
  #startIfDue({ kind, destination, readyAt }: Backlog, now: Instant): number {
    if (readyAt === undefined) return longestSleepMs;
    const dispatcher = this.#dispatcher(kind, destination);
    const wait = Math.max(readyAt, dispatcher.pausedUntil) - now;
    if (wait > 0) return wait;
    this.#runUnlessPaused(dispatcher);
    return longestSleepMs;
  }

  #runUnlessPaused(dispatcher: Dispatcher): void {
    const { signal } = this.#closing;
    if (signal.aborted || dispatcher.pausedUntil > this.#needs.now()) return;
    const wasRunning = dispatcher.isRunning;
    const run = dispatcher.run(signal);
    if (!wasRunning) this.#watch(run.then(() => this.#look()));
  }

  #watch(work: Promise<void>): void {
    const watched = work
      .catch((err: unknown) => {
        this.#needs.logger.error({ err }, 'sending failed; it is tried again');
        this.#sleep(storeRetryMs);
      })
      .finally(() => this.#running.delete(watched));
    this.#running.add(watched);
  }

  #sleep(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#closing.signal.aborted) return;
    this.#timer = setTimeout(() => this.#look(), ms).unref();
  }

  async #forgetPayloads(): Promise<void> {
    const { store, now } = this.#needs;
    let forgotten = payloadsAtOnce;
    while (forgotten === payloadsAtOnce && !this.#closing.signal.aborted) {
      forgotten = await store.forgetStreamPayloads(now(), payloadsAtOnce);
    }
  }

  #dispatcher(kind: DeliveryKind, destination: string): Dispatcher {
    const key = `${kind} ${destination}`;
    const known = this.#dispatchers.get(key);
    if (known) return known;
    const { streamTargets, pushTargets } = this.#needs;
    const sender =
      kind === 'stream'
        ? new StreamSender({
            ...this.#needs,
            streamName: destination,
            target: streamTargets.get(destination),
          })
        : new PushSender({ ...this.#needs, platform: destination, targets: pushTargets });
    const parallel = kind === 'stream' ? 1 : pushParallel;
    const dispatcher = new Dispatcher({ ...this.#needs, kind, destination, sender, parallel });
    this.#dispatchers.set(key, dispatcher);
    return dispatcher;
  }
}
