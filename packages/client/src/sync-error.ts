/** What went wrong, for programs. `docs/guides/client-errors.md` tells what to do about each. */
export type SyncErrorCode =
  /** The caller's signal, `close()`, or a change of identity ended it. */
  | 'ABORTED'
  /** The identity or the credentials were refused, or could not be had. */
  | 'AUTH'
  /** Other devices changed the same records in every pass. */
  | 'CONFLICT'
  /** Something is wrong in a value, a key or a name. */
  | 'INVALID'
  /** The request did not reach the service, or its answer did not reach us. */
  | 'NETWORK'
  /** What was asked for does not exist. */
  | 'NOT_FOUND'
  /** The device is offline. */
  | 'OFFLINE'
  /** More records or bytes than a dataset may have. */
  | 'QUOTA'
  /** The pool's function refused the change. */
  | 'REFUSED_BY_FUNCTION'
  /** The service failed. */
  | 'SERVICE'
  /** The device's storage failed. */
  | 'STORE'
  | 'THROTTLED'
  | 'TIMEOUT'
  /** There are changes that only this device has. */
  | 'UNSYNCED';

/** What is known of an error besides its code and message. */
export interface SyncErrorDetails {
  readonly cause?: unknown;
  readonly retryable?: boolean;
  /** The service's id of the request. */
  readonly requestId?: string | undefined;
  /** HTTP status. */
  readonly status?: number;
  /** The service's own name of the error, such as `ResourceConflictException`. */
  readonly serviceError?: string;
  readonly dataset?: string;
  readonly key?: string;
  /** How long the service asked us to wait. */
  readonly retryAfterMs?: number;
}

/** Every error that this package throws. */
export class SyncError extends Error {
  override readonly name = 'SyncError';
  readonly code: SyncErrorCode;
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  readonly requestId: string | undefined;
  readonly status: number | undefined;
  readonly serviceError: string | undefined;
  readonly dataset: string | undefined;
  readonly key: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: SyncErrorCode, message: string, details: SyncErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.retryable = details.retryable ?? false;
    this.requestId = details.requestId;
    this.status = details.status;
    this.serviceError = details.serviceError;
    this.dataset = details.dataset;
    this.key = details.key;
    this.retryAfterMs = details.retryAfterMs;
  }
}
