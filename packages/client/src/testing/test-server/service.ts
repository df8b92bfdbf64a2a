import { readInput, ServiceError } from '@holdall/protocol';
import type { Clock } from '../../clock.ts';
import { type AnswerHead, asServiceError, refuse, succeed } from './answer.ts';
import type { ChangeStreams } from './change-streams.ts';
import type { CredentialBook } from './credentials.ts';
import { identityHandlers } from './identity-handlers.ts';
import { checkLength, findRoute, match, type Route, rawMembers } from './route.ts';
import { type Call, disabled, type Caller, notFound, type Scene } from './scene.ts';
import { checkSignature, readSignature, type WireRequest } from './signature.ts';
import { syncHandlers } from './sync-handlers.ts';

/** One request and how it was answered. */
export interface AnsweredRequest {
  /** Such as `ListRecords`; `changes` for the live stream; undefined for what names nothing. */
  readonly operation: string | undefined;
  readonly status: number;
  /** The service's name of the error. */
  readonly error?: string;
}

export interface Service {
  readonly fetch: (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;
  readonly requests: readonly AnsweredRequest[];
}

interface ServiceParts {
  readonly scene: Scene;
  readonly credentials: CredentialBook;
  readonly accountId: string;
  readonly clock: Clock;
  readonly streams: ChangeStreams;
}

type AnyHandler = (input: never, call: Call) => unknown;

const rememberedRequests = 10_000;
const changesPath = '/identitypools/{IdentityPoolId}/identities/{IdentityId}/changes';

/** The service as a `fetch`. */
export function createService(parts: ServiceParts): Service {
  const handlers: Readonly<Record<string, AnyHandler>> = {
    ...syncHandlers(parts.scene),
    ...identityHandlers(parts.scene, parts.credentials, parts.accountId),
  };
  const requests: AnsweredRequest[] = [];
  let turn: Promise<unknown> = Promise.resolve();

  const answer = async (given: Request): Promise<Response> => {
    given.signal.throwIfAborted();
    const request = await wireRequest(given);
    const head: AnswerHead = { requestId: parts.scene.newUuid(), at: parts.clock.now() };
    const route = findRoute(request);
    const labels = request.method === 'GET' ? match(changesPath.split('/'), request.path.split('/')) : undefined;
    const operation = labels ? 'changes' : route?.name;
    try {
      const response = labels
        ? await openStream(parts, request, labels, given.signal, head)
        : await answerOperation(parts, handlers, request, route, head);
      note({ operation, status: response.status });
      return response;
    } catch (error) {
      const refusal = asServiceError(error);
      const response = refuse(refusal, route, head);
      note({ operation, status: response.status, error: refusal.code });
      // A fault of the test server itself must not look like a service that is down.
      if (refusal.code === 'InternalErrorException') throw refusal.cause;
      return response;
    }
  };

  const note = (request: AnsweredRequest) => {
    if (requests.push(request) > rememberedRequests) requests.shift();
  };

  return {
    requests,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      // One at a time, so that the same requests always meet in the same order.
      const response = turn.then(() => answer(request));
      turn = response.catch(() => {});
      return orAborted(response, request.signal);
    },
  };
}

async function answerOperation(
  parts: ServiceParts,
  handlers: Readonly<Record<string, AnyHandler>>,
  request: WireRequest,
  route: Route | undefined,
  head: AnswerHead,
): Promise<Response> {
  const { at } = head;
  const handler = route && Object.hasOwn(handlers, route.name) ? handlers[route.name] : undefined;
  if (!route || !handler) throw unknownOperation(request, route);
  const { operation, service } = route;
  checkLength(operation, request.body);
  const caller = operation.callers.includes('anyone')
    ? ({ kind: 'anyone' } as const)
    : (await authenticate(parts, request, service.signingName, at)).caller;
  const raw = rawMembers(request, route);
  permit(operation.callers.includes(caller.kind), caller, raw);
  const input = readInput(operation.input, raw, service.constraintError);
  const output = await handler(input as never, { caller, at });
  return succeed(route, output, head);
}

async function openStream(
  parts: ServiceParts,
  request: WireRequest,
  labels: Readonly<Record<string, string>>,
  signal: AbortSignal,
  { requestId, at }: AnswerHead,
): Promise<Response> {
  const { caller, expiresAt } = await authenticate(parts, request, 'cognito-sync', at);
  const path = Object.fromEntries(Object.entries(labels).map(([name, text]) => [name, decodeURIComponent(text)]));
  permit(true, caller, path);
  const identity = parts.scene.kept.identities.get(path.IdentityId ?? '');
  if (identity?.poolId !== path.IdentityPoolId) throw notFound('Identity', path.IdentityId ?? '');
  if (identity?.disabled) throw disabled(identity);
  if (!identity) throw notFound('Identity', path.IdentityId ?? '');
  const lastEventId = request.headers.get('last-event-id') ?? undefined;
  const stream = parts.streams.open({ identity, lastEventId, expiresAt, signal });
  return new Response(stream, {
    status: 200,
    headers: {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'x-amzn-RequestId': requestId,
      Date: new Date(at).toUTCString(),
    },
  });
}

async function authenticate({ credentials, scene }: ServiceParts, request: WireRequest, service: string, at: number) {
  const signature = readSignature(request);
  const found = credentials.find(signature.accessKeyId, signature.sessionToken, at);
  await checkSignature(request, signature, found.secretAccessKey, { region: scene.region, service, now: at });
  return found;
}

/** An identity's credentials reach its own data. */
function permit(isCallers: boolean, caller: Caller, raw: Readonly<Record<string, unknown>>): void {
  const isReached =
    caller.kind !== 'identity' ||
    (raw.IdentityPoolId === caller.poolId && raw.IdentityId === caller.identityId);
  if (isCallers && isReached) return;
  throw new ServiceError(
    'NotAuthorizedException',
    'These credentials are not valid for accessing this resource',
  );
}

function unknownOperation({ method, path, headers }: WireRequest, route: Route | undefined): ServiceError {
  const target = headers.get('x-amz-target') ?? '';
  const asked = path === '/' ? `with the target '${target}'` : `at ${method} ${path}`;
  const why = route ? ` in the test server` : '';
  return new ServiceError('UnknownOperationException', `There is no operation ${asked}${why}`);
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
function orAborted(response: Promise<Response>, signal: AbortSignal): Promise<Response> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const stopListening = () => signal.removeEventListener('abort', abort);
    response.then(resolve, reject).finally(stopListening);
  });
}
