import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as identitySdk from '@aws-sdk/client-cognito-identity';
import * as syncSdk from '@aws-sdk/client-cognito-sync';
import { errors, type Members, type Service, type Shape } from '@holdall/protocol';

// The rows, and the three models that Amazon publishes of the same services, all told as flat facts: a name such as
// `UpdateRecords.input.RecordPatches[].Key.max`, and a value. What differs can then be listed by name.

export type Facts = ReadonlyMap<string, Fact>;
type Fact = string | number | boolean;
type Tell = (name: string, fact: Fact | undefined) => void;
export type ServiceName = 'cognito-sync' | 'cognito-identity';

function gather(telling: (tell: Tell) => void): Facts {
  const facts = new Map<string, Fact>();
  telling((name, fact) => {
    if (fact !== undefined) facts.set(name, fact);
  });
  return facts;
}

/** How much a model says: a fact that it does not know of is not compared. */
export interface Knowledge {
  /** Whether integers and longs are told apart. */
  readonly integers: boolean;
  readonly constraints: boolean;
  readonly errors: boolean;
  readonly authentication: boolean;
  readonly paths: boolean;
}

// ---- Our rows

export function factsOfRows(service: Service, knows: Knowledge): Facts {
  return gather((tell) => {
    for (const [name, row] of Object.entries(service.operations)) {
      if (knows.paths) tell(`${name}.http`, `${row.method} ${row.path}`);
      if (knows.authentication) tell(`${name}.unsigned`, row.callers.includes('anyone'));
      if (knows.errors) tell(`${name}.errors`, [...row.errors].sort().join(' '));
      tellMembers(tell, `${name}.input`, row.input, knows);
      tell(`${name}.output`, row.output === undefined ? 'none' : 'structure');
      if (row.output) tellMembers(tell, `${name}.output`, row.output, knows);
    }
  });
}

function tellMembers(tell: Tell, path: string, members: Members, knows: Knowledge): void {
  for (const [name, member] of Object.entries(members)) {
    tell(`${path}.${name}.required`, member.required ?? false);
    tell(`${path}.${name}.in`, member.in && `${member.in} ${member.wire ?? name}`);
    tellShape(tell, `${path}.${name}`, member.shape, knows);
  }
}

function tellShape(tell: Tell, path: string, shape: Shape, knows: Knowledge): void {
  const isNumber = shape.type === 'integer' || shape.type === 'long';
  tell(path, isNumber && !knows.integers ? 'number' : shape.type);
  if (knows.constraints) tellConstraints(tell, path, shape as Constraints);
  if (shape.type === 'list') tellShape(tell, `${path}[]`, shape.member, knows);
  if (shape.type === 'map') {
    tellShape(tell, `${path}{key}`, shape.key, knows);
    tellShape(tell, `${path}{value}`, shape.value, knows);
  }
  if (shape.type === 'structure') tellMembers(tell, path, shape.members, knows);
}

interface Constraints {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly values?: readonly string[];
}

function tellConstraints(tell: Tell, path: string, shape: Constraints): void {
  tell(`${path}.min`, shape.min);
  tell(`${path}.max`, shape.max);
  tell(`${path}.pattern`, shape.pattern);
  tell(`${path}.values`, shape.values?.join(' '));
}

// ---- AWS SDK for JavaScript v3: the schema arrays that its packages export

export const sdkKnows = {
  integers: false,
  constraints: false,
  errors: false,
  authentication: false,
} as const;

const sdks: Record<ServiceName, Readonly<Record<string, unknown>>> = {
  'cognito-sync': syncSdk,
  'cognito-identity': identitySdk,
};

interface SchemaTraits {
  readonly http?: readonly [method: string, path: string, status: number];
  readonly httpQuery?: string;
  readonly httpHeader?: string;
  readonly httpError?: number;
  readonly error?: 'client' | 'server';
}

type Schema = number | (() => Schema) | readonly unknown[] | 'unit';

const simpleTypes: Readonly<Record<number, string>> = {
  0: 'string',
  1: 'number',
  2: 'boolean',
  4: 'timestamp',
};

/** @param names the operations to tell of */
export function factsOfSdk(service: ServiceName, names: readonly string[]): Facts {
  return gather((tell) => {
    for (const name of names) {
      const [id, , , traits, input, output] = sdks[service][`${name}$`] as readonly [
        number,
        string,
        string,
        SchemaTraits | 0,
        Schema,
        Schema,
      ];
      if (id !== 9) throw new Error(`${name} is not an operation in the SDK.`);
      const http = traits === 0 ? undefined : traits.http;
      if (http && http[2] !== 200) throw new Error(`${name} answers ${http[2]}.`);
      tell(`${name}.http`, http && `${http[0]} ${http[1]}`);
      tellSchemaMembers(tell, `${name}.input`, resolved(input));
      const answer = resolved(output);
      tell(`${name}.output`, answer === 'unit' ? 'none' : 'structure');
      if (answer !== 'unit') tellSchemaMembers(tell, `${name}.output`, answer);
    }
  });
}

function resolved(schema: Schema): Exclude<Schema, () => Schema> {
  return typeof schema === 'function' ? resolved(schema()) : schema;
}

function tellSchemaMembers(tell: Tell, path: string, schema: Schema): void {
  if (!Array.isArray(schema) || schema[0] !== 3) throw new Error(`${path} is not a structure in the SDK.`);
  const names = schema[4] as readonly string[];
  const members = schema[5] as readonly Schema[];
  const requiredCount = (schema[6] ?? 0) as number;
  for (const [index, name] of names.entries()) {
    const member = resolved(members[index] ?? 'unit');
    tell(`${path}.${name}.required`, index < requiredCount);
    if (hasTraits(member)) tell(`${path}.${name}.in`, schemaPlacement(member[1], name));
    tellSchema(tell, `${path}.${name}`, member);
  }
}

/** `[schema, traits]`; any other array begins with a number that says its kind. */
function hasTraits(schema: Schema): schema is readonly [Schema, SchemaTraits | number] {
  return Array.isArray(schema) && schema.length === 2;
}

function schemaPlacement(traits: SchemaTraits | number, name: string): string | undefined {
  if (typeof traits === 'number') return traits & 1 ? `path ${name}` : undefined;
  if (traits.httpQuery !== undefined) return `query ${traits.httpQuery}`;
  return traits.httpHeader === undefined ? undefined : `header ${traits.httpHeader}`;
}

function tellSchema(tell: Tell, path: string, unresolved: Schema): void {
  const schema = resolved(unresolved);
  if (typeof schema === 'number') {
    // 64 is a list of, 128 a map from strings to, what the low bits say.
    if (schema & 64) {
      tell(path, 'list');
      tellSchema(tell, `${path}[]`, schema & ~64);
    } else if (schema & 128) {
      tell(path, 'map');
      tell(`${path}{key}`, 'string');
      tellSchema(tell, `${path}{value}`, schema & ~128);
    } else {
      tell(path, simpleTypes[schema] ?? `schema ${schema}`);
    }
    return;
  }
  if (schema === 'unit') throw new Error(`${path} has no schema in the SDK.`);
  if (hasTraits(schema)) {
    tellSchema(tell, path, schema[0]);
    return;
  }
  switch (schema[0]) {
    case 0:
      tellSchema(tell, path, schema[4] as Schema);
      break;
    case 1:
      tell(path, 'list');
      tellSchema(tell, `${path}[]`, schema[4] as Schema);
      break;
    case 2:
      tell(path, 'map');
      tellSchema(tell, `${path}{key}`, schema[4] as Schema);
      tellSchema(tell, `${path}{value}`, schema[5] as Schema);
      break;
    case 3:
      tell(path, 'structure');
      tellSchemaMembers(tell, path, schema);
      break;
    default:
      throw new Error(`${path} has a schema of an unknown kind in the SDK.`);
  }
}

/** `name → status fault` of all errors that the SDK knows of a service. */
export function sdkErrors(service: ServiceName): Facts {
  return gather((tell) => {
    for (const schema of Object.values(sdks[service])) {
      if (!Array.isArray(schema) || schema[0] !== -3) continue;
      const [, namespace, name, traits] = schema as [number, string, string, SchemaTraits | 0];
      // The base class of all errors is not one that a server sends.
      if (traits === 0 || namespace.startsWith('smithy.ts.sdk.synthetic')) continue;
      const status = traits.httpError ?? (traits.error === 'server' ? 500 : 400);
      tell(name, `${status} ${traits.error}`);
    }
  });
}

/** `name → status fault` of those errors in our table that the rows of a service declare. */
export function declaredErrors(service: Service): Facts {
  return gather((tell) => {
    for (const row of Object.values(service.operations)) {
      for (const name of row.errors) tell(name, `${errors[name].status} ${errors[name].fault}`);
    }
  });
}

// ---- AWS SDK for JavaScript v2 and botocore, whose formats are relatives

interface JsonShape extends Constraints {
  readonly shape?: string;
  readonly type?: string;
  readonly location?: 'uri' | 'querystring' | 'header';
  readonly locationName?: string;
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, JsonShape>>;
  readonly member?: JsonShape;
  readonly key?: JsonShape;
  readonly value?: JsonShape;
  readonly enum?: readonly string[];
}

export interface JsonModel {
  readonly operations: Readonly<
    Record<
      string,
      {
        readonly http?: {
          readonly method?: string;
          readonly requestUri: string;
          readonly responseCode?: number;
        };
        readonly input?: JsonShape;
        readonly output?: JsonShape;
        readonly authtype?: string;
        readonly errors?: readonly { readonly shape: string }[];
      }
    >
  >;
  readonly shapes: Readonly<
    Record<string, JsonShape & { readonly error?: { readonly httpStatusCode: number } }>
  >;
}

export const sdk2Knows = { integers: true, constraints: false, errors: false, authentication: true } as const;

export function sdk2Model(service: ServiceName): JsonModel {
  const file = createRequire(import.meta.url).resolve(`aws-sdk/apis/${service}-2014-06-30.min.json`);
  return JSON.parse(readFileSync(file, 'utf8'));
}

export const botocoreKnows = {
  integers: true,
  constraints: true,
  errors: true,
  authentication: true,
  paths: true,
} as const;

const botocore = '/usr/lib/python3/dist-packages/botocore/data';

/** Debian's botocore, which `tools/install-clients.ts` puts there. */
export function botocoreModel(service: ServiceName | 'sts'): JsonModel {
  const version = service === 'sts' ? '2011-06-15' : '2014-06-30';
  return JSON.parse(readFileSync(`${botocore}/${service}/${version}/service-2.json`, 'utf8'));
}

/** @param names the operations to tell of */
export function factsOfJson(model: JsonModel, names: readonly string[], knows: Knowledge): Facts {
  return gather((tell) => {
    for (const name of names) {
      const operation = model.operations[name];
      if (!operation) throw new Error(`${name} is not in the model.`);
      const { http } = operation;
      if (http?.responseCode !== undefined && http.responseCode !== 200) {
        throw new Error(`${name} answers ${http.responseCode}.`);
      }
      if (knows.paths) tell(`${name}.http`, http && `${http.method ?? 'POST'} ${http.requestUri}`);
      if (knows.authentication) tell(`${name}.unsigned`, operation.authtype === 'none');
      if (knows.errors)
        tell(
          `${name}.errors`,
          operation.errors
            ?.map(({ shape }) => shape)
            .sort()
            .join(' '),
        );
      tellJsonMembers(tell, `${name}.input`, resolvedJson(operation.input ?? {}, model), model, knows);
      tell(`${name}.output`, operation.output === undefined ? 'none' : 'structure');
      if (operation.output) {
        tellJsonMembers(tell, `${name}.output`, resolvedJson(operation.output, model), model, knows);
      }
    }
  });
}

function resolvedJson(shape: JsonShape, model: JsonModel): JsonShape {
  return shape.shape === undefined ? shape : { ...shape, ...model.shapes[shape.shape] };
}

function tellJson(tell: Tell, path: string, given: JsonShape, model: JsonModel, knows: Knowledge): void {
  const shape = resolvedJson(given, model);
  tell(path, shape.type ?? 'string');
  if (knows.constraints) tellConstraints(tell, path, { ...shape, ...(shape.enum && { values: shape.enum }) });
  if (shape.member) tellJson(tell, `${path}[]`, shape.member, model, knows);
  if (shape.key) tellJson(tell, `${path}{key}`, shape.key, model, knows);
  if (shape.value) tellJson(tell, `${path}{value}`, shape.value, model, knows);
  tellJsonMembers(tell, path, shape, model, knows);
}

function tellJsonMembers(
  tell: Tell,
  path: string,
  shape: JsonShape,
  model: JsonModel,
  knows: Knowledge,
): void {
  for (const [name, member] of Object.entries(shape.members ?? {})) {
    tell(`${path}.${name}.required`, shape.required?.includes(name) ?? false);
    tell(`${path}.${name}.in`, jsonPlacement(member, name));
    tellJson(tell, `${path}.${name}`, member, model, knows);
  }
}

const places = { uri: 'path', querystring: 'query', header: 'header' } as const;

function jsonPlacement(member: JsonShape, name: string): string | undefined {
  return member.location && `${places[member.location]} ${member.locationName ?? name}`;
}
