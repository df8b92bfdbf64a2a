import { type ErrorName, ServiceError } from './errors.ts';
import type { ListShape, Members, NumberShape, Shape, StringShape, StructureOf } from './shape.ts';

/** The original names at most ten broken constraints. */
const mostViolations = 10;

/** A longer value is cut in a message; the original repeats all of it. */
const mostCharactersShown = 256;

/**
 * Turns what a request brought into the value of the input's shape.
 *
 * Unknown members are ignored; null is the same as absent. Numbers may come as text (queries, and the 2014 protocol).
 *
 * @throws ServiceError `SerializationException` when a value has the wrong type
 * @throws ServiceError `constraintError` with the original's sentences when constraints are broken
 */
export function readInput<M extends Members>(
  members: M,
  raw: Readonly<Record<string, unknown>>,
  constraintError: ErrorName,
): StructureOf<M> {
  const violations: string[] = [];
  const value = readMembers(members, raw, '', violations);
  if (violations.length > 0) throw new ServiceError(constraintError, violationMessage(violations));
  return value as StructureOf<M>;
}

function violationMessage(violations: readonly string[]): string {
  const errors = violations.length === 1 ? 'validation error' : 'validation errors';
  return `${violations.length} ${errors} detected: ${violations.join('; ')}`;
}

function readMembers(
  members: Members,
  raw: Readonly<Record<string, unknown>>,
  path: string,
  violations: string[],
): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const name in members) {
    const member = members[name];
    if (!member) continue;
    const given = Object.hasOwn(raw, name) ? raw[name] : undefined;
    if (given !== undefined && given !== null) {
      value[name] = readValue(member.shape, given, memberPath(path, name), violations);
    } else if (member.required) {
      violated(violations, null, memberPath(path, name), 'Member must not be null');
    }
  }
  return value;
}

/** `IdentityPoolId` inside nothing is `identityPoolId`; inside `recordPatches.1.member` it is appended to that. */
function memberPath(path: string, name: string): string {
  const own = `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
  return path === '' ? own : `${path}.${own}`;
}

function readValue(shape: Shape, raw: unknown, path: string, violations: string[]): unknown {
  switch (shape.type) {
    case 'string':
      return readString(shape, raw, path, violations);
    case 'integer':
    case 'long':
      return readNumber(shape, raw, path, violations);
    case 'boolean':
      return readBoolean(raw, path);
    case 'timestamp':
      return readTimestamp(raw, path);
    case 'list':
      if (!Array.isArray(raw)) throw wrongType(raw, 'List', path);
      checkSize(shape, raw.length, raw, path, violations);
      return readItems(shape, raw, path, violations);
    case 'map': {
      if (!isObject(raw)) throw wrongType(raw, 'Map', path);
      const entries = Object.entries(raw).filter(([, item]) => item !== null);
      checkSize(shape, entries.length, raw, path, violations);
      // fromEntries defines own properties, so that a key like `__proto__` stays a key.
      return Object.fromEntries(
        entries.map(([key, item]) => [
          readString(shape.key, key, `${path}.key`, violations),
          readValue(shape.value, item, `${path}.${shown(key)}.member`, violations),
        ]),
      );
    }
    case 'structure':
      if (!isObject(raw)) throw wrongType(raw, 'Structure', path);
      return readMembers(shape.members, raw, path, violations);
  }
}

function readItems(shape: ListShape, raw: readonly unknown[], path: string, violations: string[]): unknown[] {
  const items: unknown[] = [];
  for (const [index, item] of raw.entries()) {
    // The message is full: a long list of bad items is not worth reading to its end.
    if (violations.length === mostViolations) break;
    const itemPath = `${path}.${index + 1}.member`;
    // An item that is missing has no default that would make sense.
    if (item === null) violated(violations, null, itemPath, 'Member must not be null');
    else items.push(readValue(shape.member, item, itemPath, violations));
  }
  return items;
}

function isObject(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}

const patterns = new Map<string, RegExp>();

function wholePattern(pattern: string): RegExp {
  let compiled = patterns.get(pattern);
  if (!compiled) {
    compiled = new RegExp(`^(?:${pattern})$`, 'u');
    patterns.set(pattern, compiled);
  }
  return compiled;
}

function readString(shape: StringShape, raw: unknown, path: string, violations: string[]): string {
  if (typeof raw !== 'string') throw wrongType(raw, 'String', path);
  if (shape.values && !shape.values.includes(raw)) {
    violated(violations, raw, path, `Member must satisfy enum value set: [${shape.values.join(', ')}]`);
  }
  checkSize(shape, raw.length, raw, path, violations);
  if (shape.pattern !== undefined && !wholePattern(shape.pattern).test(raw)) {
    violated(violations, raw, path, `Member must satisfy regular expression pattern: ${shape.pattern}`);
  }
  // No store could give these back as they came: NUL ends a string in PostgreSQL, a lone surrogate has no UTF-8.
  if (raw.includes('\0')) violated(violations, raw, path, 'Member must not contain the NUL character');
  if (!raw.isWellFormed()) violated(violations, raw, path, 'Member must be well-formed Unicode');
  return raw;
}

function checkSize(
  shape: { readonly min?: number; readonly max?: number },
  size: number,
  raw: unknown,
  path: string,
  violations: string[],
): void {
  if (shape.max !== undefined && size > shape.max) {
    violated(violations, raw, path, `Member must have length less than or equal to ${shape.max}`);
  }
  if (shape.min !== undefined && size < shape.min) {
    violated(violations, raw, path, `Member must have length greater than or equal to ${shape.min}`);
  }
}

const wholeNumber = /^[+-]?\d{1,19}$/;

function readNumber(shape: NumberShape, raw: unknown, path: string, violations: string[]): number {
  const type = shape.type === 'integer' ? 'Integer' : 'Long';
  if (typeof raw !== 'number' && !(typeof raw === 'string' && wholeNumber.test(raw))) {
    throw wrongType(raw, type, path);
  }
  const value = Number(raw);
  if (!(shape.type === 'integer' ? isInt32(value) : Number.isSafeInteger(value))) {
    throw wrongType(raw, type, path);
  }
  if (shape.max !== undefined && value > shape.max) {
    violated(violations, raw, path, `Member must have value less than or equal to ${shape.max}`);
  }
  if (shape.min !== undefined && value < shape.min) {
    violated(violations, raw, path, `Member must have value greater than or equal to ${shape.min}`);
  }
  return value;
}

function isInt32(value: number): boolean {
  return Number.isInteger(value) && value >= -2_147_483_648 && value <= 2_147_483_647;
}

function readBoolean(raw: unknown, path: string): boolean {
  if (typeof raw === 'boolean') return raw;
  if (raw === 'true') return true;
  if (raw === 'false') return false;
  throw wrongType(raw, 'Boolean', path);
}

/** The furthest instant that a JavaScript Date, and so most clients, can hold. */
const furthestInstantMs = 8.64e15;

const decimalNumber = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Epoch seconds, as a number or as one in quotes (old iOS); to epoch milliseconds. */
function readTimestamp(raw: unknown, path: string): number {
  const text = typeof raw === 'string' && decimalNumber.test(raw);
  const milliseconds = typeof raw === 'number' || text ? Math.round(Number(raw) * 1000) : Number.NaN;
  if (Number.isNaN(milliseconds) || Math.abs(milliseconds) > furthestInstantMs) {
    throw wrongType(raw, 'Timestamp', path);
  }
  return milliseconds;
}

/** In the manner of the original's JSON parser: `NUMBER_VALUE can not be converted to a String`. */
function wrongType(raw: unknown, wanted: string, path: string): ServiceError {
  return new ServiceError(
    'SerializationException',
    `${jsonType(raw)} can not be converted to ${/^[AEIOU]/.test(wanted) ? 'an' : 'a'} ${wanted} at '${path}'`,
  );
}

function jsonType(raw: unknown): string {
  if (Array.isArray(raw)) return 'START_ARRAY';
  if (typeof raw === 'object') return 'START_OBJECT';
  if (typeof raw === 'boolean') return raw ? 'TRUE_VALUE' : 'FALSE_VALUE';
  return typeof raw === 'number' ? 'NUMBER_VALUE' : 'STRING_VALUE';
}

/** Notes a broken constraint, unless as many are noted as a message names: a body may break a million. */
function violated(violations: string[], value: unknown, path: string, constraint: string): void {
  if (violations.length === mostViolations) return;
  const quoted = value === null ? 'null' : `'${shown(value)}'`;
  violations.push(`Value ${quoted} at '${path}' failed to satisfy constraint: ${constraint}`);
}

function shown(value: unknown): string {
  const text = display(value);
  return text.length > mostCharactersShown ? `${text.slice(0, mostCharactersShown).toWellFormed()}…` : text;
}

/**
 * Lists and maps appear as Java prints them: `[a, b]`, `{k=v}`. What they hold is a scalar in every shape; a body may
 * nest a million lists all the same, so no more than one level is shown.
 */
function display(value: unknown, nested = false): string {
  if (Array.isArray(value)) {
    if (nested) return '[…]';
    return `[${value
      .slice(0, mostViolations)
      .map((item) => display(item, true))
      .join(', ')}]`;
  }
  if (!isObject(value)) return String(value).toWellFormed();
  if (nested) return '{…}';
  return `{${Object.entries(value)
    .slice(0, mostViolations)
    .map(([key, item]) => `${key.toWellFormed()}=${display(item, true)}`)
    .join(', ')}}`;
}
