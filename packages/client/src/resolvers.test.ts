import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Conflict,
  counter,
  defer,
  json,
  lastWriter,
  local,
  max,
  merge,
  type Resolver,
  remote,
  set,
} from './resolvers.ts';

// biome-ignore lint/suspicious/noExplicitAny: of whatever values
type AnyResolver = Resolver<any>;

/** What one side has: undefined when it removed the key. */
interface Side {
  readonly value: unknown;
  readonly at: number;
}

/** The conflict as the device of `ours` sees it, after `theirs` came to the service. */
function between(base: unknown, ours: Side, theirs: Side): Conflict {
  return {
    dataset: 'settings',
    key: 'k',
    base,
    local: { value: ours.value, changedAt: ours.at },
    remote: { value: theirs.value, changedAt: theirs.at + 500, deviceChangedAt: theirs.at, syncCount: 2 },
  };
}

/** The value that the device of `ours` settles on. */
function settled(resolver: AnyResolver, base: unknown, ours: Side, theirs: Side): unknown {
  const resolution = resolver(between(base, ours, theirs));
  if (resolution instanceof Promise || resolution.use === 'defer') throw new Error('It decides at once.');
  return { local: ours.value, remote: theirs.value, value: (resolution as { value?: unknown }).value }[
    resolution.use
  ];
}

const times = fc
  .tuple(fc.integer({ min: 0, max: 999 }), fc.integer({ min: 0, max: 999 }))
  .filter(([one, other]) => one !== other);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const sides = <T>(value: fc.Arbitrary<T>) =>
  fc
    .record({ base: maybe(value), one: maybe(value), other: maybe(value), at: times })
    .map(({ base, one, other, at }) => ({
      base,
      one: { value: one, at: at[0] },
      other: { value: other, at: at[1] },
    }));

const number = fc.integer({ min: -9, max: 9 });
const items = fc.uniqueArray(
  fc.oneof(fc.constantFrom('a', 'b', 'c', 'd'), fc.record({ id: fc.nat({ max: 2 }) })),
  {
    selector: (item) => JSON.stringify(item),
  },
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(1, 2, 'x', null, true),
    fc.array(fc.constantFrom(1, 2), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor', 'toString'), tie('tree'), {
      noNullPrototype: true,
    }),
  ),
}));

const sorted = (value: unknown) =>
  Array.isArray(value) ? [...value].map((item) => JSON.stringify(item)).sort() : value;

describe('whichever side settles a conflict, the outcome is the same', () => {
  const resolvers: readonly (readonly [string, AnyResolver, fc.Arbitrary<unknown>])[] = [
    ['lastWriter', lastWriter, tree],
    ['max', max, number],
    ['set', set, items],
    ['counter', counter, number],
    ['json', json, tree],
  ];
  test.each(resolvers)('%s', (name, resolver, value) => {
    fc.assert(
      fc.property(sides(value), ({ base, one, other }) => {
        const here = settled(resolver, base, one, other);
        const there = settled(resolver, base, other, one);
        // A set has no order.
        if (name === 'set') expect(sorted(here)).toEqual(sorted(there));
        else expect(here).toEqual(there);
      }),
      { numRuns: 1000 },
    );
  });
});

test('local, remote and defer say what they are called', () => {
  const conflict = between('base', { value: 'a', at: 1 }, { value: 'b', at: 2 });
  expect([local(conflict), remote(conflict), defer(conflict)]).toEqual([
    { use: 'local' },
    { use: 'remote' },
    { use: 'defer' },
  ]);
});

describe('lastWriter', () => {
  const decide = (ours: number, theirs: Partial<Conflict['remote']>) => {
    const conflict = between('base', { value: 'a', at: ours }, { value: 'b', at: 0 });
    return lastWriter({ ...conflict, remote: { value: 'b', changedAt: 5000, syncCount: 1, ...theirs } });
  };

  test('goes by what the devices say, not by when the service heard of it', () => {
    expect(decide(2000, { deviceChangedAt: 1000 })).toEqual({ use: 'local' });
    expect(decide(2000, { deviceChangedAt: 3000 })).toEqual({ use: 'remote' });
  });

  test('a device that says it wrote in the future does not win for ever', () => {
    expect(decide(6000, { deviceChangedAt: 999_999 })).toEqual({ use: 'local' });
  });

  test('without a time of the device that of the service counts, and at a tie the remote one wins', () => {
    expect(decide(5001, {})).toEqual({ use: 'local' });
    expect(decide(5000, {})).toEqual({ use: 'remote' });
  });
});

test('merge gives the app all three, and undefined for what was removed', () => {
  const combined = merge<string>((base, ours, theirs) =>
    [base, ours, theirs].map((value) => value ?? '-').join(),
  );
  expect(
    combined({ ...between('b', { value: undefined, at: 1 }, { value: 't', at: 2 }) } as Conflict<string>),
  ).toEqual({
    use: 'value',
    value: 'b,-,t',
  });
});

describe('counter', () => {
  test('adds up what both did', () => {
    expect(settled(counter, 5, { value: 6, at: 1 }, { value: 6, at: 2 })).toBe(7);
    expect(settled(counter, undefined, { value: 2, at: 1 }, { value: 3, at: 2 })).toBe(5);
    expect(settled(counter, 5, { value: 3, at: 1 }, { value: 9, at: 2 })).toBe(7);
    expect(counter.evenWhenEqual).toBe(true);
  });

  test('of any steps that devices make one after the other the sum is kept', () => {
    fc.assert(
      fc.property(fc.array(number), fc.array(number), number, (ours, theirs, base) => {
        const sum = (steps: number[]) => steps.reduce((total, step) => total + step, base);
        const value = settled(counter, base, { value: sum(ours), at: 1 }, { value: sum(theirs), at: 2 });
        expect(value).toBe(sum([...ours, ...theirs]));
      }),
    );
  });
});

test('set: what either side added is in, what either side removed is out', () => {
  const value = settled(
    set,
    ['a', 'b', 'c'],
    { value: ['a', 'b', 'x'], at: 1 },
    { value: ['a', 'c', 'y'], at: 2 },
  );
  expect(sorted(value)).toEqual(['"a"', '"x"', '"y"']);
  fc.assert(
    fc.property(items, items, items, (base, ours, theirs) => {
      const merged = settled(set, base, { value: ours, at: 1 }, { value: theirs, at: 2 }) as unknown[];
      const has = (list: readonly unknown[], item: unknown) =>
        list.some((one) => JSON.stringify(one) === JSON.stringify(item));
      for (const item of [...base, ...ours, ...theirs]) {
        const isIn = has(base, item) ? has(ours, item) && has(theirs, item) : true;
        expect(has(merged, item)).toBe(isIn);
      }
      expect(new Set(sorted(merged) as string[]).size).toBe(merged.length);
    }),
  );
});

test('max: the greater one, and what is there wins over what was removed', () => {
  expect(settled(max, 1, { value: 7, at: 1 }, { value: 5, at: 2 })).toBe(7);
  expect(settled(max, 1, { value: undefined, at: 9 }, { value: 5, at: 2 })).toBe(5);
  expect(settled(max, 'a', { value: 'b', at: 1 }, { value: 'c', at: 2 })).toBe('c');
});

describe('json', () => {
  const merged = (base: unknown, ours: unknown, theirs: unknown, isOursLater = true) =>
    settled(json, base, { value: ours, at: isOursLater ? 9 : 1 }, { value: theirs, at: 5 });

  test('merges members at every depth, and takes an array for one value', () => {
    const base = { a: 1, deep: { x: 1, y: 1 }, list: [1], gone: true };
    const ours = { a: 2, deep: { x: 2, y: 1 }, list: [1, 2], gone: true };
    const theirs = { a: 1, deep: { x: 1, y: 3, z: 4 }, list: [1, 3] };
    const both = { a: 2, deep: { x: 2, y: 3, z: 4 } };
    expect(merged(base, ours, theirs)).toEqual({ ...both, list: [1, 2] });
    expect(merged(base, ours, theirs, false)).toEqual({ ...both, list: [1, 3] });
  });

  test('merged again with either side it stays what it is', () => {
    fc.assert(
      fc.property(sides(tree), ({ base, one, other }) => {
        const outcome = settled(json, base, one, other);
        const mine: Side = { value: outcome, at: 9999 };
        expect(settled(json, other.value, mine, other)).toEqual(outcome);
        expect(settled(json, base, mine, mine)).toEqual(outcome);
      }),
      { numRuns: 1000 },
    );
  });

  test('what one side alone changed is taken, and never invented', () => {
    fc.assert(
      fc.property(tree, tree, (base, changed) => {
        expect(merged(base, changed, base)).toEqual(changed);
        expect(merged(base, base, changed, false)).toEqual(changed);
      }),
    );
  });

  test('members may be called as those of all objects', () => {
    const parse = (text: string): unknown => JSON.parse(text);
    const outcome = merged(
      parse('{}'),
      parse('{"__proto__":{"x":1},"constructor":1}'),
      parse('{"__proto__":{"y":2},"toString":2}'),
    );
    expect(JSON.parse(JSON.stringify(outcome))).toEqual(
      parse('{"__proto__":{"y":2,"x":1},"toString":2,"constructor":1}'),
    );
    expect(Object.getPrototypeOf(outcome)).toBe(Object.prototype);
    expect(({} as { x?: number }).x).toBeUndefined();
  });
});
