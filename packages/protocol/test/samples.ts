import type { Member, Members, Shape } from '@holdall/protocol';
import * as fc from 'fast-check';

// Values made from shapes, so that tests can walk every row without naming one.

type StringShape = Extract<Shape, { type: 'string' }>;

/** A spot in an input where a value can be put: a member, or what is inside a list, a map or a structure. */
export interface Place {
  /** As messages name it: `recordPatches.1.member.key`. */
  readonly path: string;
  readonly shape: Shape;
  readonly required: boolean;
  /** An input that is valid but for this spot. */
  readonly put: (value: unknown) => Readonly<Record<string, unknown>>;
}

export function placesOf(members: Members): readonly Place[] {
  return placesIn(members, '', (value) => value as Readonly<Record<string, unknown>>);
}

function placesIn(members: Members, prefix: string, wrap: Place['put']): Place[] {
  return Object.entries(members).flatMap(([name, { shape, required }]) => {
    const place: Place = {
      path: `${prefix}${name.charAt(0).toLowerCase()}${name.slice(1)}`,
      shape,
      required: required ?? false,
      put: (value) => wrap({ ...requiredMembers(members), [name]: value }),
    };
    return [place, ...placesInside(place)];
  });
}

function placesInside({ shape, path, put }: Place): Place[] {
  if (shape.type === 'structure') return placesIn(shape.members, `${path}.`, put);
  if (shape.type === 'list') {
    return withInside({
      path: `${path}.1.member`,
      shape: shape.member,
      required: true,
      put: (v) => put([v]),
    });
  }
  if (shape.type === 'map') {
    const key = sampleText(shape.key);
    return [
      {
        path: `${path}.key`,
        shape: shape.key,
        required: false,
        put: (k) => put({ [String(k)]: sample(shape.value) }),
      },
      ...withInside({
        path: `${path}.${key}.member`,
        shape: shape.value,
        required: false,
        put: (v) => put({ [key]: v }),
      }),
    ];
  }
  return [];
}

function withInside(place: Place): Place[] {
  return [place, ...placesInside(place)];
}

/** Raw values of the required members, and of no others. */
export function requiredMembers(members: Members): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members)
      .filter(([, member]) => member.required)
      .map(([name, member]) => [name, sample(member.shape)]),
  );
}

/** A raw value that is valid for the shape. */
export function sample(shape: Shape): unknown {
  switch (shape.type) {
    case 'string':
      return sampleText(shape);
    case 'integer':
    case 'long':
      return shape.min ?? 1;
    case 'boolean':
      return true;
    case 'timestamp':
      return 1_700_000_000.5;
    case 'list':
      return [sample(shape.member)];
    case 'map':
      return { [sampleText(shape.key)]: sample(shape.value) };
    case 'structure':
      return requiredMembers(shape.members);
  }
}

/** A beginning and what fills up the length, one for each kind of pattern. */
const fillings = [
  ['', 'x'],
  ['', '1'],
  ['a:', '0'],
  ['arn:aws:iam::1:role/', 'r'],
  ['arn:aws:sns:r:1:app/A/', 's'],
  // A pattern that no other text matches, whatever length is asked for.
  ['authenticated', ''],
] as const;

/** Text that is valid for the shape, apart from its length. */
export function sampleText(shape: StringShape, length?: number): string {
  if (shape.values) return shape.values[0] ?? '';
  const pattern = new RegExp(`^(?:${shape.pattern ?? '.*'})$`, 'u');
  for (const [beginning, filler] of fillings) {
    const text = beginning.padEnd(length ?? Math.max(shape.min ?? 1, beginning.length + 1), filler);
    if (pattern.test(text)) return text;
  }
  throw new Error(`There is no filling for ${shape.pattern} at length ${length}: add one.`);
}

/** Any value that a program can have for the members. */
export function anyOf(members: Members): fc.Arbitrary<Record<string, unknown>> {
  const entries = Object.entries(members);
  return fc.record(Object.fromEntries(entries.map(([name, member]) => [name, anyValue(member.shape)])), {
    requiredKeys: entries.filter(([, member]: [string, Member]) => member.required).map(([name]) => name),
  });
}

function anyValue(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape.type) {
    case 'string':
      return anyText(shape);
    case 'integer':
      return fc.integer({ min: shape.min ?? -2_147_483_648, max: shape.max ?? 2_147_483_647 });
    case 'long':
      return fc.integer({
        min: shape.min ?? Number.MIN_SAFE_INTEGER,
        max: shape.max ?? Number.MAX_SAFE_INTEGER,
      });
    case 'boolean':
      return fc.boolean();
    case 'timestamp':
      // Beyond these, seconds with a fraction no longer tell every millisecond.
      return fc.integer({ min: -(2 ** 51), max: 2 ** 51 });
    case 'list':
      return fc.array(anyValue(shape.member), { minLength: shape.min ?? 0, maxLength: 3 });
    case 'map':
      return fc
        .array(fc.tuple(anyText(shape.key), anyValue(shape.value)), {
          maxLength: Math.min(shape.max ?? 3, 3),
        })
        .map((pairs) => Object.fromEntries(pairs));
    case 'structure':
      return anyOf(shape.members);
  }
}

function anyText(shape: StringShape): fc.Arbitrary<string> {
  if (shape.values) return fc.constantFrom(...shape.values);
  const { min = 0, max = Number.POSITIVE_INFINITY } = shape;
  const text =
    shape.pattern === undefined
      ? fc.oneof(
          fc.string({ unit: 'binary', minLength: min, maxLength: Math.min(max, min + 20) }),
          fc.constantFrom('__proto__', 'constructor', ' ', '\n', '𝄞').map((given) => given.padEnd(min, ' ')),
        )
      : anyMatch(shape.pattern);
  return text.filter(
    (given) => given.length >= min && given.length <= max && !given.includes('\0') && given.isWellFormed(),
  );
}

function anyMatch(pattern: string): fc.Arbitrary<string> {
  const whole = new RegExp(`^(?:${pattern})$`, 'u');
  // fast-check cannot make text for Unicode properties; most of what is printable has the one that is asked for.
  if (pattern.includes('\\p{')) return fc.string({ unit: 'grapheme' }).filter((text) => whole.test(text));
  return fc.stringMatching(new RegExp(whole.source));
}
