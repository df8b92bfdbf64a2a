import { jsonCodec, textCodec } from '@holdall/client';
import { DecryptionError, encryptedCodec, encryptionKey, KeyRing } from '@holdall/client/encryption';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';

const newKey = () => encryptionKey(crypto.getRandomValues(new Uint8Array(32)));
let one: Awaited<ReturnType<typeof newKey>>;
let two: Awaited<ReturnType<typeof newKey>>;
beforeAll(async () => {
  one = await newKey();
  two = await newKey();
});

const place = fc.record({ dataset: fc.stringMatching(/^[\w.:-]{1,20}$/), key: fc.string({ minLength: 1 }) });
const codecs = () => [
  encryptedCodec({ keys: new KeyRing(one) }),
  encryptedCodec({ keys: new KeyRing(one), hideKeysWith: two }),
];

test('any JSON comes back, and no two texts of it are the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), place, async (value, place) => {
      for (const codec of codecs()) {
        const [text, again] = await Promise.all([codec.encode(value, place), codec.encode(value, place)]);
        expect(text).toMatch(/^h1\.[\w-]{11}\.[\w-]{16}\.[\w-]+$/);
        expect(again).not.toBe(text);
        expect(JSON.stringify(await codec.decode(text, place))).toBe(JSON.stringify(value));
      }
    }),
  );
});

test('a text means nothing in another dataset or under another key', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), place, place, async (value, here, other) => {
      for (const there of [other, { ...here, dataset: other.dataset }, { ...here, key: other.key }]) {
        if (here.dataset === there.dataset && here.key === there.key) continue;
        for (const codec of codecs()) {
          const text = await codec.encode(value, here);
          await expect(codec.decode(text, there)).rejects.toMatchObject({ reason: 'damaged' });
          const stored = await codec.encodeKey?.(there.key, there.dataset);
          if (stored === undefined) continue;
          await expect(codec.decodeKey?.(stored, text, there.dataset)).rejects.toMatchObject({
            reason: 'damaged',
          });
        }
      }
    }),
  );
});

test('any change of a text is noticed', async () => {
  const at = { dataset: 'notes', key: 'a' };
  const codec = encryptedCodec({ keys: new KeyRing(one) });
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.nat(), fc.integer({ min: 0, max: 15 }), async (value, where, bit) => {
      const text = await codec.encode(value, at);
      const index = where % text.length;
      const changed = String.fromCharCode(text.charCodeAt(index) ^ (1 << bit));
      const forged = text.slice(0, index) + changed + text.slice(index + 1);
      await expect(codec.decode(forged, at)).rejects.toBeInstanceOf(DecryptionError);
    }),
    { numRuns: 1000 },
  );
});

test('every bit of one text, its end and its length', async () => {
  const at = { dataset: 'notes', key: 'a' };
  const codec = encryptedCodec({ keys: new KeyRing(one) });
  const text = await codec.encode({ any: 'thing' }, at);
  const forgeries = [
    `${text}A`,
    `${text}.`,
    `${text}.AAAA`,
    `${text} `,
    text.slice(0, -1),
    text.slice(0, -4),
    'h1',
    'h1.',
    '',
  ];
  // The last letter has bits that stand for nothing.
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  forgeries.push(...[...letters].map((letter) => text.slice(0, -1) + letter).filter((it) => it !== text));
  for (let index = 0; index < text.length; index++) {
    for (let bit = 0; bit < 7; bit++) {
      const changed = String.fromCharCode(text.charCodeAt(index) ^ (1 << bit));
      forgeries.push(text.slice(0, index) + changed + text.slice(index + 1));
    }
  }
  for (const forged of forgeries) {
    await expect(codec.decode(forged, at), forged).rejects.toBeInstanceOf(DecryptionError);
  }
});

test('it says why: another key, damage, or no encryption', async () => {
  const at = { dataset: 'notes', key: 'a' };
  const text = await encryptedCodec({ keys: new KeyRing(two) }).encode(1, at);
  const codec = encryptedCodec({ keys: new KeyRing(one) });
  await expect(codec.decode(text, at)).rejects.toMatchObject({ reason: 'unknown-key', keyId: two.id });
  await expect(codec.decode('{"plain":1}', at)).rejects.toMatchObject({ reason: 'not-encrypted' });
  await expect(codec.decode(`h1.${one.id}.AAAA.AAAA`, at)).rejects.toMatchObject({
    reason: 'damaged',
    keyId: one.id,
  });
});

test('after a rotation old texts are read and new ones written', async () => {
  const at = { dataset: 'notes', key: 'a' };
  const keys = new KeyRing(one);
  const codec = encryptedCodec({ keys });
  const old = await codec.encode('old', at);
  keys.rotateTo(two);
  const text = await codec.encode('new', at);
  expect(text.startsWith(`h1.${two.id}.`)).toBe(true);
  expect([codec.isOutdated(old), codec.isOutdated(text), codec.isOutdated('"plain"')]).toEqual([
    true,
    false,
    true,
  ]);
  expect(await codec.decode(old, at)).toBe('old');
  expect(await codec.decode(text, at)).toBe('new');
  const other = encryptedCodec({ keys: new KeyRing(two) });
  expect(await other.decode(text, at)).toBe('new');
  await expect(other.decode(old, at)).rejects.toMatchObject({ reason: 'unknown-key', keyId: one.id });
});

test('plain values of before are read while the app wants that', async () => {
  const at = { dataset: 'notes', key: 'a' };
  const codec = encryptedCodec({ keys: new KeyRing(one), readsPlain: jsonCodec });
  expect(await codec.decode('{"plain":1}', at)).toEqual({ plain: 1 });
  expect(await codec.decode(await codec.encode(2, at), at)).toBe(2);
  await expect(codec.decode('h1.none', at)).rejects.toMatchObject({ reason: 'unknown-key' });
});

test('plain keys and hidden ones do not mix', async () => {
  const keys = new KeyRing(one);
  expect(() => encryptedCodec({ keys, hideKeysWith: one, readsPlain: jsonCodec })).toThrow('another dataset');
  const hidden = encryptedCodec({ keys, hideKeysWith: one });
  const other = encryptedCodec({ keys, hideKeysWith: two });
  const stored = (await hidden.encodeKey?.('theme', 'settings')) ?? '';
  expect(stored).toMatch(/^[\w-]{22}$/);
  expect(await hidden.encodeKey?.('theme', 'other')).not.toBe(stored);
  expect(await other.encodeKey?.('theme', 'settings')).not.toBe(stored);
  const text = await hidden.encode('dark', { dataset: 'settings', key: 'theme' });
  expect(await hidden.decodeKey?.(stored, text, 'settings')).toBe('theme');
  await expect(other.decodeKey?.(stored, text, 'settings')).rejects.toMatchObject({ reason: 'unknown-key' });
});

test('values may be any text, but no half characters, which UTF-8 cannot express', async () => {
  const codec = encryptedCodec({ keys: new KeyRing(one), values: textCodec });
  const at = { dataset: 'notes', key: 'a' };
  for (const value of ['', '\u0000', '\ufeffbom', 'h1.', '🗝️'.repeat(50_000)]) {
    expect(await codec.decode(await codec.encode(value, at), at)).toBe(value);
  }
  await expect(codec.encode('\ud800', at)).rejects.toThrow('surrogate');
});
