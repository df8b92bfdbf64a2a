import { type ErrorName, ServiceError } from '@holdall/protocol';
import { type Clock, sleep, systemClock } from '../clock.ts';
import { seededRandom } from './seeded-random.ts';
import { refuse } from './test-server/answer.ts';
import { findRoute, mannerOf } from './test-server/route.ts';

/** What can go wrong between a device and its service. */
export type Fault =
  /** The request takes so long to arrive; with another fault besides, that comes after. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** The service does it at once, and the answer takes so long. */
  | { readonly kind: 'late-answer'; readonly ms: number }
  /** The connection breaks before the service has seen the request. */
  | { readonly kind: 'lost-request' }
  /** The service does what it is asked, and the answer never arrives. */
  | { readonly kind: 'lost-answer' }
  /** Nothing ever comes back, until the caller aborts; the service has not seen the request. */
  | { readonly kind: 'silence' }
  /** The service answers with an error and does nothing. */
  | { readonly kind: 'error'; readonly error: ErrorName; readonly retryAfterSeconds?: number }
  /** The request arrives twice, as after a retry on the way; the second answer is the one that comes back. */
  | { readonly kind: 'twice' }
  /**
   * The body ends after so many bytes: with an error of the connection, or, when `unnoticed`, as if it were whole. The
   * status and headers are those of the service.
   */
  | { readonly kind: 'cut-body'; readonly bytes: number; readonly unnoticed?: boolean }
  /** A proxy on the way answers `502 Bad Gateway` in HTML. */
  | { readonly kind: 'bad-gateway' }
  /** A network that wants a sign-in of its own answers 200 with a page in HTML. */
  | { readonly kind: 'captive-portal' };

/** A request, as a plan sees it. */
export interface PlannedRequest {
  /** 0 for the first. */
  readonly index: number;
  /** Such as `ListRecords`; undefined for what names none. */
  readonly operation: string | undefined;
  readonly method: string;
  readonly url: string;
}

/** What goes wrong with a request: nothing, one thing, or several from the device to the service. */
export type FaultPlan = (request: PlannedRequest) => Fault | readonly Fault[] | undefined;

/** A request, and what went wrong with it. */
export interface FaultyRequest extends PlannedRequest {
  readonly faults: readonly Fault[];
}

/** A `fetch` with faults, and what it was asked. */
export interface FaultyFetch {
  readonly fetch: typeof fetch;
  /** While true no request gets anywhere. What is on its way already is not stopped. */
  offline: boolean;
  /** What was asked so far. */
  readonly requests: readonly FaultyRequest[];
}

/** A `fetch` that fails as planned. Every wait is on the given clock and ends when the caller aborts. */
export function withFaults(inner: typeof fetch, plan: FaultPlan, clock: Clock = systemClock): FaultyFetch {
  const requests: FaultyRequest[] = [];
  const faulty: FaultyFetch & { requests: FaultyRequest[] } = {
    offline: false,
    requests,
    async fetch(input, init) {
      const request = new Request(input, init);
      request.signal.throwIfAborted();
      if (faulty.offline) throw networkError();
      const planned = describe(request, requests.length);
      const faults = [plan(planned) ?? []].flat();
      requests.push({ ...planned, faults });
      // Where faults meet, the first is the nearest to the device.
      const send = faults.reduceRight<typeof fetch>((next, fault) => failing(next, fault, clock), inner);
      return send(request);
    },
  };
  return faulty;
}

/** What `seededFaults` is told. */
export interface SeededFaultOptions {
  /** How many of the requests fail, from 0 to 1: 0.3 when absent. */
  readonly rate?: number;
  /** What they fail with, each as likely as the others; a choice of all kinds when absent. */
  readonly faults?: readonly Fault[];
}

const usualFaults: readonly Fault[] = [
  { kind: 'latency', ms: 700 },
  { kind: 'late-answer', ms: 700 },
  { kind: 'lost-request' },
  { kind: 'lost-answer' },
  { kind: 'error', error: 'ResourceConflictException' },
  { kind: 'error', error: 'TooManyRequestsException', retryAfterSeconds: 2 },
  { kind: 'error', error: 'InternalErrorException' },
  { kind: 'twice' },
  { kind: 'cut-body', bytes: 10 },
  { kind: 'cut-body', bytes: 10, unnoticed: true },
  { kind: 'bad-gateway' },
  { kind: 'captive-portal' },
];

/** Faults at random, the same for the same seed and requests. */
export function seededFaults(
  seed: number,
  { rate = 0.3, faults = usualFaults }: SeededFaultOptions = {},
): FaultPlan {
  const random = seededRandom(seed);
  return () => {
    const fails = random() < rate;
    const fault = faults[Math.floor(random() * faults.length)];
    return fails ? fault : undefined;
  };
}

function describe({ method, url, headers }: Request, index: number): PlannedRequest {
  const route = findRoute({ method, path: new URL(url).pathname, headers });
  return { index, operation: route?.name, method, url };
}

/** `next` with one fault before it. */
function failing(next: typeof fetch, fault: Fault, clock: Clock): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    switch (fault.kind) {
      case 'latency':
        await sleep(clock, fault.ms, request.signal);
        return next(request);
      case 'late-answer': {
        const response = await next(request.clone());
        await sleep(clock, fault.ms, request.signal);
        return response;
      }
      case 'lost-request':
        throw networkError();
      case 'lost-answer':
        await discard(await next(request));
        throw networkError();
      case 'silence':
        return new Promise((_, reject) => {
          const { signal } = request;
          signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        });
      case 'error':
        return errorAnswer(request, fault, clock);
      case 'twice':
        await discard(await next(request.clone()));
        return next(request);
      case 'cut-body':
        return cutBody(await next(request), fault);
      case 'bad-gateway':
        return htmlAnswer(502, '<html><body><h1>502 Bad Gateway</h1></body></html>');
      case 'captive-portal':
        return htmlAnswer(200, '<html><body><h1>Welcome to our network</h1></body></html>');
    }
  };
}

/** What `fetch` throws for everything that is not an answer. */
function networkError(): TypeError {
  return new TypeError('Failed to fetch');
}

/** An answer that nobody reads must not keep its connection, nor a live stream. */
async function discard({ body }: Response): Promise<void> {
  await body?.cancel();
}

function errorAnswer(
  request: Request,
  { error, retryAfterSeconds }: Extract<Fault, { kind: 'error' }>,
  clock: Clock,
): Response {
  const { method, url, headers } = request;
  const named = { method, path: new URL(url).pathname, headers };
  const head = { requestId: 'fault', at: clock.now(), manner: mannerOf(named), route: findRoute(named) };
  const response = refuse(new ServiceError(error, `A planned fault: ${error}`), head);
  if (retryAfterSeconds !== undefined) response.headers.set('Retry-After', String(retryAfterSeconds));
  return response;
}

async function cutBody(
  response: Response,
  { bytes, unnoticed = false }: Extract<Fault, { kind: 'cut-body' }>,
): Promise<Response> {
  const part = new Uint8Array(await response.arrayBuffer()).slice(0, bytes);
  const { status, headers } = response;
  if (unnoticed) return new Response(part, { status, headers });
  let isSent = false;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (isSent) controller.error(new TypeError('terminated'));
      else if (part.length > 0) controller.enqueue(part);
      isSent = true;
    },
  });
  return new Response(stream, { status, headers });
}

function htmlAnswer(status: number, body: string): Response {
  return new Response(body, { status, headers: { 'Content-Type': 'text/html' } });
}
