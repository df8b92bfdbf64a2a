import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyOf } from '../test/samples.ts';
import { identityOperations } from './identity-operations.ts';
import type { Operation } from './operation.ts';
import type { Members, Shape } from './shape.ts';
import { syncOperations } from './sync-operations.ts';
import { outputFault, outputWriter } from './write.ts';

const outputs: readonly (readonly [string, Members])[] = Object.entries<Operation>({
  ...syncOperations,
  ...identityOperations,
}).flatMap(([name, { output }]) => (output ? [[name, output] as const] : []));

const listRecords = outputWriter(syncOperations.ListRecords.output, 'omit');

/** The keys of every structure in a value, in their order; maps keep the order that they were given in. */
function structuresIn(shape: Shape, value: unknown): string[][] {
  if (shape.type === 'list') return (value as unknown[]).flatMap((item) => structuresIn(shape.member, item));
  if (shape.type !== 'structure') return [];
  const entries = Object.entries(value as object);
  return [
    entries.map(([name]) => name),
    ...entries.flatMap(([name, member]) => {
      const shapeOfMember = shape.members[name]?.shape;
      return shapeOfMember ? structuresIn(shapeOfMember, member) : [];
    }),
  ];
}

describe('an answer', () => {
  test('has its members in alphabetical order at every level, whatever order the handler had', () => {
    const written = listRecords({
      SyncSessionToken: 't',
      Records: [{ Value: 'v', SyncCount: 1, Key: 'k' }],
      DatasetSyncCount: 1,
      Count: 1,
    });
    expect(JSON.stringify(written)).toBe(
      '{"Count":1,"DatasetSyncCount":1,"Records":[{"Key":"k","SyncCount":1,"Value":"v"}],"SyncSessionToken":"t"}',
    );
  });

  test('has instants as epoch seconds, to the millisecond', () => {
    const write = outputWriter(syncOperations.DescribeDataset.output, 'omit');
    expect(
      write({ Dataset: { CreationDate: 1_700_574_875_740, LastModifiedDate: 1_700_574_875_000 } }),
    ).toEqual({ Dataset: { CreationDate: 1_700_574_875.74, LastModifiedDate: 1_700_574_875 } });
  });

  test('leaves out what has no value in REST', () => {
    expect(
      listRecords({ Records: [{ Key: 'k', Value: undefined }], LastModifiedBy: undefined, NextToken: null }),
    ).toEqual({ Records: [{ Key: 'k' }] });
  });

  test('has a null for what has no value in the envelope of 2014', () => {
    const write = outputWriter(syncOperations.ListRecords.output, 'null');
    expect(write({ Records: [{ Key: 'k' }], Count: 0, DatasetExists: false })).toEqual({
      Count: 0,
      DatasetDeletedAfterRequestedSyncCount: null,
      DatasetExists: false,
      DatasetSyncCount: null,
      LastModifiedBy: null,
      MergedDatasetNames: null,
      NextToken: null,
      Records: [
        {
          DeviceLastModifiedDate: null,
          Key: 'k',
          LastModifiedBy: null,
          LastModifiedDate: null,
          SyncCount: null,
          Value: null,
        },
      ],
      SyncSessionToken: null,
    });
  });

  test('keeps empty texts, zeroes, false and empty lists', () => {
    const empty = { Count: 0, DatasetExists: false, LastModifiedBy: '', Records: [] };
    expect(listRecords(empty)).toEqual(empty);
  });

  test('has no member that the row does not name', () => {
    expect(listRecords({ Count: 1, Secret: 'x' })).toEqual({ Count: 1 });
  });

  test('has the map key __proto__ as a key', () => {
    const write = outputWriter(syncOperations.GetCognitoEvents.output, 'omit');
    const Events = JSON.parse('{"__proto__":"arn"}');
    expect(JSON.stringify(write({ Events }))).toBe('{"Events":{"__proto__":"arn"}}');
  });
});

describe('every output', () => {
  test('there are as many as were meant', () => {
    expect(outputs).toHaveLength(35);
  });

  test.each(outputs)('of %s is written in order, with nothing lost', (_name, members) => {
    const [omitting, withNulls] = (['omit', 'null'] as const).map((absent) => outputWriter(members, absent));
    fc.assert(
      fc.property(anyOf(members), (value) => {
        expect(outputFault(members, value)).toBeUndefined();
        const written = omitting?.(value) as object;
        expect(Object.keys(written)).toEqual(Object.keys(value).sort());
        expect(Object.keys(withNulls?.(value) as object)).toEqual(Object.keys(members).sort());
        for (const names of structuresIn({ type: 'structure', members }, written)) {
          expect(names).toEqual([...names].sort());
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('the check of an answer against its row', () => {
  const fault = (value: unknown) => outputFault(syncOperations.ListRecords.output, value);

  test.each([
    [{ Count: '1' }, 'output.Count is "1", not a whole number'],
    [{ Count: 1.5 }, 'output.Count is 1.5, not a whole number'],
    [{ Count: Number.NaN }, 'output.Count is null, not a whole number'],
    [{ DatasetExists: 'yes' }, 'output.DatasetExists is "yes", not a boolean'],
    [{ LastModifiedBy: null }, 'output.LastModifiedBy is null, not a string'],
    [{ Records: {} }, 'output.Records is {}, not a list'],
    [{ Records: [{ Key: 'k' }, 'r'] }, 'output.Records[1] is "r", not an object'],
    [{ Records: [{ Key: 1 }] }, 'output.Records[0].Key is 1, not a string'],
    [{ Records: [{ Op: 'replace' }] }, 'output.Records[0].Op is not a member'],
    [{ constructor: 1 }, 'output.constructor is not a member'],
    [undefined, 'output is undefined, not an object'],
  ])('%j is found out', (value, found) => {
    expect(fault(value)).toBe(found);
  });

  test('finds values outside an enumeration, and in maps', () => {
    expect(outputFault(syncOperations.GetBulkPublishDetails.output, { BulkPublishStatus: 'DONE' })).toBe(
      'output.BulkPublishStatus is "DONE", not one of NOT_STARTED,IN_PROGRESS,FAILED,SUCCEEDED',
    );
    expect(outputFault(syncOperations.GetCognitoEvents.output, { Events: { SyncTrigger: 1 } })).toBe(
      'output.Events.SyncTrigger is 1, not a string',
    );
    expect(outputFault(syncOperations.GetCognitoEvents.output, { Events: 'x' })).toBe(
      'output.Events is "x", not a map',
    );
  });

  test('lets an absent member pass', () => {
    expect(fault({ Records: [], LastModifiedBy: undefined })).toBeUndefined();
  });
});
