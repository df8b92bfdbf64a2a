import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KeyRing } from './key-ring.ts';

const hour = 3_600_000;
const day = 24 * hour;
const start = Date.UTC(2026, 0, 1);

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'key-ring-'));
  file = join(directory, 'keys.json');
});
afterEach(() => rmSync(directory, { recursive: true }));

const content = { sessionId: 'é😀', identityId: 'r:1', expiresAt: 5 };

function storedKeys(): { id: string; secret: string; createdAt: string }[] {
  return JSON.parse(readFileSync(file, 'utf8')).keys;
}

describe('a token', () => {
  test('opens for the purpose it was sealed for, and is base64url without padding', () => {
    const ring = KeyRing.open(file, start);
    const token = ring.seal('sync-session', content);
    expect(token).toMatch(/^[\w-]+$/);
    expect(ring.open('sync-session', token)).toEqual(content);
  });

  test('does not open for another purpose', () => {
    const ring = KeyRing.open(file, start);
    const token = ring.seal('sync-session', content);
    expect(ring.open('credentials', token)).toBeUndefined();
    expect(ring.open('page', token)).toBeUndefined();
  });

  test('is never the same twice', () => {
    const ring = KeyRing.open(file, start);
    const tokens = new Set(Array.from({ length: 300 }, () => ring.seal('page', content)));
    expect(tokens.size).toBe(300);
    for (const token of tokens) expect(ring.open('page', token)).toEqual(content);
  });

  test('does not show what it holds', () => {
    const token = KeyRing.open(file, start).seal('page', { secret: 'open sesame' });
    expect(Buffer.from(token, 'base64url').includes('open sesame')).toBe(false);
  });

  test('with any one bit changed does not open', () => {
    const ring = KeyRing.open(file, start);
    const bytes = Buffer.from(ring.seal('page', content), 'base64url');
    let refused = 0;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(ring.open('page', changed.toString('base64url'))).toBeUndefined();
      refused++;
    }
    expect(refused).toBeGreaterThan(400);
  });

  test('with any one character changed, left out or put in does not open: it has one spelling', () => {
    const ring = KeyRing.open(file, start);
    // Of every length modulo four, as spare bits of the last character differ.
    for (const filler of ['', 'a', 'aa', 'aaa']) {
      const token = ring.seal('page', { ...content, filler });
      for (let index = 0; index <= token.length; index++) {
        const [before, after] = [token.slice(0, index), token.slice(index + 1)];
        const variants = ['A', 'Q', '_', '=', ' ', '\n', '+', '/', 'é', ''].map(
          (other) => before + other + after,
        );
        for (const variant of [...variants, `${before}!${token.slice(index)}`]) {
          if (variant !== token) expect(ring.open('page', variant)).toBeUndefined();
        }
      }
    }
  });

  test('that is cut off anywhere does not open', () => {
    const ring = KeyRing.open(file, start);
    const token = ring.seal('page', content);
    for (let length = 0; length < token.length; length++) {
      expect(ring.open('page', token.slice(0, length))).toBeUndefined();
    }
  });

  test('of another ring does not open', () => {
    const other = KeyRing.open(join(directory, 'other.json'), start);
    expect(KeyRing.open(file, start).open('page', other.seal('page', content))).toBeUndefined();
  });

  test('of an earlier process, or of another one with the same file, opens', () => {
    const token = KeyRing.open(file, start).seal('page', content);
    expect(KeyRing.open(file, start + day).open('page', token)).toEqual(content);
  });
});

describe('rotation', () => {
  test('comes after 30 days and not before', () => {
    const ring = KeyRing.open(file, start);
    expect(ring.rotateIfDue(start + 30 * day - 1)).toBe(false);
    expect(storedKeys()).toHaveLength(1);
    expect(ring.rotateIfDue(start + 30 * day)).toBe(true);
    expect(storedKeys()).toHaveLength(2);
    expect(ring.rotateIfDue(start + 30 * day + hour)).toBe(false);
  });

  test('keeps the tokens of the old key opening for 48 hours, and not longer', () => {
    const ring = KeyRing.open(file, start);
    const old = ring.seal('credentials', content);
    const rotated = start + 30 * day;
    ring.rotateIfDue(rotated);
    const young = ring.seal('credentials', content);
    expect(young.slice(0, 6)).not.toBe(old.slice(0, 6));

    ring.rotateIfDue(rotated + 48 * hour - 1);
    expect(ring.open('credentials', old)).toEqual(content);
    expect(ring.rotateIfDue(rotated + 48 * hour)).toBe(false);
    expect(ring.open('credentials', old)).toBeUndefined();
    expect(ring.open('credentials', young)).toEqual(content);
    expect(storedKeys()).toHaveLength(1);
  });

  test('is seen by the next start', () => {
    const old = KeyRing.open(file, start).seal('page', content);
    KeyRing.open(file, start + 31 * day).rotateIfDue(start + 31 * day);
    const later = KeyRing.open(file, start + 31 * day);
    expect(later.open('page', old)).toEqual(content);
    expect(storedKeys()).toHaveLength(2);
  });

  test('that cannot be written changes nothing, and comes when it can', () => {
    const ring = KeyRing.open(file, start);
    rmSync(directory, { recursive: true });
    expect(() => ring.rotateIfDue(start + 30 * day)).toThrow('ENOENT');
    const meanwhile = ring.seal('page', content);
    expect(ring.open('page', meanwhile)).toEqual(content);

    mkdirSync(directory);
    expect(ring.rotateIfDue(start + 31 * day)).toBe(true);
    expect(ring.open('page', meanwhile)).toEqual(content);
    const sealed = ring.seal('page', content);
    expect(KeyRing.open(file, start + 31 * day).open('page', sealed)).toEqual(content);
  });
});

describe('a signed token', () => {
  test('is good for the purpose it was signed for, and survives every query encoding', () => {
    const ring = KeyRing.open(file, start);
    const token = ring.sign('page', content);
    expect(encodeURIComponent(token)).toBe(token);
    expect(ring.verify('page', token)).toEqual(content);
    expect(ring.verify('sync-session', token)).toBeUndefined();
    expect(ring.open('page', token)).toBeUndefined();
    expect(ring.verify('page', ring.seal('page', content))).toBeUndefined();
  });

  test('with any one character changed, left out or added is worth nothing', () => {
    const ring = KeyRing.open(file, start);
    const token = ring.sign('page', content);
    for (let index = 0; index < token.length; index++) {
      const other = token[index] === 'A' ? 'B' : 'A';
      for (const change of [other, '', `${token[index]}A`, `${token[index]}.`]) {
        const changed = token.slice(0, index) + change + token.slice(index + 1);
        expect(ring.verify('page', changed)).toBeUndefined();
      }
    }
  });

  test('of another ring is worth nothing, and one of an old key is good for 48 hours', () => {
    const ring = KeyRing.open(file, start);
    const other = KeyRing.open(join(directory, 'other.json'), start);
    expect(ring.verify('page', other.sign('page', content))).toBeUndefined();
    const old = ring.sign('page', content);
    ring.rotateIfDue(start + 30 * day);
    expect(ring.verify('page', old)).toEqual(content);
    ring.rotateIfDue(start + 32 * day);
    expect(ring.verify('page', old)).toBeUndefined();
  });

  test.each(['', '.', '..', '...', 'a.b.c', '\u0000.\u0000.\u0000'])('is not %j', (token) => {
    expect(KeyRing.open(file, start).verify('page', token)).toBeUndefined();
  });
});

describe('the file', () => {
  test('is readable by its owner only, after rotation too', () => {
    const ring = KeyRing.open(file, start);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    chmodSync(file, 0o644);
    ring.rotateIfDue(start + 30 * day);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  const secret = Buffer.alloc(32, 'S').toString('base64');
  const key = { id: '0011aabb', secret, createdAt: '2026-01-01T00:00:00.000Z' };
  const damaged: readonly (readonly [string, string])[] = [
    ['empty', ''],
    ['cut off', JSON.stringify({ keys: [key] }).slice(0, -20)],
    ['not JSON', `${secret} is the key`],
    ['null', 'null'],
    ['without keys', '{}'],
    ['with no key', '{"keys":[]}'],
    ['with keys of another type', JSON.stringify({ keys: secret })],
    ['with a null key', '{"keys":[null]}'],
    ['with a bad id', JSON.stringify({ keys: [{ ...key, id: '0011AABB' }] })],
    ['with a short secret', JSON.stringify({ keys: [{ ...key, secret: secret.slice(8) }] })],
    ['with a bad date', JSON.stringify({ keys: [{ ...key, createdAt: 'yesterday' }] })],
  ];

  test('that is in order opens', () => {
    writeFileSync(file, JSON.stringify({ keys: [key] }));
    const ring = KeyRing.open(file, start);
    expect(ring.open('page', ring.seal('page', content))).toEqual(content);
  });

  test.each(damaged)('that is %s is refused by name, without a word of it', (_what, text) => {
    writeFileSync(file, text);
    let refusal: unknown;
    try {
      KeyRing.open(file, start);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(Error);
    const { message, cause } = refusal as Error;
    expect(message).toBe(
      `${file} is not a key ring: restore it from a backup, or remove it and all tokens with it.`,
    );
    expect(cause).toBeUndefined();
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test('in a directory that is not there is an error of the file system', () => {
    expect(() => KeyRing.open(join(directory, 'missing', 'keys.json'), start)).toThrow('ENOENT');
  });
});
