import type { SyncTriggerEvent } from '../domain/sync-trigger.ts';
import type { Logger } from '../ports/logger.ts';
import { type SyncTrigger, SyncTriggerError } from '../ports/sync-trigger.ts';
import type { TriggerFunction } from './trigger-function.ts';

export interface TableEntry {
  readonly function: TriggerFunction;
  /** Events that may wait for an answer at one time. */
  readonly concurrency: number;
}

/** Developers choose the ARNs of pools, and may not fill the memory with them. */
const mostMissingRemembered = 1000;

/** The functions of this server by ARN, each with a limit to how many updates wait for it. */
export class FunctionTable implements SyncTrigger {
  readonly #entries: ReadonlyMap<string, TableEntry>;
  readonly #logger: Logger;
  readonly #inFlight = new Map<string, number>();
  readonly #missing = new Set<string>();
  /** Of what runs now. One signal for all of them would gather memory with every event (`AbortSignal.any` in Node 24). */
  readonly #running = new Set<AbortController>();
  #isClosed = false;

  constructor(entries: ReadonlyMap<string, TableEntry>, logger: Logger) {
    this.#entries = entries;
    this.#logger = logger;
  }

  async invoke(functionArn: string, event: SyncTriggerEvent, signal: AbortSignal): Promise<unknown> {
    const entry = this.#entries.get(functionArn);
    if (!entry) throw this.#notHere(functionArn);
    const inFlight = this.#inFlight.get(functionArn) ?? 0;
    if (inFlight >= entry.concurrency) {
      throw new SyncTriggerError('throttled', `${inFlight} updates are waiting for ${functionArn} already.`);
    }
    this.#inFlight.set(functionArn, inFlight + 1);
    try {
      return await this.#until(signal, (stop) => entry.function.invoke(event, stop));
    } catch (cause) {
      const error = asTriggerError(functionArn, cause, signal);
      if (error.kind !== 'throttled') {
        this.#logger.info({ functionArn, err: cause }, `SyncTrigger function ${outcome[error.kind]}`);
      }
      throw error;
    } finally {
      this.#inFlight.set(functionArn, (this.#inFlight.get(functionArn) ?? 1) - 1);
    }
  }

  async probe(functionArn: string, signal: AbortSignal): Promise<void> {
    const entry = this.#entries.get(functionArn);
    if (!entry) throw new SyncTriggerError('failed', `There is no function ${functionArn}.`);
    try {
      await this.#until(signal, (stop) => entry.function.probe(stop));
    } catch (cause) {
      throw asTriggerError(functionArn, cause, signal);
    }
  }

  /** What is running ends as failed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const running of this.#running) running.abort(closing());
    await Promise.all(Array.from(this.#entries.values(), (entry) => entry.function.close()));
  }

  /** Runs until the signal is aborted or the table is closed. */
  async #until<Result>(signal: AbortSignal, run: (stop: AbortSignal) => Promise<Result>): Promise<Result> {
    signal.throwIfAborted();
    if (this.#isClosed) throw closing();
    const running = new AbortController();
    const stop = () => running.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    this.#running.add(running);
    try {
      return await run(running.signal);
    } finally {
      signal.removeEventListener('abort', stop);
      this.#running.delete(running);
    }
  }

  #notHere(functionArn: string): SyncTriggerError {
    if (!this.#missing.has(functionArn) && this.#missing.size < mostMissingRemembered) {
      this.#missing.add(functionArn);
      this.#logger.info(
        { functionArn },
        'a pool has a SyncTrigger function that the configuration does not: updates are refused until it does',
      );
    }
    return new SyncTriggerError('failed', `There is no function ${functionArn}.`);
  }
}

function closing(): Error {
  return new Error('The server is closing.');
}

const outcome = { failed: 'failed', timeout: 'did not answer in time' } as const;

function asTriggerError(functionArn: string, cause: unknown, signal: AbortSignal): SyncTriggerError {
  if (cause instanceof SyncTriggerError) return cause;
  if (signal.aborted)
    return new SyncTriggerError('timeout', `${functionArn} did not answer in time.`, { cause });
  return new SyncTriggerError('failed', `${functionArn} failed: ${(cause as Error).message}`, { cause });
}
