import { errorRow, type Operation, type Service, ServiceError, type Shape } from '@holdall/protocol';
import type { Protocol, RawMembers, Route, WireRequest } from './protocol.ts';
import { decodeOrUndefined, parseQuery } from './query-string.ts';
import { envelopedFailure, envelopedOutput } from './rpc.ts';

/**
 * The query form of the 2014 reference's common parameters: `Action=<Operation>&Version=2014-06-30` and the members as
 * parameters, in the URL or as a form in the body. Lists are `Name.member.1`, maps `Name.entry.1.key` and `.value`, as in
 * Amazon's other query services. Answers are those of the RPC envelope; errors have the reference's common names.
 */
export function query(services: readonly Service[]): Protocol {
  return {
    contentType: 'application/json',
    route: (request) => routeByAction(services, parameters(request)),
    members: (request, { operation }) => membersOf(operation, parameters(request)),
    checkRequired,
    success: envelopedOutput(services),
    failure: (code, message, route) => {
      const row = errorRow(code);
      return envelopedFailure(row.queryStatus ?? row.status, row.queryName ?? code, message, route);
    },
  };
}

type Parameters = ReadonlyMap<string, string>;

/** Common parameters that are no members of any input. */
const isCommon = (name: string) => name === 'Action' || name === 'Version' || name.startsWith('X-Amz-');

function parameters(request: WireRequest): Parameters {
  const merged = new Map<string, string>();
  const inUrl = parseQuery(request.query);
  const inBody = parseQuery(request.method === 'POST' ? Buffer.from(request.body).toString('latin1') : '');
  for (const [name, values] of [...inUrl, ...inBody]) {
    if (merged.has(name)) {
      throw new ServiceError(
        'InvalidParameterCombination',
        `The parameter '${name}' is both in the URL and in the body`,
      );
    }
    if (values.length > 1) {
      throw new ServiceError('InvalidQueryParameter', `The parameter '${name}' is given more than once`);
    }
    const value = decodeOrUndefined(values[0] ?? '');
    if (value === undefined) {
      throw new ServiceError('MalformedQueryString', `The value of '${name}' is not valid percent-encoding`);
    }
    merged.set(name, value);
  }
  return merged;
}

function routeByAction(services: readonly Service[], given: Parameters): Route {
  const name = given.get('Action');
  if (!name) throw new ServiceError('MissingAction', 'The request must name an Action');
  for (const service of services) {
    const operation = Object.hasOwn(service.operations, name) ? service.operations[name] : undefined;
    if (!operation) continue;
    checkVersion(service, given.get('Version'));
    return { service, name, operation };
  }
  throw new ServiceError('UnknownOperationException', `There is no Action '${name}'`);
}

function checkVersion(service: Service, version: string | undefined): void {
  if (version === undefined) throw missing('Version');
  if (version !== service.version) {
    throw new ServiceError(
      'SerializationException',
      `The Version must be ${service.version}, not '${version}'`,
    );
  }
}

function missing(name: string): ServiceError {
  return new ServiceError('MissingParameter', `The request must contain the parameter ${name}`);
}

function checkRequired(raw: RawMembers, { operation }: Route): void {
  for (const [name, member] of Object.entries(operation.input)) {
    if (member.required && !Object.hasOwn(raw, name)) throw missing(name);
  }
}

function membersOf(operation: Operation, given: Parameters): RawMembers {
  const own = [...given].filter(([name]) => !isCommon(name));
  const value = assemble({ type: 'structure', members: operation.input }, own);
  return value as RawMembers;
}

type Entries = readonly (readonly [name: string, value: string])[];

/** The value of a shape from the parameters whose names begin with its path, that path cut off. */
function assemble(shape: Shape, entries: Entries): unknown {
  switch (shape.type) {
    case 'structure':
      return Object.fromEntries(
        [...groupByHead(entries)].flatMap(([name, rest]) => {
          const member = Object.hasOwn(shape.members, name) ? shape.members[name] : undefined;
          return member ? [[name, assemble(member.shape, rest)]] : [];
        }),
      );
    case 'list':
      return numbered(entries, 'member').map((rest) => assemble(shape.member, rest));
    case 'map':
      return Object.fromEntries(
        numbered(entries, 'entry').map((rest) => {
          const parts = groupByHead(rest);
          return [
            assemble(shape.key, parts.get('key') ?? []),
            assemble(shape.value, parts.get('value') ?? []),
          ];
        }),
      );
    default:
      // A scalar has the whole path as its name; a longer one belongs to no member.
      return entries.find(([rest]) => rest === '')?.[1] ?? null;
  }
}

function groupByHead(entries: Entries): Map<string, [string, string][]> {
  const groups = new Map<string, [string, string][]>();
  for (const [name, value] of entries) {
    const dot = name.indexOf('.');
    const head = dot < 0 ? name : name.slice(0, dot);
    const rest = dot < 0 ? '' : name.slice(dot + 1);
    const group = groups.get(head);
    if (group) group.push([rest, value]);
    else groups.set(head, [[rest, value]]);
  }
  return groups;
}

/** The items of `member.1.…`, `member.2.…` in the order of their numbers. */
function numbered(entries: Entries, word: 'member' | 'entry'): Entries[] {
  const items = groupByHead(groupByHead(entries).get(word) ?? []);
  return [...items]
    .map(([number, rest]) => ({ number: Number(number), rest }))
    .filter(({ number }) => Number.isInteger(number))
    .sort((one, other) => one.number - other.number)
    .map(({ rest }) => rest);
}
