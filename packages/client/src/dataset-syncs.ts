import { unlessAborted } from './eventual.ts';
import type { SyncResult } from './sync/report.ts';
import { SyncError } from './sync-error.ts';

/** What one `sync` is told. */
export interface SyncOptions {
  readonly signal?: AbortSignal;
  /** Only brings here what is new elsewhere. Default: both ways. */
  readonly direction?: 'both' | 'pull';
  /** Reads everything again, whatever the bookmark says. */
  readonly full?: boolean;
  /** Waits until the device is online instead of failing with `OFFLINE`. */
  readonly whenOnline?: boolean;
  /** Milliseconds for all of it, waiting included. Default: 120,000. */
  readonly timeoutMs?: number;
  /** Sends requests that outlive the page. */
  readonly keepalive?: boolean;
}

interface Round {
  options: SyncOptions;
  callers: number;
  readonly abort: AbortController;
  readonly done: Promise<SyncResult>;
  readonly start: () => void;
}

/**
 * The calls of `sync` on one dataset: at most one runs, and at most one waits behind it, for all who called since. Every
 * caller's promise settles; a round is aborted when none of its callers wants it any more.
 */
export class DatasetSyncs {
  readonly #run: (options: SyncOptions, signal: AbortSignal) => Promise<SyncResult>;
  #running: Round | undefined;
  #next: Round | undefined;
  #isClosed = false;

  constructor(run: (options: SyncOptions, signal: AbortSignal) => Promise<SyncResult>) {
    this.#run = run;
  }

  request(options: SyncOptions): Promise<SyncResult> {
    if (this.#isClosed) return Promise.reject(closed());
    this.#next ??= this.#round();
    const round = this.#next;
    round.options = round.callers === 0 ? options : joined(round.options, options);
    round.callers += 1;
    if (!this.#running) this.#start(round);
    const { signal } = options;
    if (!signal) return round.done;
    return unlessAborted(round.done, signal).catch((error) => {
      if (signal.aborted) {
        round.callers -= 1;
        if (round.callers === 0) this.#giveUp(round, signal.reason);
        throw new SyncError('ABORTED', 'The sync was aborted.', { cause: signal.reason });
      }
      throw error;
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const round of [this.#running, this.#next]) round?.abort.abort(closed());
  }

  #giveUp(round: Round, reason: unknown): void {
    round.abort.abort(reason);
    // Whoever calls now wants another.
    if (this.#next === round) this.#next = undefined;
  }

  #round(): Round {
    const abort = new AbortController();
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    const round: Round = {
      options: {},
      callers: 0,
      abort,
      start,
      done: started.then(() => this.#work(round)),
    };
    round.done.catch(() => undefined);
    return round;
  }

  #start(round: Round): void {
    this.#next = undefined;
    this.#running = round;
    round.start();
  }

  async #work(round: Round): Promise<SyncResult> {
    try {
      round.abort.signal.throwIfAborted();
      return await this.#run(round.options, round.abort.signal);
    } finally {
      this.#running = undefined;
      if (this.#next) this.#start(this.#next);
    }
  }
}

/** What serves both. */
function joined(one: SyncOptions, other: SyncOptions): SyncOptions {
  return {
    direction: one.direction === 'pull' && other.direction === 'pull' ? 'pull' : 'both',
    full: one.full === true || other.full === true,
    whenOnline: one.whenOnline === true || other.whenOnline === true,
    keepalive: one.keepalive === true || other.keepalive === true,
    ...longest(one.timeoutMs, other.timeoutMs),
  };
}

function longest(one: number | undefined, other: number | undefined): { timeoutMs?: number } {
  return one === undefined || other === undefined ? {} : { timeoutMs: Math.max(one, other) };
}

const closed = () => new SyncError('ABORTED', 'The client is closed.');
