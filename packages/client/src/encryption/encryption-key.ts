import { toBase64Url } from './base64-url.ts';

/** Made by `encryptionKey` or `passphraseKey`. Its parts can be used, and not be read, by whoever has it. */
export interface EncryptionKey {
  /** Eleven characters that follow from the key, so that every device has the same; texts carry it, and it is no secret. */
  readonly id: string;
  /** AES-256-GCM. */
  readonly cipher: CryptoKey;
  /** HMAC-SHA-256, for hidden keys. */
  readonly names: CryptoKey;
}

/** What `passphraseKey` makes a key of. */
export interface PassphraseOptions {
  /** Counts in its normal form (NFKC), so that keyboards do not matter. */
  readonly passphrase: string;
  /**
   * Different for every user, the same on all of a user's devices, at least 16 bytes (of UTF-8), and no secret: random
   * bytes that are kept with the account, or such as `my-app:${userId}`.
   */
  readonly salt: string | Uint8Array;
  /** Of PBKDF2 with SHA-256; the same on all devices. At least, and by default, 600,000. */
  readonly iterations?: number;
}

const fewestIterations = 600_000;
const keyBytes = 32;
const fewestSaltBytes = 16;

/**
 * A key from 32 random bytes, or from a CryptoKey that was made of them: of the algorithm `HKDF`, with the usages
 * `deriveKey` and `deriveBits`. Such a key can be kept in IndexedDB without anybody being able to read it out.
 *
 * @throws TypeError when it is neither
 */
export async function encryptionKey(material: Uint8Array | CryptoKey): Promise<EncryptionKey> {
  const base = material instanceof Uint8Array ? await importedKey(material) : material;
  if (base.algorithm.name !== 'HKDF') {
    const message = `A key must be 32 bytes or a CryptoKey of the algorithm HKDF, not ${base.algorithm.name}.`;
    throw new TypeError(message);
  }
  const { subtle } = webCrypto();
  const [id, cipher, names] = await Promise.all([
    subtle.deriveBits(derivation('id'), base, 64),
    subtle.deriveKey(derivation('cipher'), base, { name: 'AES-GCM', length: 256 }, false, [
      'encrypt',
      'decrypt',
    ]),
    subtle.deriveKey(derivation('names'), base, { name: 'HMAC', hash: 'SHA-256', length: 256 }, false, [
      'sign',
    ]),
  ]);
  return { id: toBase64Url(new Uint8Array(id)), cipher, names };
}

/**
 * A key from a passphrase. It takes a good part of a second, on purpose: whoever has a text can try passphrases, and each
 * try takes as long. The better way, Argon2, is not in WebCrypto.
 *
 * @throws TypeError for an empty passphrase, a short salt or too few iterations
 */
export async function passphraseKey(options: PassphraseOptions): Promise<EncryptionKey> {
  const { passphrase, iterations = fewestIterations } = options;
  const salt = typeof options.salt === 'string' ? utf8(options.salt) : options.salt;
  if (passphrase === '') throw new TypeError('The passphrase is empty.');
  if (salt.length < fewestSaltBytes) {
    throw new TypeError(`The salt has ${salt.length} bytes: at least ${fewestSaltBytes} are needed.`);
  }
  if (!Number.isSafeInteger(iterations) || iterations < fewestIterations) {
    throw new TypeError(`${iterations} iterations are too few: at least ${fewestIterations} are needed.`);
  }
  return encryptionKey(await stretched(utf8(passphrase.normalize('NFKC')), salt, iterations));
}

/** 32 bytes of PBKDF2-HMAC-SHA-256. */
export async function stretched(
  passphrase: Uint8Array,
  salt: Uint8Array,
  iterations: number,
): Promise<Uint8Array> {
  const { subtle } = webCrypto();
  const base = await subtle.importKey('raw', owned(passphrase), 'PBKDF2', false, ['deriveBits']);
  const algorithm = { name: 'PBKDF2', hash: 'SHA-256', salt: owned(salt), iterations };
  return new Uint8Array(await subtle.deriveBits(algorithm, base, keyBytes * 8));
}

/** @throws Error where there is none */
export function webCrypto(): Crypto {
  if (globalThis.crypto?.subtle) return globalThis.crypto;
  throw new Error('WebCrypto is not there: browsers have it on https: and localhost only.');
}

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function importedKey(bytes: Uint8Array): Promise<CryptoKey> {
  if (bytes.length !== keyBytes) {
    throw new TypeError(`The key has ${bytes.length} bytes: it must have ${keyBytes}.`);
  }
  return webCrypto().subtle.importKey('raw', owned(bytes), 'HKDF', false, ['deriveBits', 'deriveKey']);
}

function derivation(purpose: string): HkdfParams {
  const info = utf8(`holdall encryption 1 ${purpose}`);
  return { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info };
}

/** WebCrypto takes no bytes that another thread could change meanwhile. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
