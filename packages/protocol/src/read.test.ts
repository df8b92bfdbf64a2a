import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyOf, type Place, placesOf, requiredMembers, sample, sampleText } from '../test/samples.ts';
import { type ErrorName, ServiceError } from './errors.ts';
import { identityService } from './identity-operations.ts';
import type { Operation } from './operation.ts';
import { readInput } from './read.ts';
import type { Members } from './shape.ts';
import { syncOperations, syncService } from './sync-operations.ts';
import { outputWriter } from './write.ts';

interface Row {
  readonly name: string;
  readonly operation: Operation;
  readonly constraintError: ErrorName;
}

const rows: readonly Row[] = [syncService, identityService].flatMap((service) =>
  Object.entries(service.operations).map(([name, operation]) => ({
    name,
    operation,
    constraintError: service.constraintError,
  })),
);

/** The refusal as `Name: message`; `accepted` when there is none. */
function outcome(
  members: Members,
  raw: Readonly<Record<string, unknown>>,
  constraintError: ErrorName,
): string {
  try {
    readInput(members, raw, constraintError);
    return 'accepted';
  } catch (error) {
    if (error instanceof ServiceError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

function read(members: Members, raw: Readonly<Record<string, unknown>>): string {
  return outcome(members, raw, 'InvalidParameterException');
}

/** The refusal of one broken constraint. */
function refusal({ constraintError }: Row, shown: string, path: string, constraint: string): string {
  const value = shown === 'null' ? shown : `'${shown.length > 256 ? `${shown.slice(0, 256)}…` : shown}'`;
  return `${constraintError}: 1 validation error detected: Value ${value} at '${path}' failed to satisfy constraint: ${constraint}`;
}

/** For each row and each spot in its input; `check` says how many constraints it looked at. */
function walk(check: (row: Row, place: Place, judge: (value: unknown) => string) => number): number {
  let checks = 0;
  for (const row of rows) {
    for (const place of placesOf(row.operation.input)) {
      const judge = (value: unknown) => outcome(row.operation.input, place.put(value), row.constraintError);
      checks += check(row, place, judge);
    }
  }
  return checks;
}

describe('every row', () => {
  test('there are as many as were meant', () => {
    expect(rows).toHaveLength(40);
  });

  test('accepts its required members alone', () => {
    for (const { operation, constraintError } of rows) {
      expect(outcome(operation.input, requiredMembers(operation.input), constraintError)).toBe('accepted');
    }
  });

  test('accepts each of its members, alone with the required ones', () => {
    const checks = walk((_row, place, judge) => {
      expect(judge(sample(place.shape))).toBe('accepted');
      return 1;
    });
    expect(checks).toBeGreaterThanOrEqual(189);
  });

  test('refuses an input without a required member, null being as good as absent', () => {
    const checks = walk((row, place, judge) => {
      const absent = [undefined, null].map(judge);
      const missing = refusal(row, 'null', place.path, 'Member must not be null');
      // What JSON cannot hold in a list need not be told apart there.
      if (place.path.endsWith('.member')) {
        expect(absent[1]).toBe(place.required ? missing : 'accepted');
      } else if (!place.path.endsWith('.key')) {
        expect(absent).toEqual(place.required ? [missing, missing] : ['accepted', 'accepted']);
      }
      return place.required ? 1 : 0;
    });
    expect(checks).toBeGreaterThanOrEqual(99);
  });

  test('accepts a text as long as allowed and refuses one that is longer', () => {
    const checks = walk((row, { path, shape }, judge) => {
      if (shape.type !== 'string' || shape.max === undefined) return 0;
      const longest = sampleText(shape, shape.max);
      // `(un)?authenticated` matches nothing so long.
      if (longest.length < shape.max) return 0;
      expect(judge(longest)).toBe('accepted');
      const longer = sampleText(shape, shape.max + 1);
      const constraint = `Member must have length less than or equal to ${shape.max}`;
      expect(judge(longer)).toBe(refusal(row, longer, path, constraint));
      return 1;
    });
    expect(checks).toBeGreaterThanOrEqual(119);
  });

  test('refuses a text that is too short', () => {
    const checks = walk((_row, { path, shape }, judge) => {
      if (shape.type !== 'string' || !shape.min) return 0;
      const short = 'x'.repeat(shape.min - 1);
      expect(judge(short)).toContain(
        `Value '${short}' at '${path}' failed to satisfy constraint: Member must have length greater than or equal to ${shape.min}`,
      );
      return 1;
    });
    expect(checks).toBeGreaterThanOrEqual(116);
  });

  test('refuses a text that does not match its pattern as a whole', () => {
    const checks = walk((row, { path, shape }, judge) => {
      if (shape.type !== 'string' || shape.pattern === undefined) return 0;
      const constraint = `Member must satisfy regular expression pattern: ${shape.pattern}`;
      const matching = sampleText(shape);
      // Patterns that take a snowman take no space.
      const foreign = new RegExp(`^(?:${shape.pattern})$`, 'u').test('☃') ? ' ' : '☃';
      expect(judge(foreign + matching)).toBe(refusal(row, foreign + matching, path, constraint));
      if (!shape.pattern.endsWith('.*')) {
        expect(judge(matching + foreign)).toBe(refusal(row, matching + foreign, path, constraint));
      }
      return 1;
    });
    expect(checks).toBeGreaterThanOrEqual(73);
  });

  test('accepts each value of an enumeration and no other, in whatever case', () => {
    const checks = walk((row, { path, shape }, judge) => {
      if (shape.type !== 'string' || !shape.values) return 0;
      for (const value of shape.values) expect(judge(value)).toBe('accepted');
      const constraint = `Member must satisfy enum value set: [${shape.values.join(', ')}]`;
      for (const value of ['', 'nonsense', `${shape.values[0]} `, 'Replace', 'apns']) {
        expect(judge(value)).toBe(refusal(row, value, path, constraint));
      }
      return 1;
    });
    expect(checks).toBe(6);
  });

  test('accepts numbers up to their bounds and refuses those beyond', () => {
    const checks = walk((row, { path, shape }, judge) => {
      if ((shape.type !== 'integer' && shape.type !== 'long') || shape.max === undefined) return 0;
      const { min = 0, max } = shape;
      expect([min, max].map(judge)).toEqual(['accepted', 'accepted']);
      expect(judge(max + 1)).toBe(
        refusal(row, String(max + 1), path, `Member must have value less than or equal to ${max}`),
      );
      expect(judge(min - 1)).toBe(
        refusal(row, String(min - 1), path, `Member must have value greater than or equal to ${min}`),
      );
      return 1;
    });
    expect(checks).toBe(4);
  });

  test('accepts maps up to their size and refuses larger ones', () => {
    const checks = walk((row, { path, shape }, judge) => {
      // Where keys have a pattern there are not enough of them.
      if (shape.type !== 'map' || shape.max === undefined || shape.key.pattern !== undefined) return 0;
      const value = sample(shape.value);
      const entries = Array.from({ length: shape.max + 1 }, (_, index) => [`key${index}`, value] as const);
      expect(judge(Object.fromEntries(entries.slice(0, shape.max)))).toBe('accepted');
      const shown = `{${entries
        .slice(0, 10)
        .map(([key]) => `${key}=${typeof value === 'string' ? value : '{…}'}`)
        .join(', ')}}`;
      const constraint = `Member must have length less than or equal to ${shape.max}`;
      expect(judge(Object.fromEntries(entries))).toBe(refusal(row, shown, path, constraint));
      return 1;
    });
    expect(checks).toBe(11);
  });

  test('accepts lists up to their size and refuses longer ones, and shorter ones than the least', () => {
    const checks = walk((row, { path, shape }, judge) => {
      if (shape.type !== 'list' || shape.max === undefined) return 0;
      const items = Array.from({ length: shape.max + 1 }, () => sample(shape.member));
      expect([items.slice(0, shape.min ?? 0), items.slice(0, shape.max)].map(judge)).toEqual([
        'accepted',
        'accepted',
      ]);
      const constraint = `Member must have length less than or equal to ${shape.max}`;
      expect(judge(items)).toContain(`at '${path}' failed to satisfy constraint: ${constraint}`);
      const least = `Member must have length greater than or equal to ${shape.min}`;
      if (shape.min) expect(judge([])).toBe(refusal(row, '[]', path, least));
      return 1;
    });
    expect(checks).toBe(2);
  });

  test('refuses a value of another type, before any constraint', () => {
    const types = { string: 'String', integer: 'Integer', long: 'Long', boolean: 'Boolean' } as const;
    const containers = { timestamp: 'Timestamp', list: 'List', map: 'Map', structure: 'Structure' } as const;
    const wrong: readonly (readonly [value: unknown, token: string, fits: readonly string[]])[] = [
      [1, 'NUMBER_VALUE', ['integer', 'long', 'timestamp']],
      [true, 'TRUE_VALUE', ['boolean']],
      [false, 'FALSE_VALUE', ['boolean']],
      ['text', 'STRING_VALUE', ['string']],
      [[], 'START_ARRAY', ['list']],
      [{}, 'START_OBJECT', ['map', 'structure']],
    ];
    const checks = walk((_row, { path, shape }, judge) => {
      if (path.endsWith('.key')) return 0;
      const wanted = { ...types, ...containers }[shape.type];
      const article = wanted === 'Integer' ? 'an' : 'a';
      for (const [value, token, fits] of wrong) {
        if (fits.includes(shape.type)) continue;
        expect(judge(value)).toBe(
          `SerializationException: ${token} can not be converted to ${article} ${wanted} at '${path}'`,
        );
      }
      return 1;
    });
    expect(checks).toBeGreaterThanOrEqual(173);
  });

  test('reads back what a writer wrote, whatever the value', () => {
    for (const { operation, constraintError } of rows) {
      const write = outputWriter(operation.input, 'omit');
      fc.assert(
        fc.property(anyOf(operation.input), (value) => {
          const onTheWire = JSON.parse(JSON.stringify(write(value)));
          expect(readInput(operation.input, onTheWire, constraintError)).toEqual({ ...value });
        }),
        { numRuns: 40 },
      );
    }
  });
});

describe('several broken constraints', () => {
  const { input } = syncOperations.UpdateRecords;
  const valid = requiredMembers(input);

  test('are counted and told in the order of the row, length before pattern', () => {
    expect(
      read(input, { ...valid, IdentityPoolId: 'INVALID', DatasetName: '', SyncSessionToken: null }),
    ).toBe(
      'InvalidParameterException: 4 validation errors detected: ' +
        "Value 'INVALID' at 'identityPoolId' failed to satisfy constraint: " +
        'Member must satisfy regular expression pattern: [\\w-]+:[0-9a-f-]+; ' +
        "Value '' at 'datasetName' failed to satisfy constraint: " +
        'Member must have length greater than or equal to 1; ' +
        "Value '' at 'datasetName' failed to satisfy constraint: " +
        'Member must satisfy regular expression pattern: [a-zA-Z0-9_.:-]+; ' +
        "Value null at 'syncSessionToken' failed to satisfy constraint: Member must not be null",
    );
  });

  test('inside a list are told with the number of the item, counted from one', () => {
    const patch = { Op: 'replace', Key: 'k', SyncCount: 0 };
    expect(
      read(input, { ...valid, RecordPatches: [patch, { ...patch, Key: '' }, { ...patch, Op: null }] }),
    ).toBe(
      'InvalidParameterException: 2 validation errors detected: ' +
        "Value '' at 'recordPatches.2.member.key' failed to satisfy constraint: " +
        'Member must have length greater than or equal to 1; ' +
        "Value null at 'recordPatches.3.member.op' failed to satisfy constraint: Member must not be null",
    );
  });

  test('are told up to ten', () => {
    const told = (count: number) => read(input, { ...valid, RecordPatches: Array(count).fill(null) });
    expect(told(10)).toContain(': 10 validation errors detected: ');
    expect(told(1_000_000)).toBe(told(10));
    expect(told(10).match(/Member must not be null/g)).toHaveLength(10);
  });

  test('of a type and of a constraint: the type is told', () => {
    expect(read(input, { ...valid, IdentityPoolId: '', DeviceId: 5 })).toBe(
      "SerializationException: NUMBER_VALUE can not be converted to a String at 'deviceId'",
    );
  });
});

describe('what clients send', () => {
  const { input } = syncOperations.UpdateRecords;
  const valid = requiredMembers(input);

  test('unknown members are ignored at every level', () => {
    const patch = { Op: 'remove', Key: 'k', SyncCount: 1 };
    const value = readInput(
      input,
      { ...valid, Unknown: {}, RecordPatches: [{ ...patch, Unknown: [1] }] },
      'InvalidParameterException',
    );
    expect(value).toEqual({ ...valid, RecordPatches: [patch] });
  });

  test('null is the same as absent, in a map too', () => {
    const { input: events } = syncOperations.SetCognitoEvents;
    expect(
      readInput(
        events,
        { IdentityPoolId: 'r:0', Events: { gone: null, SyncTrigger: 'arn' } },
        'ValidationException',
      ),
    ).toEqual({ IdentityPoolId: 'r:0', Events: { SyncTrigger: 'arn' } });
    expect(readInput(input, { ...valid, DeviceId: null }, 'ValidationException')).toEqual(valid);
  });

  const numbers = { Count: { shape: { type: 'integer' } }, Total: { shape: { type: 'long' } } } as const;

  test.each(['3', '+3', '03', 3, 3.0])('a number may come as text: %j is 3', (raw) => {
    expect(readInput(numbers, { Count: raw, Total: raw }, 'ValidationException')).toEqual({
      Count: 3,
      Total: 3,
    });
  });

  test.each(['', ' 3', '3.0', '0x3', '3e1', 'three', 3.5, Number.POSITIVE_INFINITY])(
    '%j is no whole number',
    (raw) => {
      const token = typeof raw === 'string' ? 'STRING_VALUE' : 'NUMBER_VALUE';
      expect(read(numbers, { Count: raw })).toBe(
        `SerializationException: ${token} can not be converted to an Integer at 'count'`,
      );
      expect(read(numbers, { Total: raw })).toBe(
        `SerializationException: ${token} can not be converted to a Long at 'total'`,
      );
    },
  );

  test('an integer has 32 bits, and a long as many as a program can hold', () => {
    const judged = (name: 'Count' | 'Total', raw: unknown) => read(numbers, { [name]: raw }).split(':')[0];
    expect([2_147_483_647, -2_147_483_648].map((raw) => judged('Count', raw))).toEqual([
      'accepted',
      'accepted',
    ]);
    expect([2_147_483_648, '-2147483649'].map((raw) => judged('Count', raw))).toEqual(
      Array(2).fill('SerializationException'),
    );
    expect(['9007199254740991', -9007199254740991].map((raw) => judged('Total', raw))).toEqual([
      'accepted',
      'accepted',
    ]);
    expect(['9007199254740992', '9223372036854775807'].map((raw) => judged('Total', raw))).toEqual(
      Array(2).fill('SerializationException'),
    );
  });

  const flag = { Flag: { shape: { type: 'boolean' } } } as const;

  test('a boolean may come as text', () => {
    const flags = ['true', 'false'].map((Flag) => readInput(flag, { Flag }, 'ValidationException').Flag);
    expect(flags).toEqual([true, false]);
    expect(read(flag, { Flag: 'TRUE' })).toContain('STRING_VALUE can not be converted to a Boolean');
  });

  const instant = { At: { shape: { type: 'timestamp' } } } as const;

  test.each([
    [1_700_573_873.059, 1_700_573_873_059],
    ['1700573873.059', 1_700_573_873_059],
    [1.70057487574e9, 1_700_574_875_740],
    [0, 0],
    [-1, -1000],
    [1.0004, 1000],
    [1.0006, 1001],
    [8.64e12, 8.64e15],
  ])('the instant %j is %j milliseconds', (At, milliseconds) => {
    expect(readInput(instant, { At }, 'ValidationException')).toEqual({ At: milliseconds });
  });

  test.each(['', ' ', 'today', '2014-06-30T00:00:00Z', 8.65e12, Number.POSITIVE_INFINITY])(
    'the instant %j is refused',
    (At) => {
      expect(read(instant, { At })).toMatch(
        /^SerializationException: \w+ can not be converted to a Timestamp at 'at'$/,
      );
    },
  );
});

describe('hostile input', () => {
  const pool = syncOperations.BulkPublish.input;
  const { input: events } = syncOperations.SetCognitoEvents;
  const missing =
    "InvalidParameterException: 1 validation error detected: Value null at 'identityPoolId' failed to satisfy " +
    'constraint: Member must not be null';

  test('a member that is inherited is not there', () => {
    expect(read(pool, Object.create({ IdentityPoolId: 'r:0' }))).toBe(missing);
    expect(read(pool, JSON.parse('{"__proto__": {"IdentityPoolId": "r:0"}}'))).toBe(missing);
  });

  test('a member named like one of Object.prototype is only a member', () => {
    const members = { constructor: { shape: { type: 'string' } } } as const;
    expect(readInput(members, {}, 'ValidationException')).toEqual({});
    expect(readInput(members, { constructor: 'x' }, 'ValidationException').constructor).toBe('x');
  });

  test.each(['__proto__', 'constructor', 'toString'])('the map key %s is a key', (key) => {
    const raw = JSON.parse(`{"IdentityPoolId": "r:0", "Events": {"${key}": "arn"}}`);
    const { Events } = readInput(events, raw, 'ValidationException');
    expect(Object.entries(Events)).toEqual([[key, 'arn']]);
    expect(Object.getPrototypeOf(Events)).toBe(Object.prototype);
  });

  test('a lone surrogate has no UTF-8 and is refused', () => {
    const { input } = syncOperations.RegisterDevice;
    expect(read(input, { ...requiredMembers(input), Token: 'a\ud800b' })).toBe(
      "InvalidParameterException: 1 validation error detected: Value 'a\ufffdb' at 'token' failed to satisfy " +
        'constraint: Member must be well-formed Unicode',
    );
  });

  test('NUL is refused', () => {
    const { input } = syncOperations.RegisterDevice;
    expect(read(input, { ...requiredMembers(input), Token: 'a\0b' })).toBe(
      "InvalidParameterException: 1 validation error detected: Value 'a\0b' at 'token' failed to satisfy " +
        'constraint: Member must not contain the NUL character',
    );
  });

  test('a newline does not end a pattern', () => {
    expect(read(pool, { IdentityPoolId: 'r:0\n' })).toContain('regular expression pattern');
    expect(read(pool, { IdentityPoolId: 'r:0\nr:0' })).toContain('regular expression pattern');
  });

  test('a message is well-formed and short, however long or broken the value and its path', () => {
    const { input } = identityService.operations.GetId;
    const key = `${'k'.repeat(255)}😀`.repeat(4000);
    const message = read(input, {
      IdentityPoolId: `${'x'.repeat(255)}😀`,
      Logins: { [key]: '', '\udc00': '' },
    });
    expect(message.isWellFormed()).toBe(true);
    expect(message.length).toBeLessThan(4000);
    expect(message).toContain(`Value '${'x'.repeat(255)}\ufffd…' at 'identityPoolId'`);
  });

  test('lists in lists without end are refused like any other', () => {
    const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
    const { input } = identityService.operations.GetId;
    const Logins = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`p${index}`, deep]));
    expect(read(input, { IdentityPoolId: 'r:0', Logins })).toBe(
      "SerializationException: START_ARRAY can not be converted to a String at 'logins.p0.member'",
    );
  });
});
