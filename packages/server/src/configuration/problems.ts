import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';

/** The part of JSON Schema that settings are written in. */
interface Schema {
  readonly anyOf?: readonly Schema[];
  readonly type?: string;
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
  readonly pattern?: string;
  readonly description?: string;
  readonly [limit: string]: unknown;
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
};

/**
 * What is wrong with settings, one sentence each: where, what is allowed there, what was found. Texts that may be secrets
 * are not repeated. Of a union the alternative is looked at that the value means to be, by its `type` or its kind.
 */
export function problemsOf(schema: TSchema, value: unknown): readonly string[] {
  return problems(schema as Schema, value, '');
}

function problems(schema: Schema, value: unknown, path: string): readonly string[] {
  if (schema.anyOf) return problemsOfUnion(schema, value, path);
  const kind = schema.type ?? 'object';
  if (!isKind(kind, value)) return [`${at(path)} must be ${kinds[kind] ?? kind}, not ${found(value)}.`];
  if (kind === 'object') return problemsOfObject(schema, value as Record<string, unknown>, path);
  if (kind === 'array') return problemsOfArray(schema, value as readonly unknown[], path);
  return ownProblems(schema, value, path);
}

function problemsOfUnion(
  { anyOf = [], description }: Schema,
  value: unknown,
  path: string,
): readonly string[] {
  const inner = anyOf.length === 1 ? anyOf[0] : undefined;
  if (inner) return problems(inner, value, path);
  const types = anyOf.map((schema) => schema.properties?.type?.const).filter((type) => type !== undefined);
  if (types.length === anyOf.length) {
    if (!isKind('object', value)) return [`${at(path)} must be an object, not ${found(value)}.`];
    const { type } = value as { readonly type?: unknown };
    const meant = anyOf.find((schema) => schema.properties?.type?.const === type);
    if (meant) return problems(meant, value, path);
    const given = typeof type === 'string' ? `'${shown(type)}'` : found(type);
    return [`${at(`${path}.type`)} must be one of ${types.join(', ')}, not ${given}.`];
  }
  const meant = anyOf.find((schema) => isKind(schema.type ?? 'object', value));
  if (meant) return problems(meant, value, path);
  const allowed = description ?? anyOf.map(({ type = 'object' }) => kinds[type] ?? type).join(' or ');
  return [`${at(path)} must be: ${allowed.replace(/\.$/, '')}; it is ${found(value)}.`];
}

function problemsOfObject(
  schema: Schema,
  value: Readonly<Record<string, unknown>>,
  path: string,
): readonly string[] {
  const { properties = {}, required = [], patternProperties = {} } = schema;
  const missing = required
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => `${at(`${path}${member(name)}`)} is missing.`);
  const inside = Object.entries(value).flatMap(([name, content]) => {
    const place = `${path}${member(name)}`;
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known) return problems(known, content, place);
    const patterns = Object.entries(patternProperties);
    const matching = patterns.find(([pattern]) => new RegExp(pattern, 'u').test(name));
    if (matching) return problems(matching[1], content, place);
    if (patterns.length > 0) {
      return [`${at(path)} has the name '${shown(name)}'; names there match ${patterns[0]?.[0]}.`];
    }
    const names = Object.keys(properties).filter((one) => one !== '$schema');
    return [`${at(path)} has the unknown member '${shown(name)}'; known are ${names.join(', ')}.`];
  });
  return [...missing, ...inside];
}

function problemsOfArray(schema: Schema, value: readonly unknown[], path: string): readonly string[] {
  const { items, ...own } = schema;
  const inside = value.flatMap((item, index) => (items ? problems(items, item, `${path}[${index}]`) : []));
  return [...ownProblems(own, value, path), ...inside];
}

/** Limits of a single value. */
function ownProblems(schema: Schema, value: unknown, path: string): readonly string[] {
  return Value.Errors(schema as TSchema, value).map(({ message, keyword }) => {
    const given = typeof value === 'number' || typeof value === 'boolean' ? `, not ${value}` : '';
    const wanted = keyword === 'pattern' ? `must match ${schema.pattern}` : message;
    return `${at(path)} ${wanted}${given}.`;
  });
}

function isKind(kind: string, value: unknown): boolean {
  if (kind === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  if (kind === 'array') return Array.isArray(value);
  if (kind === 'integer') return Number.isInteger(value);
  return typeof value === kind;
}

function found(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'missing';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return kinds[Array.isArray(value) ? 'array' : typeof value] ?? typeof value;
}

function member(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `['${shown(name)}']`;
}

function shown(name: string): string {
  return name.replaceAll(/\p{Cc}/gu, ' ').slice(0, 160);
}

function at(path: string): string {
  return path === '' ? 'The file' : path.replace(/^\./, '');
}
