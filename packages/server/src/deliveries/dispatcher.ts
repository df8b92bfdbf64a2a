import type { Instant } from '../domain/dataset.ts';
import type { DeliveryKind } from '../domain/outbox.ts';
import type { Settlement } from '../ports/outbox.ts';
import type { Store } from '../ports/store.ts';
import type { Sender } from './sender.ts';

export interface DispatcherNeeds {
  readonly kind: DeliveryKind;
  readonly destination: string;
  readonly sender: Sender;
  /** How many batches are on their way at once. */
  readonly parallel: number;
  readonly store: Pick<Store, 'claimLanes' | 'settleLanes'>;
  readonly now: () => Instant;
  readonly newUuid: () => string;
}

/** Twice what a send may take, so that nobody else sends what is still on its way. */
const leaseMs = 60_000;

/** Sends what is queued for one destination until there is no more to send now. */
export class Dispatcher {
  readonly #needs: DispatcherNeeds;
  #running: Promise<void> | undefined;
  #wokenAgain = false;

  constructor(needs: DispatcherNeeds) {
    this.#needs = needs;
  }

  get pausedUntil(): Instant {
    return this.#needs.sender.pausedUntil;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Resolves when there is nothing more to send now. Rejects when the store fails. */
  run(signal: AbortSignal): Promise<void> {
    this.#wokenAgain = true;
    this.#running ??= this.#runAll(signal).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #runAll(signal: AbortSignal): Promise<void> {
    while (this.#wokenAgain && !this.#mustWait(signal)) {
      this.#wokenAgain = false;
      const sending = Array.from({ length: this.#needs.parallel }, () => this.#send(signal));
      // All of them end before this does, also where one fails: what they hold is settled.
      const failed = (await Promise.allSettled(sending)).find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
    }
  }

  async #send(signal: AbortSignal): Promise<void> {
    const { store, sender } = this.#needs;
    let settlements: readonly Settlement[] = [];
    for (;;) {
      // Both go into one commit, and the lanes that are settled can be claimed again.
      const settling = settlements.length > 0 ? store.settleLanes(settlements) : undefined;
      const claiming = this.#mustWait(signal) ? [] : this.#claim();
      const [claimed] = await Promise.all([claiming, settling]);
      if (claimed.length === 0) return;
      settlements = await sender.send(claimed, signal);
    }
  }

  #claim() {
    const { kind, destination, store, sender, now, newUuid } = this.#needs;
    const at = now();
    return store.claimLanes({
      kind,
      destination,
      at,
      until: at + leaseMs,
      lease: newUuid(),
      ...sender.claimSize(),
    });
  }

  #mustWait(signal: AbortSignal): boolean {
    return signal.aborted || this.pausedUntil > this.#needs.now();
  }
}
