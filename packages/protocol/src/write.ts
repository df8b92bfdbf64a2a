import type { Members, Shape } from './shape.ts';

/** Turns a handler's value into what `JSON.stringify` puts on the wire. */
export type Writer = (value: unknown) => unknown;

/**
 * A writer for an output: members in alphabetical order, instants as epoch seconds.
 *
 * `absent` says what becomes of a member without a value: REST leaves it out, the RPC of 2014 writes null.
 */
export function outputWriter(members: Members, absent: 'omit' | 'null'): Writer {
  const writers = Object.keys(members)
    .sort()
    .flatMap((name) => {
      const member = members[name];
      return member ? [{ name, write: shapeWriter(member.shape, absent) }] : [];
    });
  return (value) => {
    const given = value as Readonly<Record<string, unknown>>;
    const written: Record<string, unknown> = {};
    for (const { name, write } of writers) {
      const member = given[name];
      if (member !== undefined && member !== null) written[name] = write(member);
      else if (absent === 'null') written[name] = null;
    }
    return written;
  };
}

const asItIs: Writer = (value) => value;

function shapeWriter(shape: Shape, absent: 'omit' | 'null'): Writer {
  switch (shape.type) {
    case 'string':
    case 'integer':
    case 'long':
    case 'boolean':
      return asItIs;
    case 'timestamp':
      return (milliseconds) => (milliseconds as number) / 1000;
    case 'list': {
      const write = shapeWriter(shape.member, absent);
      return write === asItIs ? asItIs : (items) => (items as readonly unknown[]).map(write);
    }
    case 'map': {
      const write = shapeWriter(shape.value, absent);
      return (entries) =>
        Object.fromEntries(Object.entries(entries as object).map(([key, item]) => [key, write(item)]));
    }
    case 'structure':
      return outputWriter(shape.members, absent);
  }
}

/**
 * Says how a value differs from an output's shape, or undefined if it does not. For tests and development: a handler
 * that answers what its row does not promise is a bug that JSON would hide.
 */
export function outputFault(members: Members, value: unknown): string | undefined {
  return faultIn({ type: 'structure', members }, value, 'output');
}

function faultIn(shape: Shape, value: unknown, path: string): string | undefined {
  const wrong = (wanted: string) => `${path} is ${JSON.stringify(value)}, not ${wanted}`;
  switch (shape.type) {
    case 'string':
      if (typeof value !== 'string') return wrong('a string');
      return shape.values && !shape.values.includes(value) ? wrong(`one of ${shape.values}`) : undefined;
    case 'integer':
    case 'long':
    case 'timestamp':
      return Number.isSafeInteger(value) ? undefined : wrong('a whole number');
    case 'boolean':
      return typeof value === 'boolean' ? undefined : wrong('a boolean');
    case 'list':
      if (!Array.isArray(value)) return wrong('a list');
      return firstFault(value.map((item, index) => faultIn(shape.member, item, `${path}[${index}]`)));
    case 'map':
      if (typeof value !== 'object' || value === null) return wrong('a map');
      return firstFault(
        Object.entries(value).map(([key, item]) => faultIn(shape.value, item, `${path}.${key}`)),
      );
    case 'structure':
      if (typeof value !== 'object' || value === null) return wrong('an object');
      return firstFault(
        Object.entries(value).map(([name, item]) => {
          const member = Object.hasOwn(shape.members, name) ? shape.members[name] : undefined;
          if (!member) return `${path}.${name} is not a member`;
          return item === undefined ? undefined : faultIn(member.shape, item, `${path}.${name}`);
        }),
      );
  }
}

function firstFault(faults: readonly (string | undefined)[]): string | undefined {
  return faults.find((fault) => fault !== undefined);
}
