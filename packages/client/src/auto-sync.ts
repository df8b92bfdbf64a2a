import type { Clock } from './clock.ts';
import type { Connectivity } from './connectivity.ts';
import type { RetryPolicy } from './retry.ts';
import { SyncError } from './sync-error.ts';

/** When a dataset is synchronised without being asked. */
export interface AutoSyncOptions {
  /** Milliseconds without another edit before edits are sent. Default: 500. */
  readonly debounceMs?: number;
  /** Milliseconds after which edits are sent although others follow. Default: 5,000. */
  readonly mostWaitMs?: number;
  /**
   * Milliseconds between looks at the service while nothing is live; they grow to ten times that while nothing happens.
   * Default: 60,000.
   */
  readonly pollMs?: number;
}

export interface AutoSyncNeeds {
  readonly clock: Clock;
  readonly random: () => number;
  readonly retry: RetryPolicy;
  readonly connectivity: Connectivity;
  /** Whether changes elsewhere are told as they happen. */
  readonly isLive: () => boolean;
  readonly pending: () => number;
  readonly syncCount: () => number;
  readonly sync: (options: { keepalive?: boolean }) => Promise<{ pulled: object } | undefined>;
}

/** Decides when one dataset is synchronised without being asked. */
export class AutoSync {
  readonly #options: Required<AutoSyncOptions>;
  readonly #needs: AutoSyncNeeds;
  #due: { readonly at: number; readonly cancel: () => void } | undefined;
  #firstEditAt: number | undefined;
  /** The count that the service is known to have. */
  #wantedCount = 0;
  /** Look whether there is anything, although nobody said so. */
  #shallLook = false;
  #failures = 0;
  #quietLooks = 0;
  #isClosed = false;

  constructor(options: AutoSyncOptions, needs: AutoSyncNeeds) {
    this.#options = { debounceMs: 500, mostWaitMs: 5000, pollMs: 60_000, ...options };
    this.#needs = needs;
  }

  /** Something was edited here. */
  edited(): void {
    this.#quietLooks = 0;
    // After a failure the service decides the pace, not the user's typing.
    if (this.#failures > 0) return;
    const now = this.#needs.clock.now();
    this.#firstEditAt ??= now;
    const rest = this.#firstEditAt + this.#options.mostWaitMs - now;
    this.#schedule(Math.max(0, Math.min(this.#options.debounceMs, rest)));
  }

  /** The service has the dataset at this count. Own changes come back too: they are known when it is due. */
  changedElsewhere(syncCount: number, delayMs: number): void {
    if (syncCount <= this.#needs.syncCount()) return;
    this.#wantedCount = Math.max(this.#wantedCount, syncCount);
    this.#quietLooks = 0;
    this.#scheduleBefore(delayMs);
  }

  /** The app started, came back, or is online again. */
  now(): void {
    this.#failures = 0;
    this.#shallLook = true;
    this.#scheduleBefore(0);
  }

  /** The page may be about to end. */
  leaving(): void {
    if (this.#needs.pending() === 0 || !this.#needs.connectivity.isOnline) return;
    this.#needs.sync({ keepalive: true }).catch(() => undefined);
  }

  close(): void {
    this.#isClosed = true;
    this.#due?.cancel();
  }

  #scheduleBefore(ms: number): void {
    if (!this.#due || this.#due.at > this.#needs.clock.now() + ms) this.#schedule(ms);
  }

  #schedule(ms: number): void {
    if (this.#isClosed) return;
    const { clock } = this.#needs;
    this.#due?.cancel();
    this.#due = { at: clock.now() + ms, cancel: clock.setTimer(() => void this.#run(), ms) };
  }

  async #run(): Promise<void> {
    this.#due = undefined;
    const { connectivity, pending, syncCount, sync } = this.#needs;
    const isWanted = this.#shallLook || pending() > 0 || this.#wantedCount > syncCount();
    if (!connectivity.isOnline) return;
    if (!isWanted) return this.#lookLater();
    this.#firstEditAt = undefined;
    this.#shallLook = false;
    try {
      await sync({});
      this.#failures = 0;
      if (pending() > 0) this.edited();
      else this.#lookLater();
    } catch (error) {
      this.#retry(error);
    }
  }

  /** What may pass is tried again for ever; anything else when something changes, or at the next look. */
  #retry(error: unknown): void {
    if (!(error instanceof SyncError && error.retryable)) {
      this.#lookLater();
      return;
    }
    this.#failures += 1;
    this.#shallLook = true;
    this.#schedule(this.#needs.retry(Math.min(this.#failures, 12), error) ?? this.#options.pollMs);
  }

  /** Less and less often while there is nothing to see; rarely while changes are told as they happen. */
  #lookLater(): void {
    const { connectivity, isLive, random } = this.#needs;
    if (!connectivity.isOnline || !connectivity.isVisible) return;
    this.#quietLooks += 1;
    const slowness = isLive() ? 10 : Math.min(10, 2 ** (this.#quietLooks / 4));
    this.#shallLook = true;
    this.#scheduleBefore(this.#options.pollMs * slowness * (0.75 + random() / 2));
  }
}
