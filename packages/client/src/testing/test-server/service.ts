import { readInput, ServiceError } from '@holdall/protocol';
import type { Clock } from '../../clock.ts';
import { type AnswerHead, asServiceError, refuse, succeed } from './answer.ts';
import type { CredentialBook } from './credentials.ts';
import type { AnyHandler } from './handlers.ts';
import { checkLength, findRoute, mannerOf, type Route, rawMembers } from './route.ts';
import type { Call, Caller } from './scene.ts';
import { checkSignature, readSignature, type WireRequest } from './signature.ts';

/** One request and how it was answered. */
export interface AnsweredRequest {
  /** Such as `ListRecords`; undefined for what names no operation. */
  readonly operation: string | undefined;
  readonly status: number;
  /** The service's name of the error. */
  readonly error?: string;
}

export interface Service {
  readonly fetch: (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;
  readonly requests: readonly AnsweredRequest[];
}

export interface ServiceParts {
  readonly handlers: Readonly<Record<string, AnyHandler>>;
  readonly credentials: CredentialBook;
  readonly region: string;
  readonly clock: Clock;
  readonly newUuid: () => string;
}

const rememberedRequests = 10_000;

/** The service as a `fetch`. */
export function createService(parts: ServiceParts): Service {
  const requests: AnsweredRequest[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  const note = (request: AnsweredRequest) => {
    if (requests.push(request) > rememberedRequests) requests.shift();
  };

  const answer = async (given: Request): Promise<Response> => {
    given.signal.throwIfAborted();
    const request = await wireRequest(given);
    const route = findRoute(request);
    const requestId = requestIdOf(request) ?? parts.newUuid();
    const head = { requestId, at: parts.clock.now(), manner: mannerOf(request), route };
    try {
      const response = succeed(...(await perform(parts, request, head, given.signal)), head);
      note({ operation: route?.name, status: response.status });
      return response;
    } catch (error) {
      const refusal = asServiceError(error);
      // A fault of the test server itself must not look like a service that fails.
      if (refusal.code === 'InternalErrorException') throw error;
      const response = refuse(refusal, head);
      note({ operation: route?.name, status: response.status, error: refusal.code });
      const { status, headers } = response;
      return request.method === 'HEAD' ? new Response(null, { status, headers }) : response;
    }
  };

  return {
    requests,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      // One at a time, so that the same requests always meet in the same order.
      const response = turn.then(() => answer(request));
      turn = response.catch(() => {});
      return unlessAborted(response, request.signal);
    },
  };
}

/** In the order of the service: who is not known learns nothing of what is there. */
async function perform(
  parts: ServiceParts,
  request: WireRequest,
  { route, at }: AnswerHead,
  signal: AbortSignal,
): Promise<[route: Route, output: unknown]> {
  const handler = route && Object.hasOwn(parts.handlers, route.name) ? parts.handlers[route.name] : undefined;
  if (!route || !handler) throw unknownOperation(request);
  const { operation, service } = route;
  checkLength(operation, request.body);
  const { caller, expiresAt } = operation.callers.includes('anyone')
    ? nobody
    : await authenticate(parts, request, service.signingName, at);
  const raw = rawMembers(request, route);
  permit(operation.callers.includes(caller.kind), caller, raw);
  const input = readInput(operation.input, raw, service.constraintError);
  const call: Call = { caller, at, expiresAt, signal };
  return [route, await handler(input as never, call)];
}

const nobody = { caller: { kind: 'anyone' }, expiresAt: undefined } as const;

async function authenticate(
  { credentials, region }: ServiceParts,
  request: WireRequest,
  service: string,
  now: number,
): Promise<Pick<Call, 'caller' | 'expiresAt'>> {
  const signature = readSignature(request);
  const found = credentials.find(signature.accessKeyId, signature.sessionToken, now);
  await checkSignature(request, signature, found.secretAccessKey, { region, service, now });
  return found;
}

/** An identity's credentials reach its own data. */
function permit(isForSuch: boolean, caller: Caller, raw: Readonly<Record<string, unknown>>): void {
  const isReached =
    caller.kind !== 'identity' ||
    (raw.IdentityPoolId === caller.poolId && raw.IdentityId === caller.identityId);
  if (isForSuch && isReached) return;
  throw new ServiceError(
    'NotAuthorizedException',
    'These credentials are not valid for accessing this resource',
  );
}

function unknownOperation({ method, path, headers }: WireRequest): ServiceError {
  const where =
    path === '/' ? `with the target '${headers.get('x-amz-target') ?? ''}'` : `at ${method} ${path}`;
  return new ServiceError('UnknownOperationException', `There is no operation ${where}`);
}

/** Clients may choose it themselves. */
function requestIdOf({ headers }: WireRequest): string | undefined {
  const given = headers.get('x-amzn-requestid');
  return given !== null && /^[\w-]{1,64}$/.test(given) ? given : undefined;
}

async function wireRequest(request: Request): Promise<WireRequest> {
  const { pathname, search, host } = new URL(request.url);
  return {
    method: request.method,
    host,
    path: pathname,
    query: search.slice(1),
    headers: request.headers,
    body: new Uint8Array(await request.arrayBuffer()),
  };
}

/** Who has gone away gets no answer, though what was asked for may have been done. */
function unlessAborted(response: Promise<Response>, signal: AbortSignal): Promise<Response> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const stopListening = () => signal.removeEventListener('abort', abort);
    response.then(resolve, reject).finally(stopListening);
  });
}
