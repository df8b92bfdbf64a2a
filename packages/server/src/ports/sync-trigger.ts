/** Invokes the function that a pool has for its SyncTrigger event, wherever its ARN leads. */
export interface SyncTrigger {
  /**
   * The function's answer, parsed from JSON but not judged (`domain/sync-trigger.ts` does that).
   *
   * @throws SyncTriggerError
   */
  invoke(functionArn: string, event: SyncTriggerEvent, signal: AbortSignal): Promise<unknown>;
  /** Finds out whether the function can be reached, without running it where that is possible. */
  probe(functionArn: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Version 2 of the event, exactly as functions get it. */
export interface SyncTriggerEvent {
  readonly version: 2;
  readonly eventType: 'SyncTrigger';
  readonly region: string;
  readonly identityPoolId: string;
  readonly identityId: string;
  readonly datasetName: string;
  /** Every record of the dataset, touched or not. */
  readonly datasetRecords: Readonly<Record<string, TriggerRecord>>;
}

export interface TriggerRecord {
  readonly oldValue: string | null;
  readonly newValue: string | null;
  readonly op: 'replace' | 'remove';
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
