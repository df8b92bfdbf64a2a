import {
  type EncryptionKey,
  encryptedCodec,
  encryptionKey,
  KeyRing,
  passphraseKey,
} from '@holdall/client/encryption';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stretched } from '../../src/encryption/encryption-key.ts';
import { decrypt, encrypt } from '../../src/encryption/envelope.ts';
import { paddedLength } from '../../src/encryption/plaintext.ts';
import { hide, keyIdOf, openText, sealText, stretch } from './second-implementation.ts';

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

// C2SP Wycheproof, testvectors_v1/aes_gcm_test.json: 256-bit keys, 96-bit IVs, 128-bit tags; tcId 91-96.
const gcmVectors = [
  {
    key: '92ace3e348cd821092cd921aa3546374299ab46209691bc28b8752d17f123c20',
    iv: '00112233445566778899aabb',
    aad: '00000000ffffffff',
    msg: '00010203040506070809',
    ct: 'e27abdd2d2a53d2f136b',
    tag: '9a4a2579529301bcfb71c78d4060f52c',
  },
  {
    key: '29d3a44f8723dc640239100c365423a312934ac80239212ac3df3421a2098123',
    iv: '00112233445566778899aabb',
    aad: 'aabbccddeeff',
    msg: '',
    ct: '',
    tag: '2a7d77fa526b8250cb296078926b5020',
  },
  {
    key: '80ba3192c803ce965ea371d5ff073cf0f43b6a2ab576b208426e11409c09b9b0',
    iv: '4da5bf8dfd5852c1ea12379d',
    aad: '',
    msg: '',
    ct: '',
    tag: '4771a7c404a472966cea8f73c8bfe17a',
  },
  {
    key: 'cc56b680552eb75008f5484b4cb803fa5063ebd6eab91f6ab6aef4916a766273',
    iv: '99e23ec48985bccdeeab60f1',
    aad: '',
    msg: '2a',
    ct: '06',
    tag: '633c1e9703ef744ffffb40edf9d14355',
  },
  {
    key: '51e4bf2bad92b7aff1a4bc05550ba81df4b96fabf41c12c7b00e60e48db7e152',
    iv: '4f07afedfdc3b6c2361823d3',
    aad: '',
    msg: 'be3308f72a2c6aed',
    ct: 'cf332a12fdee800b',
    tag: '602e8d7c4799d62c140c9bb834876b09',
  },
  {
    key: '67119627bd988eda906219e08c0d0d779a07d208ce8a4fe0709af755eeec6dcb',
    iv: '68ab7fdbf61901dad461d23c',
    aad: '',
    msg: '51f8c1f731ea14acdb210a6d973e07',
    ct: '43fc101bff4b32bfadd3daf57a590e',
    tag: 'ec04aacb7148a8b8be44cb7eaf4efa69',
  },
];

test.each(gcmVectors)('AES-256-GCM as Wycheproof has it: $iv', async ({ key, iv, aad, msg, ct, tag }) => {
  const raw = await crypto.subtle.importKey('raw', bytesOf(key), 'AES-GCM', false, ['encrypt', 'decrypt']);
  const sealed = await encrypt(raw, bytesOf(iv), bytesOf(aad), bytesOf(msg));
  expect(hexOf(sealed)).toBe(ct + tag);
  expect(hexOf(await decrypt(raw, bytesOf(iv), bytesOf(aad), bytesOf(ct + tag)))).toBe(msg);
  const forged = bytesOf(ct + tag);
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  await expect(decrypt(raw, bytesOf(iv), bytesOf(aad), forged)).rejects.toThrow();
});

// RFC 7914, section 11: the first 32 of their 64 bytes.
test.each([
  ['passwd', 'salt', 1, '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc'],
  ['Password', 'NaCl', 80_000, '4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56'],
])('PBKDF2-HMAC-SHA-256 as RFC 7914 has it: %s', async (passphrase, salt, iterations, expected) => {
  const bytes = await stretched(
    new TextEncoder().encode(passphrase),
    new TextEncoder().encode(salt),
    iterations,
  );
  expect(hexOf(bytes)).toBe(expected);
});

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const name = fc.string({ minLength: 1, maxLength: 40, unit: 'binary' });
const datasetName = fc.stringMatching(/^[\w.:-]{1,40}$/);

test('OpenSSL reads what we write', async () => {
  await fc.assert(
    fc.asyncProperty(
      bytes32,
      datasetName,
      name,
      fc.json(),
      fc.boolean(),
      async (raw, dataset, key, json, hides) => {
        const ours = await encryptionKey(raw);
        const codec = encryptedCodec({ keys: new KeyRing(ours), ...(hides && { hideKeysWith: ours }) });
        const text = await codec.encode(JSON.parse(json), { dataset, key });
        const storedKey = (await codec.encodeKey?.(key, dataset)) ?? key;
        expect(storedKey).toBe(hides ? hide(raw, dataset, key) : key);
        const opened = openText(raw, text, dataset, storedKey);
        expect(opened.key).toBe(hides ? key : '');
        expect(opened.text).toBe(JSON.stringify(JSON.parse(json)));
      },
    ),
  );
});

test('we read what OpenSSL writes, with or without padding', async () => {
  const iv = fc.uint8Array({ minLength: 12, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      bytes32,
      datasetName,
      name,
      fc.json(),
      fc.boolean(),
      iv,
      async (raw, dataset, key, json, hides, iv) => {
        const ours = await encryptionKey(raw);
        const codec = encryptedCodec({ keys: new KeyRing(ours), ...(hides && { hideKeysWith: ours }) });
        const storedKey = hides ? hide(raw, dataset, key) : key;
        const text = sealText(raw, { name: hides ? key : '', text: json }, dataset, storedKey, iv);
        expect(await codec.decode(text, { dataset, key })).toEqual(JSON.parse(json));
        expect(await codec.decodeKey?.(storedKey, text, dataset)).toBe(hides ? key : undefined);
      },
    ),
  );
});

test('a passphrase gives the same key in OpenSSL, however it was typed', async () => {
  const salt = 'my-app:user-17, é';
  const key = await passphraseKey({ passphrase: 'cafe\u0301 ＡＢ', salt });
  expect(key.id).toBe(keyIdOf(stretch('caf\u00e9 AB', salt, 600_000)));
});

test('what was written once is read for ever', async () => {
  const key = await encryptionKey(Uint8Array.from({ length: 32 }, (_, index) => index));
  const codec = encryptedCodec({ keys: new KeyRing(key), hideKeysWith: key });
  expect(key.id).toBe('8MXV7-Fr9ss');
  expect(await codec.encodeKey?.('theme', 'settings')).toBe('9A7nwMnra64ANH5sLh-YmQ');
  const text = 'h1.8MXV7-Fr9ss.ZGVmZ2hpamtsbW5v.FigyHTH6PfXPaKhRQ4mCbhS6Ko3LY7aLZ2Rj8g';
  const plainKeys = encryptedCodec({ keys: new KeyRing(key) });
  expect(await plainKeys.decode(text, { dataset: 'settings', key: 'theme' })).toBe('dark');
});

test('a CryptoKey will do, and nobody can read it or its parts out', async () => {
  const raw = crypto.getRandomValues(new Uint8Array(32));
  const base = await crypto.subtle.importKey('raw', raw, 'HKDF', false, ['deriveBits', 'deriveKey']);
  const key: EncryptionKey = await encryptionKey(base);
  expect(key.id).toBe((await encryptionKey(raw)).id);
  expect(key.cipher.extractable || key.names.extractable).toBe(false);
  await expect(crypto.subtle.exportKey('raw', key.cipher)).rejects.toThrow();
});

test('keys that are none are refused', async () => {
  await expect(encryptionKey(new Uint8Array(16))).rejects.toThrow('The key has 16 bytes: it must have 32.');
  const other = await crypto.subtle.importKey('raw', new Uint8Array(32), 'AES-GCM', false, ['encrypt']);
  await expect(encryptionKey(other)).rejects.toThrow('the algorithm HKDF, not AES-GCM');
  const salt = 'sixteen bytes of salt';
  await expect(passphraseKey({ passphrase: '', salt })).rejects.toThrow('empty');
  await expect(passphraseKey({ passphrase: 'p', salt: 'short' })).rejects.toThrow('5 bytes: at least 16');
  await expect(passphraseKey({ passphrase: 'p', salt, iterations: 599_999 })).rejects.toThrow('too few');
});

test('lengths are padded by at most 12 %, and few lengths remain', () => {
  const lengths = new Set<number>();
  for (let length = 1; length <= 100_000; length++) {
    const padded = paddedLength(length);
    expect(padded >= length && padded <= Math.max(64, length * 1.12)).toBe(true);
    lengths.add(padded);
  }
  expect(paddedLength(64)).toBe(64);
  expect(lengths.size).toBeLessThan(200);
});
