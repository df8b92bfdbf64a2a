import {
  errorRow,
  type Operation,
  outputWriter,
  type Service,
  ServiceError,
  type Writer,
} from '@holdall/protocol';
import { parseJsonObject } from './json.ts';
import type { Failure, Protocol, RawMembers, Route, WireRequest } from './protocol.ts';
import { routeByTarget } from './target.ts';

/**
 * The RPC envelope of 2014: `POST /` with `X-Amz-Target: <namespace>.<service>.<Operation>` and
 * `{"Operation", "Service", "Input"}`; the answer is `{"Output": {"__type", …}, "Version": "1.0"}` with a null for
 * every member that is not set. How it put errors is not known; they are enveloped like its answers.
 */
export function rpc(services: readonly Service[]): Protocol {
  const byTarget = new Map(services.map((service) => [`${service.namespace}.${service.target}`, service]));
  return {
    contentType: 'application/json',
    route: (request) => routeByTarget(byTarget, request),
    members: envelopedInput,
    success: envelopedOutput(services),
    failure: (code, message, route) => envelopedFailure(errorRow(code).status, code, message, route),
  };
}

/** A writer for successes in the envelope, which the query form shares. */
export function envelopedOutput(services: readonly Service[]): Protocol['success'] {
  const writers = new Map<Operation, Writer>();
  for (const service of services) {
    for (const operation of Object.values(service.operations)) {
      writers.set(operation, outputWriter(operation.output ?? {}, 'null'));
    }
  }
  return ({ service, name, operation }, output) =>
    envelope(service.namespace, `${name}Response`, writers.get(operation)?.(output ?? {}) as object);
}

export function envelopedFailure(
  status: number,
  type: string,
  message: string,
  route: Route | undefined,
): Failure {
  const namespace = route?.service.namespace ?? 'com.amazonaws.cognito.sync.model';
  return { status, type, body: envelope(namespace, type, { message }) };
}

function envelope(namespace: string, type: string, members: object): string {
  return JSON.stringify({ Output: { __type: `${namespace}#${type}`, ...members }, Version: '1.0' });
}

function envelopedInput(request: WireRequest, { service, name }: Route): RawMembers {
  const { Operation: named, Input: input } = parseJsonObject(request.body);
  if (named !== undefined && named !== `${service.namespace}#${name}`) {
    throw new ServiceError(
      'SerializationException',
      `The body's Operation is not that of the target: ${name}`,
    );
  }
  if (input === undefined || input === null) return {};
  if (typeof input !== 'object' || Array.isArray(input)) {
    throw new ServiceError('SerializationException', "The body's Input is not a JSON object");
  }
  return input as RawMembers;
}
