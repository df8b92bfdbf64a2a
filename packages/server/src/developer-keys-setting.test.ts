import { describe, expect, test } from 'vitest';
import { parseDeveloperKeys } from './developer-keys-setting.ts';

const id = 'AKIAAAAAAAAAAAAAAAAA';
const secret = 'open/sesame/and/more+of+it';
const key = { accessKeyId: id, secretAccessKey: secret };

function refusal(value: unknown): string {
  try {
    parseDeveloperKeys(typeof value === 'string' ? value : JSON.stringify(value));
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('It should have been refused.');
}

describe('keys from the environment', () => {
  test('reach everything for ever unless they say otherwise', () => {
    expect(parseDeveloperKeys(JSON.stringify([key]))).toEqual([{ ...key, scope: { readOnly: false } }]);
    expect(parseDeveloperKeys('[]')).toEqual([]);
  });

  test('can be limited as stored ones can', () => {
    const limits = { description: 'billing', pools: ['r:1', 'r:2'], readOnly: true, expires: '2027-01-31' };
    expect(parseDeveloperKeys(JSON.stringify([{ ...key, ...limits }]))).toEqual([
      { ...key, scope: { poolIds: ['r:1', 'r:2'], readOnly: true }, expiresAt: Date.UTC(2027, 0, 31) },
    ]);
  });

  test.each(['', 'nonsense', '{}', 'null', '7', '"text"', `{"accessKeyId":"${id}"`])('are not %j', (text) => {
    expect(refusal(text)).toMatch(/^a JSON list of keys, each \{[^()]*$/);
  });

  test.each([
    [[null], 'it is not an object'],
    [[[]], 'it is not an object'],
    [[{}], 'accessKeyId must be 16 to 128 letters and digits'],
    [[{ accessKeyId: id }], 'secretAccessKey must be 16 to 128 visible characters without spaces'],
    [[{ ...key, secretAccessKey: 'open sesame, and more' }], 'secretAccessKey must be 16 to 128 visible'],
    [[{ ...key, accessKeyId: 7 }], 'accessKeyId must be'],
    [[{ ...key, description: 7 }], 'description must be a text'],
    [[{ ...key, pools: [] }], 'pools must be a list of one or more pool ids'],
    [[{ ...key, pools: 'r:1' }], 'pools must be a list'],
    [[{ ...key, pools: ['r:1', 7] }], 'pools must be a list'],
    [[{ ...key, readOnly: 'yes' }], 'readOnly must be true or false'],
    [[{ ...key, expires: 'soon' }], 'expires must be a time'],
    [[{ ...key, expires: 1_800_000_000 }], 'expires must be a time'],
    [[{ ...key, readonly: true }], 'it has a member that is none of accessKeyId, '],
    [[{ ...key, 'open sesame': 1 }], 'it has a member that is none of accessKeyId, '],
  ])('are not %j', (value, message) => {
    expect(refusal(value)).toContain(`(in key 1, ${message}`);
    expect(refusal([key, ...value])).toContain(`(in key 2, ${message}`);
    expect(refusal(value)).not.toContain('sesame');
  });

  test('have ids of their own', () => {
    const other = { ...key, accessKeyId: 'AKIABBBBBBBBBBBBBBBB' };
    expect(refusal([key, other, key])).toContain('(in key 3, accessKeyId is that of a key before it)');
  });
});
