import { describe, expect, test } from 'vitest';
import { isInScope, keyState, revokedKey } from './developer-key.ts';

const key = {
  accessKeyId: 'AKIA',
  sealedSecret: 'sealed',
  description: '',
  scope: { readOnly: false },
  createdAt: 0,
};

describe('the state of a key', () => {
  test.each([
    [{}, 'active'],
    [{ expiresAt: 101 }, 'active'],
    [{ expiresAt: 100 }, 'expired'],
    [{ revokedAt: 50 }, 'revoked'],
    // A clock that was set back must not bring a key back.
    [{ revokedAt: 500 }, 'revoked'],
    [{ revokedAt: 0 }, 'revoked'],
    [{ expiresAt: 10, revokedAt: 50 }, 'revoked'],
  ] as const)('%j at 100 is %s', (given, state) => {
    expect(keyState(given, 100)).toBe(state);
  });

  test('a revocation is kept, and not moved by the next one', () => {
    const revoked = revokedKey(key, 7);
    expect(revoked).toEqual({ ...key, revokedAt: 7 });
    expect(revokedKey(revoked, 9)).toEqual(revoked);
  });
});

describe('a scope', () => {
  const write = { isRead: false, poolId: 'r:1', limitsItself: false };
  const read = { ...write, isRead: true };

  test('without limits lets everything through', () => {
    for (const request of [read, write, { ...write, poolId: undefined }, { ...write, poolId: 7 }]) {
      expect(isInScope({ readOnly: false }, request)).toBe(true);
    }
  });

  test('that may only read lets reads through, of every pool', () => {
    expect(isInScope({ readOnly: true }, read)).toBe(true);
    expect(isInScope({ readOnly: true }, { ...read, poolId: undefined })).toBe(true);
    expect(isInScope({ readOnly: true }, write)).toBe(false);
  });

  test.each([
    ['r:1', true],
    ['r:2', true],
    ['r:3', false],
    ['r:1 ', false],
    ['R:1', false],
    ['', false],
    [['r:1'], false],
    [{ id: 'r:1' }, false],
    [null, false],
    [undefined, false],
  ])('of pools r:1 and r:2, asked for %j: %j', (poolId, expected) => {
    const scope = { poolIds: ['r:1', 'r:2'], readOnly: false };
    expect(isInScope(scope, { ...write, poolId })).toBe(expected);
    expect(isInScope({ ...scope, readOnly: true }, { ...read, poolId })).toBe(expected);
    expect(isInScope({ ...scope, readOnly: true }, { ...write, poolId })).toBe(false);
  });

  test('of some pools lets operations without a pool through that limit themselves', () => {
    const scope = { poolIds: ['r:1'], readOnly: false };
    expect(isInScope(scope, { ...read, poolId: undefined, limitsItself: true })).toBe(true);
    expect(isInScope(scope, { ...read, poolId: 'r:2', limitsItself: true })).toBe(false);
    expect(isInScope({ poolIds: [], readOnly: false }, read)).toBe(false);
  });
});
