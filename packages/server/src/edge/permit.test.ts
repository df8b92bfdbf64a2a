import {
  type CallerKind,
  identityService,
  type Operation,
  ServiceError,
  syncService,
} from '@holdall/protocol';
import { describe, expect, test } from 'vitest';
import type { Caller } from '../domain/caller.ts';
import { everything } from '../domain/developer-key.ts';
import { permit } from './permit.ts';

const rows = [syncService, identityService].flatMap(({ operations }) =>
  Object.entries<Operation>(operations),
);
const named = { IdentityPoolId: 'r:0', IdentityId: 'r:1' };

const callers: Readonly<Record<CallerKind, Caller>> = {
  developer: {
    kind: 'developer',
    accountId: '000000000000',
    accessKeyId: 'AKIAROOT',
    scope: everything,
  },
  identity: { kind: 'identity', poolId: 'r:0', identityId: 'r:1', expiresAt: 1 },
  anyone: { kind: 'anyone' },
};

function outcome(operation: Operation, caller: Caller, raw: Readonly<Record<string, unknown>>): string {
  try {
    permit(operation, caller, raw);
    return 'permitted';
  } catch (error) {
    if (error instanceof ServiceError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

const refused = 'NotAuthorizedException: These credentials are not valid for accessing this resource';

describe('every row', () => {
  test('there are as many as were meant, and each has a caller', () => {
    expect(rows).toHaveLength(40);
    expect(rows.filter(([, { callers }]) => callers.length === 0)).toEqual([]);
  });

  for (const [name, operation] of rows) {
    test.each(Object.keys(callers) as CallerKind[])(
      `${name} permits %s if and only if it says so`,
      (kind) => {
        const expected = operation.callers.includes(kind) ? 'permitted' : refused;
        expect(outcome(operation, callers[kind], named)).toBe(expected);
      },
    );
  }
});

describe('credentials of an identity', () => {
  const forIdentities = rows.filter(([, { callers }]) => callers.includes('identity'));

  test('are for nine operations', () => {
    expect(forIdentities).toHaveLength(9);
  });

  test.each(forIdentities)('do not reach another identity or pool in %s', (_name, operation) => {
    const others: Readonly<Record<string, unknown>>[] = [
      { ...named, IdentityId: 'r:2' },
      { ...named, IdentityPoolId: 'r:2' },
      { IdentityPoolId: 'r:1', IdentityId: 'r:0' },
      { ...named, IdentityId: 'R:1' },
      { ...named, IdentityId: 'r:1 ' },
      { ...named, IdentityId: ['r:1'] },
      { IdentityPoolId: 'r:0' },
      { IdentityId: 'r:1' },
      {},
    ];
    for (const raw of others) expect(outcome(operation, callers.identity, raw)).toBe(refused);
  });
});

describe('credentials of a developer', () => {
  test('reach every identity of every pool', () => {
    const { DescribeDataset } = syncService.operations;
    expect(outcome(DescribeDataset, callers.developer, { IdentityPoolId: 'x', IdentityId: 'y' })).toBe(
      'permitted',
    );
  });
});
