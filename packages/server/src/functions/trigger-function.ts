import type { SyncTriggerEvent } from '../domain/sync-trigger.ts';

/** One function, wherever it runs. Whatever it throws means that it failed, or was too slow if the signal was aborted. */
export interface TriggerFunction {
  /**
   * The answer, parsed. Settles soon after the signal is aborted.
   *
   * @throws SyncTriggerError `throttled`
   */
  invoke(event: SyncTriggerEvent, signal: AbortSignal): Promise<unknown>;
  /** Resolves if it can be reached. */
  probe(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** The most that an answer may have, wherever it comes from; AWS Lambda's own limit. */
export const mostAnswerBytes = 6 * 1024 * 1024;

export class AnswerTooLongError extends Error {
  override readonly name = 'AnswerTooLongError';
  constructor() {
    super(`The function answered more than ${mostAnswerBytes} bytes.`);
  }
}
