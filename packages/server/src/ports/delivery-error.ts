/**
 * Why a delivery failed, in the terms that decide what happens next.
 *
 * - `unavailable`: down, slow, throttling; the same delivery is tried again later.
 * - `refused`: the receiver will never take this one message (too large, a token that is none).
 * - `gone`: the receiver will take none at all until a person acts (no such stream, access denied).
 */
export type DeliveryFailure = 'unavailable' | 'refused' | 'gone';

export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  readonly failure: DeliveryFailure;
  /** Of a batch, how many from its beginning are known to have arrived. */
  readonly delivered: number;
  /** When the receiver said how long to wait. */
  readonly retryAfterMs: number | undefined;
  /**
   * Whether it says nothing of other messages to the same target: the device chose its receiver itself, or was told too
   * often.
   */
  readonly isAboutOne: boolean;

  constructor(
    failure: DeliveryFailure,
    message: string,
    options: { cause?: unknown; delivered?: number; retryAfterMs?: number; isAboutOne?: boolean } = {},
  ) {
    super(message, { cause: options.cause });
    this.failure = failure;
    this.delivered = options.delivered ?? 0;
    this.retryAfterMs = options.retryAfterMs;
    this.isAboutOne = options.isAboutOne ?? failure === 'refused';
  }
}
