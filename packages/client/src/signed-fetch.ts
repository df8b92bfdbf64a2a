import type { Clock } from './clock.ts';
import { unlessAborted } from './eventual.ts';
import type { Credentials } from './identity.ts';
import { answerError, isClockSkew } from './service-errors.ts';
import { signatureHeaders } from './sign.ts';
import { SyncError } from './sync-error.ts';

export interface ServiceRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the endpoint, percent-encoded, with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal: AbortSignal;
  /** Lets the request outlive the page; browsers allow 64 KB of such bodies. */
  readonly keepalive?: boolean;
}

export interface ConnectionOptions {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly region: string;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly observed: (request: ObservedRequest) => void;
}

/** A request and how it ended, for developer tools. */
export interface ObservedRequest {
  readonly method: string;
  readonly path: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly durationMs: number;
  /** Undefined when there was no answer. */
  readonly status: number | undefined;
  readonly requestId: string | undefined;
}

/** Browsers refuse more than 64 KB of bodies that outlive their page. */
const mostKeptAlive = 60_000;

/** Asks the service, signed by Signature Version 4, and keeps an eye on its clock. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #signingKeys = new Map<string, Promise<CryptoKey>>();
  #clockOffset = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get endpoint(): string {
    return this.#options.endpoint;
  }

  /** Epoch milliseconds by the service's clock, as well as we know it. */
  now(): number {
    return this.#options.clock.now() + this.#clockOffset;
  }

  /**
   * The JSON that the service answered.
   *
   * @throws SyncError
   */
  async ask(request: ServiceRequest, credentials: Credentials): Promise<unknown> {
    const offset = this.#clockOffset;
    try {
      return await this.#askOnce(request, credentials);
    } catch (error) {
      // A clock that is wrong looks like a wrong signature; now that we know the service's time, ask once more.
      if (!isClockSkew(error) || this.#clockOffset === offset) throw error;
      return this.#askOnce(request, credentials);
    }
  }

  #askOnce(request: ServiceRequest, credentials: Credentials): Promise<unknown> {
    return this.#inTime(request.signal, async (signal) => {
      const response = await this.#send(request, credentials, signal);
      const text = await response.text();
      const json = parsed(text);
      if (response.ok && json !== undefined) return json;
      throw answerError(response, json, this.#options.clock.now());
    });
  }

  /**
   * A response whose body goes on: in time are only its headers.
   *
   * @throws SyncError when it is not a success
   */
  async stream(request: ServiceRequest, credentials: Credentials): Promise<Response> {
    const response = await this.#inTime(request.signal, (signal) => this.#send(request, credentials, signal));
    if (response.ok) return response;
    throw answerError(response, parsed(await response.text()), this.#options.clock.now());
  }

  async #send(request: ServiceRequest, credentials: Credentials, signal: AbortSignal): Promise<Response> {
    const { endpoint, region, clock, fetch, observed } = this.#options;
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const url = new URL(endpoint + request.path);
    const signed = await signatureHeaders(
      { method: request.method, url, body },
      credentials,
      region,
      new Date(this.now()),
      this.#signingKeys,
    );
    const at = clock.now();
    let response: Response | undefined;
    try {
      response = await fetch(url.href, {
        method: request.method,
        headers: {
          ...request.headers,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...signed,
        },
        body: body ?? null,
        signal,
        ...(request.keepalive && (body?.length ?? 0) < mostKeptAlive && { keepalive: true }),
      });
      this.#learnTime(response);
      return response;
    } finally {
      const { method } = request;
      const path = request.path.replace(/(SessionToken=)[^&]+/i, '$1…');
      const requestId = response?.headers.get('x-amzn-requestid') ?? undefined;
      observed({ method, path, at, durationMs: clock.now() - at, status: response?.status, requestId });
    }
  }

  /** @throws SyncError `TIMEOUT`, `NETWORK`, what `work` threw, or the reason of the caller's signal */
  async #inTime<T>(caller: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, endpoint, timeoutMs } = this.#options;
    const timeout = new AbortController();
    const cancel = clock.setTimer(() => {
      const message = `No answer from ${endpoint} in ${timeoutMs} ms.`;
      timeout.abort(new SyncError('TIMEOUT', message, { retryable: true }));
    }, timeoutMs);
    try {
      const ends = AbortSignal.any([caller, timeout.signal]);
      // Not every `fetch` heeds the signal all the time.
      return await unlessAborted(work(ends), ends);
    } catch (error) {
      if (caller.aborted) throw caller.reason;
      if (timeout.signal.aborted) throw timeout.signal.reason;
      if (error instanceof SyncError) throw error;
      throw new SyncError('NETWORK', `${endpoint} could not be reached.`, { cause: error, retryable: true });
    } finally {
      cancel();
    }
  }

  /** The header has whole seconds, so small differences say nothing. */
  #learnTime(response: Response): void {
    const serverTime = Date.parse(response.headers.get('date') ?? '');
    if (Number.isNaN(serverTime) || !response.headers.has('x-amzn-requestid')) return;
    const offset = serverTime - this.#options.clock.now();
    if (Math.abs(offset - this.#clockOffset) > 2000) this.#clockOffset = Math.abs(offset) > 2000 ? offset : 0;
  }
}

/** Undefined for what is not a JSON object: an empty body is an object without members. */
function parsed(text: string): unknown {
  try {
    const json: unknown = text === '' ? {} : JSON.parse(text);
    return typeof json === 'object' && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}
