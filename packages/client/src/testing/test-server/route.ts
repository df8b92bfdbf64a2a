import {
  extensionService,
  identityService,
  type Operation,
  type Service,
  ServiceError,
  syncService,
  usualBodyBytes,
} from '@holdall/protocol';
import type { WireRequest } from './signature.ts';

/** REST has a path for each operation; JSON 1.1 has one for all, and a header that names the operation. */
export type Manner = 'rest' | 'json';

/** The row that a request names. */
export interface Route {
  readonly service: Service;
  readonly name: string;
  readonly operation: Operation;
  readonly manner: Manner;
  /** What the path says of the input, as it was sent. */
  readonly labels: Readonly<Record<string, string>>;
}

const services: readonly Service[] = [syncService, identityService, extensionService];

type RoutedBy = Pick<WireRequest, 'method' | 'path' | 'headers'>;

export function mannerOf({ method, path, headers }: RoutedBy): Manner {
  return path === '/' && method === 'POST' && headers.has('x-amz-target') ? 'json' : 'rest';
}

/** Undefined when the request names no operation in the two manners that the test server knows. */
export function findRoute(request: RoutedBy): Route | undefined {
  return mannerOf(request) === 'json'
    ? findByTarget(request.headers.get('x-amz-target') ?? '')
    : findByPath(request.method, request.path.split('/'));
}

function findByTarget(asked: string): Route | undefined {
  const [prefix, name = '', ...rest] = asked.split('.');
  const service = services.find(({ target, restOnly }) => target === prefix && !restOnly);
  if (!service || rest.length > 0 || !Object.hasOwn(service.operations, name)) return undefined;
  const operation = service.operations[name];
  return operation && { service, name, operation, manner: 'json', labels: {} };
}

function findByPath(method: string, segments: readonly string[]): Route | undefined {
  for (const service of services) {
    if (!service.rest) continue;
    for (const [name, operation] of Object.entries(service.operations)) {
      const labels = operation.method === method && match(operation.path.split('/'), segments);
      if (labels) return { service, name, operation, manner: 'rest', labels };
    }
  }
  return undefined;
}

/** The labels if the path has this pattern. */
function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const labels: Record<string, string> = {};
  for (const [index, wanted] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (wanted.startsWith('{')) labels[wanted.slice(1, -1)] = segment;
    else if (wanted !== segment) return undefined;
  }
  return labels;
}

/** What the request brings for each member, not yet read. */
export function rawMembers(
  request: WireRequest,
  { operation, manner, labels }: Route,
): Record<string, unknown> {
  if (manner === 'json') return jsonBody(request.body);
  const members = Object.entries(operation.input);
  const raw = members.some(([, member]) => member.in === undefined) ? jsonBody(request.body) : {};
  const parameters = queryParameters(request.query);
  for (const [name, member] of members) {
    if (member.in === undefined) continue;
    // What has its place elsewhere is never taken from the body.
    delete raw[name];
    const wire = member.wire ?? name;
    const value =
      member.in === 'path'
        ? decodedLabel(labels[name] ?? '')
        : member.in === 'query'
          ? oneValue(parameters.get(wire) ?? [], wire)
          : (request.headers.get(wire) ?? undefined);
    if (value !== undefined) raw[name] = value;
  }
  return raw;
}

/** @throws ServiceError when the body is longer than any that could be right */
export function checkLength({ mostBodyBytes = usualBodyBytes }: Operation, { length }: Uint8Array): void {
  if (length <= mostBodyBytes) return;
  throw new ServiceError(
    'RequestEntityTooLargeException',
    `The request body is longer than ${mostBodyBytes} bytes`,
  );
}

function jsonBody(body: Uint8Array): Record<string, unknown> {
  if (body.length === 0) return {};
  const parsed = parse(utf8Text(body));
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  throw serialization('The request body is not a JSON object');
}

function utf8Text(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw serialization('The request body is not UTF-8');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw serialization('The request body is not valid JSON');
  }
}

function queryParameters(query: string): ReadonlyMap<string, readonly string[]> {
  const parameters = new Map<string, string[]>();
  for (const part of query.split('&')) {
    if (part === '') continue;
    const [name = '', ...value] = part.split('=');
    const decoded = formDecoded(name) ?? name;
    parameters.set(decoded, [...(parameters.get(decoded) ?? []), value.join('=')]);
  }
  return parameters;
}

function oneValue(values: readonly string[], name: string): string | undefined {
  const [value, ...others] = values;
  if (others.length > 0) throw invalid(`The query parameter '${name}' is given more than once`);
  // Nobody sends an empty parameter on purpose.
  if (value === undefined || value === '') return undefined;
  const decoded = formDecoded(value);
  if (decoded === undefined) throw invalid(`The query value '${value}' is not valid percent-encoding`);
  return decoded;
}

function formDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function decodedLabel(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw invalid(`The path segment '${segment}' is not valid percent-encoding`);
  }
}

const serialization = (message: string) => new ServiceError('SerializationException', message);
const invalid = (message: string) => new ServiceError('InvalidParameterException', message);
