import { SyncError, type SyncErrorCode } from './sync-error.ts';

/** By the service's own name, without `Exception`. What is missing goes by its status. */
const codes: Readonly<Record<string, SyncErrorCode>> = {
  ResourceConflict: 'CONFLICT',
  ConcurrentModification: 'CONFLICT',
  ResourceNotFound: 'NOT_FOUND',
  LimitExceeded: 'QUOTA',
  TooManyRequests: 'THROTTLED',
  LambdaThrottled: 'THROTTLED',
  Throttling: 'THROTTLED',
  InvalidLambdaFunctionOutput: 'REFUSED_BY_FUNCTION',
  LambdaSocketTimeout: 'REFUSED_BY_FUNCTION',
  NotAuthorized: 'AUTH',
  InvalidSignature: 'AUTH',
  IncompleteSignature: 'AUTH',
  UnrecognizedClient: 'AUTH',
  ExpiredToken: 'AUTH',
  ExternalService: 'SERVICE',
};

const retryableCodes: ReadonlySet<SyncErrorCode> = new Set(['CONFLICT', 'NETWORK', 'SERVICE', 'THROTTLED']);

/** Nobody waits longer because one answer says so. */
const mostRetryAfterMs = 3_600_000;

/** What an answer that is not a success means. `json`: its body, undefined when it is not JSON. */
export function answerError(response: Response, json: unknown, now: number): SyncError {
  const body = (json ?? {}) as { __type?: unknown; message?: unknown; Message?: unknown };
  const named = response.headers.get('x-amzn-errortype') ?? body.__type;
  const serviceError = typeof named === 'string' ? bareName(named) : undefined;
  const requestId = response.headers.get('x-amzn-requestid') ?? undefined;
  const { status } = response;
  const code = codeOf(serviceError, status, json !== undefined);
  const said = body.message ?? body.Message;
  const message =
    typeof said === 'string'
      ? said
      : `${response.url || 'The address'} answered ${status} with something that is not an answer of the service.`;
  return new SyncError(code, message, {
    status,
    requestId,
    retryable: retryableCodes.has(code) || serviceError === 'LambdaSocketTimeoutException',
    ...(serviceError !== undefined && { serviceError }),
    ...retryAfter(response.headers.get('retry-after'), now),
  });
}

/** Whether the service refused because our clock is wrong. */
export function isClockSkew(error: unknown): boolean {
  return (
    error instanceof SyncError &&
    (error.serviceError === 'RequestTimeTooSkewed' ||
      (error.code === 'AUTH' && /Signature (expired|not yet current)/.test(error.message)))
  );
}

/** `ResourceConflictException:http://…`, or `com.amazonaws…#ResourceConflictException`. */
function bareName(name: string): string {
  return name.replace(/:.*$/, '').replace(/^.*#/, '');
}

function codeOf(serviceError: string | undefined, status: number, isJson: boolean): SyncErrorCode {
  const known = serviceError === undefined ? undefined : codes[serviceError.replace(/Exception$/, '')];
  if (known) return known;
  if (status >= 500) return 'SERVICE';
  if (status === 429) return 'THROTTLED';
  if (status === 409) return 'CONFLICT';
  // A page of a proxy or of a hotel's network: whatever its status, we have not spoken with the service.
  if (serviceError === undefined && !isJson) return 'NETWORK';
  return status === 401 || status === 403 ? 'AUTH' : 'INVALID';
}

function retryAfter(header: string | null, now: number): { retryAfterMs?: number } {
  if (header === null) return {};
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - now) / 1000;
  return Number.isNaN(seconds)
    ? {}
    : { retryAfterMs: Math.min(Math.max(0, seconds * 1000), mostRetryAfterMs) };
}
