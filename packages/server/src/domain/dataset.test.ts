import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recordBytes, utf8Bytes } from './dataset.ts';

describe('storage is counted in UTF-8 bytes', () => {
  test.each([
    ['', 0],
    ['key', 3],
    ['é', 2],
    ['€', 3],
    ['😀', 4],
    ['\u007f\u0080\u07ff\u0800\uffff', 1 + 2 + 2 + 3 + 3],
    ['👨‍👩‍👧', 18],
  ])('%j is %i bytes', (text, bytes) => {
    expect(utf8Bytes(text)).toBe(bytes);
  });

  test('as Node counts them, for any well-formed text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8Bytes(text)).toBe(Buffer.byteLength(text));
      }),
    );
  });

  test('of key and value together', () => {
    expect(recordBytes({ key: 'é', value: '€' })).toBe(5);
    expect(recordBytes({ key: 'key', value: '' })).toBe(3);
  });

  test('and a tombstone weighs nothing', () => {
    expect(recordBytes({ key: 'key' })).toBe(0);
  });
});
