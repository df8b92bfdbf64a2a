import {
  type ErrorName,
  errorRow,
  type Operation,
  outputWriter,
  type Service,
  ServiceError,
  type Writer,
} from '@holdall/protocol';
import { parseJsonObject } from './json.ts';
import type { Failure, Protocol, RawMembers, Route, WireRequest } from './protocol.ts';
import { formDecode, parseQuery } from './query-string.ts';

interface Pattern {
  readonly route: Route;
  /** The path's segments: a literal, or the name of a member. */
  readonly segments: readonly ({ readonly literal: string } | { readonly label: string })[];
  readonly write: Writer | undefined;
}

/** The REST-JSON protocol, which every SDK since the end of 2014 speaks. */
export function restJson(services: readonly Service[]): Protocol {
  const patterns = new Map<string, Pattern[]>();
  const writers = new Map<Operation, Writer>();
  for (const service of services) {
    for (const [name, operation] of Object.entries(service.operations)) {
      const pattern = patternOf({ service, name, operation });
      const group = `${operation.method} ${pattern.segments.length}`;
      patterns.set(group, [...(patterns.get(group) ?? []), pattern]);
      if (pattern.write) writers.set(operation, pattern.write);
    }
  }
  return {
    contentType: 'application/json',
    route: (request) => {
      const segments = request.path.split('/').slice(1);
      for (const pattern of patterns.get(`${request.method} ${segments.length}`) ?? []) {
        const labels = match(pattern, segments);
        if (labels) return { ...pattern.route, labels };
      }
      throw new ServiceError(
        'UnknownOperationException',
        `There is no operation at ${request.method} ${request.path}`,
      );
    },
    members,
    success: (route, output) => {
      const write = writers.get(route.operation);
      return write ? JSON.stringify(write(output)) : '';
    },
    failure: jsonFailure,
  };
}

/** The error form of REST-JSON and of JSON 1.1: the type is in the body too, for clients that cannot read headers. */
export function jsonFailure(code: ErrorName, message: string, route: Route | undefined): Failure {
  const row = errorRow(code);
  // "Too large" is HTTP's word, not the service's, and clients act on the status alone.
  const isService = row.fault === 'client' && code !== 'RequestEntityTooLargeException';
  const flat = isService ? route?.service.flatStatus : undefined;
  const type = row.jsonName ?? code;
  return { status: flat ?? row.status, type, body: JSON.stringify({ __type: type, message }) };
}

function patternOf(route: Route): Pattern {
  const { path, output } = route.operation;
  return {
    route,
    segments: path
      .split('/')
      .slice(1)
      .map((segment) => (segment.startsWith('{') ? { label: segment.slice(1, -1) } : { literal: segment })),
    write: output && outputWriter(output, 'omit'),
  };
}

/** The raw labels if the path fits. They are decoded later, when the caller is known. */
function match(pattern: Pattern, segments: readonly string[]): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  for (const [index, wanted] of pattern.segments.entries()) {
    const segment = segments[index] ?? '';
    if ('label' in wanted) labels[wanted.label] = segment;
    else if (wanted.literal !== segment) return undefined;
  }
  return labels;
}

function members(request: WireRequest, { operation, labels }: Route): RawMembers {
  const parameters = parseQuery(request.query);
  const raw: Record<string, unknown> = hasBody(operation) ? { ...parseJsonObject(request.body) } : {};
  for (const [name, member] of Object.entries(operation.input)) {
    if (member.in === undefined) continue;
    // What REST puts elsewhere is never taken from the body.
    delete raw[name];
    const value =
      member.in === 'path'
        ? decodeLabel(labels?.[name] ?? '')
        : member.in === 'query'
          ? oneValue(parameters, member.wire ?? name)
          : request.headers.get((member.wire ?? name).toLowerCase());
    if (value !== undefined) raw[name] = value;
  }
  return raw;
}

function hasBody(operation: Operation): boolean {
  return Object.values(operation.input).some((member) => member.in === undefined);
}

/** Ids arrive percent-encoded or with a raw colon; each segment is decoded once. */
function decodeLabel(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ServiceError(
      'InvalidParameterException',
      `The path segment '${segment}' is not valid percent-encoding`,
    );
  }
}

/** Unset parameters are left out by every client, so an empty one says as much. */
function oneValue(parameters: ReadonlyMap<string, readonly string[]>, name: string): string | undefined {
  const values = parameters.get(name);
  if (values === undefined) return undefined;
  if (values.length > 1) {
    throw new ServiceError(
      'InvalidParameterException',
      `The query parameter '${name}' is given more than once`,
    );
  }
  if (values[0] === '') return undefined;
  return formDecode(values[0] ?? '');
}
