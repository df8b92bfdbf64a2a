import { createHmac } from 'node:crypto';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { HmacSha256 } from '../crypto/hmac-sha256.ts';
import { deriveSigningKey, SigningKeyCache } from './signing-key.ts';

const SCOPE = { date: '20150830', region: 'us-east-1', service: 'iam', terminator: 'aws4_request' };

test("the signing key is that of Amazon's documentation", () => {
  const key = deriveSigningKey('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', SCOPE);
  expect(key.toString('hex')).toBe('c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9');
});

describe('HMAC', () => {
  test("is Node's for every key up to a block and every message", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 300 }), (key, message) => {
        const hmac = new HmacSha256(key);
        const text = Buffer.from(message).toString('latin1');
        const expected = createHmac('sha256', key).update(message).digest('hex');
        expect(hmac.digest(text).toString('hex')).toBe(expected);
        expect(hmac.digest(text).toString('hex')).toBe(expected);
      }),
    );
  });

  test('does not take a longer key', () => {
    expect(() => new HmacSha256(new Uint8Array(65))).toThrow(RangeError);
  });
});

describe('the cache', () => {
  const digest = (cache: SigningKeyCache, id: string, secret: string, scope = SCOPE) =>
    cache.get(id, secret, scope).digest('message').toString('hex');

  test('answers the key of just these', () => {
    const cache = new SigningKeyCache(100);
    const variants: [string, string, typeof SCOPE][] = [
      ['A', 'secret', SCOPE],
      ['A', 'other', SCOPE],
      ['A', 'secret', { ...SCOPE, date: '20150831' }],
      ['A', 'secret', { ...SCOPE, region: 'eu-west-1' }],
      ['A', 'secret', { ...SCOPE, service: 'sts' }],
    ];
    for (const round of [1, 2]) {
      const digests = variants.map(([id, secret, scope]) => digest(cache, id, secret, scope));
      expect(new Set(digests).size, `round ${round}`).toBe(variants.length);
      expect(digests).toEqual(
        variants.map(([, secret, scope]) =>
          createHmac('sha256', deriveSigningKey(secret, scope)).update('message').digest('hex'),
        ),
      );
    }
    expect(cache.size).toBe(variants.length);
  });

  test('is bounded and keeps what is in use', () => {
    const cache = new SigningKeyCache(4);
    const inUse = cache.get('in use', 'secret', SCOPE);
    for (let index = 0; index < 100; index += 1) {
      cache.get(`passing ${index}`, 'secret', SCOPE);
      expect(cache.get('in use', 'secret', SCOPE)).toBe(inUse);
      expect(cache.size).toBeLessThanOrEqual(8);
    }
  });
});
