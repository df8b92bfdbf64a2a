import type { SyncTriggerEvent } from '../domain/sync-trigger.ts';

/** Invokes the function that a pool has for its SyncTrigger event, wherever its ARN leads. */
export interface SyncTrigger {
  /**
   * The function's answer, parsed from JSON but not judged (`domain/sync-trigger.ts` does that). Rejects when the signal
   * is aborted, whatever the function does.
   *
   * @throws SyncTriggerError
   */
  invoke(functionArn: string, event: SyncTriggerEvent, signal: AbortSignal): Promise<unknown>;
  /**
   * Finds out whether the function can be reached, without running it where that is possible.
   *
   * @throws SyncTriggerError
   */
  probe(functionArn: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** `failed`: it threw, or is not there, or its answer is not JSON. `timeout`: no answer in time. `throttled`: told to come later. */
export class SyncTriggerError extends Error {
  override readonly name = 'SyncTriggerError';
  readonly kind: 'failed' | 'timeout' | 'throttled';

  constructor(kind: SyncTriggerError['kind'], message: string, options: { cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.kind = kind;
  }
}
