import {
  errorRow,
  outputFault,
  readInput,
  type Service,
  ServiceError,
  usualBodyBytes,
} from '@holdall/protocol';
import type { Caller } from '../domain/caller.ts';
import type { Instant } from '../domain/dataset.ts';
import type { Call } from '../operations/handler.ts';
import type { AuditLog } from '../ports/audit-log.ts';
import type { CredentialSource } from '../ports/credential-source.ts';
import type { EventStream } from '../ports/event-stream.ts';
import { auditEvent } from './audit.ts';
import { authenticate } from './authenticate.ts';
import { crossOriginHeaders, preflight } from './cross-origin.ts';
import type { Observer } from './observer.ts';
import { permit } from './permit.ts';
import type { Protocol, RawMembers, Route, WireRequest, WireResponse } from './protocol.ts';
import { protocolFinder } from './protocols.ts';

/** A handler as the edge sees it: the row vouches for the types. */
export type AnyHandler = (input: never, call: Call) => Promise<unknown>;

/** A service with a handler for each of its rows. */
export interface ServedService {
  readonly service: Service;
  readonly handlers: Readonly<Record<string, AnyHandler>>;
}

export interface EdgeOptions {
  readonly services: readonly ServedService[];
  readonly credentials: CredentialSource;
  readonly region: string;
  readonly observer: Observer;
  readonly audit: AuditLog;
  readonly now: () => Instant;
  readonly newUuid: () => string;
  /** For tests and development: an answer or an error that the row does not promise becomes a fault. */
  readonly checkHandlers: boolean;
}

/** Answers one request; never rejects. */
export type Edge = (request: WireRequest) => Promise<WireResponse>;

/** What is known of a request so far. */
interface Progress {
  readonly at: Instant;
  route: Route | undefined;
  caller: Caller | undefined;
  raw: RawMembers | undefined;
  output: unknown;
}

export function createEdge(options: EdgeOptions): Edge {
  const { observer, audit, now, newUuid } = options;
  const protocolOf = protocolFinder(options.services.map(({ service }) => service));

  return async (request) => {
    if (request.method === 'OPTIONS') return preflight(request);
    const startedAt = performance.now();
    const requestId = requestIdOf(request) ?? newUuid();
    const protocol = protocolOf(request);
    const progress: Progress = {
      at: now(),
      route: undefined,
      caller: undefined,
      raw: undefined,
      output: undefined,
    };
    let response: WireResponse;
    let refusal: ServiceError | undefined;
    try {
      response = await answer(options, protocol, request, requestId, progress);
    } catch (error) {
      refusal = asServiceError(error);
      if (errorRow(refusal.code).fault === 'server') {
        observer.failed(requestId, progress.route?.name, refusal.cause ?? refusal);
      }
      response = refuse(protocol, requestId, refusal, progress.route);
    }
    const event = auditEvent({ request, requestId, refusal, ...progress });
    if (event) audit.record(event);
    observer.answered({
      requestId,
      method: request.method,
      operation: progress.route?.name,
      caller: progress.caller?.kind,
      status: response.status,
      error: refusal?.code,
      durationMs: performance.now() - startedAt,
    });
    return response;
  };
}

/**
 * The life of a request. The order is part of the wire: who is not known learns nothing of what is there, and who may
 * not call learns nothing of what is valid.
 */
async function answer(
  options: EdgeOptions,
  protocol: Protocol,
  request: WireRequest,
  requestId: string,
  progress: Progress,
): Promise<WireResponse> {
  const { at } = progress;
  const route = protocol.route(request);
  progress.route = route;
  checkLength(route, request);
  const authenticated = authenticate(route, request, options.credentials, options.region, at);
  const caller = authenticated instanceof Promise ? await authenticated : authenticated;
  progress.caller = caller;
  const raw = protocol.members(request, route);
  progress.raw = raw;
  permit(route.operation, caller, raw);
  protocol.checkRequired?.(raw, route);
  const input = readInput(route.operation.input, raw, route.service.constraintError);
  const output = await handle(options, route, input, { caller, at });
  if (route.operation.streams) return goOn(requestId, output as EventStream);
  progress.output = output;
  return succeed(protocol, requestId, protocol.success(route, output, requestId));
}

/** Before anything reads the body: to parse a long one costs more than to refuse it. */
function checkLength({ operation }: Route, { body }: WireRequest): void {
  const most = operation.mostBodyBytes ?? usualBodyBytes;
  if (body.length <= most) return;
  throw new ServiceError('RequestEntityTooLargeException', `The request body is longer than ${most} bytes`);
}

async function handle(options: EdgeOptions, route: Route, input: unknown, call: Call): Promise<unknown> {
  const served = options.services.find(({ service }) => service === route.service);
  const handler = served?.handlers[route.name];
  if (!handler) throw new Error(`${route.name} has no handler.`);
  if (!options.checkHandlers) return handler(input as never, call);

  const output = await handler(input as never, call).catch((error: unknown) => {
    if (error instanceof ServiceError && !route.operation.errors.includes(error.code)) {
      throw new Error(`${route.name} does not declare ${error.code}.`, { cause: error });
    }
    throw error;
  });
  const fault = !route.operation.streams && outputFault(route.operation.output ?? {}, output ?? {});
  if (fault) throw new Error(`${route.name}: ${fault}`);
  return output;
}

function asServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  return new ServiceError('InternalErrorException', 'An internal error occurred.', { cause: error });
}

/** The RPC clients of 2014 chose the id themselves. */
function requestIdOf(request: WireRequest): string | undefined {
  const given = request.headers.get('x-amzn-requestid');
  return given !== undefined && /^[\w-]{1,64}$/.test(given) ? given : undefined;
}

function succeed(protocol: Protocol, requestId: string, body: string): WireResponse {
  return {
    status: 200,
    headers: ['Content-Type', protocol.contentType, 'x-amzn-RequestId', requestId, ...crossOriginHeaders],
    body,
  };
}

function goOn(requestId: string, stream: EventStream): WireResponse {
  return {
    status: 200,
    headers: [
      'Content-Type',
      'text/event-stream',
      'Cache-Control',
      'no-store',
      // nginx would keep events back until it has a page of them.
      'X-Accel-Buffering',
      'no',
      'x-amzn-RequestId',
      requestId,
      ...crossOriginHeaders,
    ],
    body: '',
    stream,
  };
}

export function refuse(
  protocol: Protocol,
  requestId: string,
  error: ServiceError,
  route: Route | undefined,
): WireResponse {
  const { status, type, body } = protocol.failure(error.code, error.message, route, requestId);
  return {
    status,
    headers: [
      'Content-Type',
      protocol.contentType,
      'x-amzn-RequestId',
      requestId,
      // The original ends the type with a colon; SDKs cut at the first.
      'x-amzn-ErrorType',
      `${type}:`,
      'x-amzn-ErrorMessage',
      headerText(error.message),
      ...crossOriginHeaders,
    ],
    body,
  };
}

const mostHeaderCharacters = 1024;

/** The message in one line of visible ASCII: a header holds nothing else. */
function headerText(message: string): string {
  return message
    .slice(0, mostHeaderCharacters)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .trim();
}
