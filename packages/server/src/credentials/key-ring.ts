import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { HmacSha256 } from '../crypto/hmac-sha256.ts';
import type { Instant } from '../domain/dataset.ts';
import type { Sealer, TokenPurpose } from '../ports/sealer.ts';
import { BoundedCache } from './bounded-cache.ts';
import { readPrivateFile, writePrivateFile } from './private-file.ts';

interface RingKey {
  /** Eight hex digits, written into every token. */
  readonly id: string;
  /** 32 bytes. */
  readonly secret: Buffer;
  readonly createdAt: Instant;
  /** Derived from the secret, for signatures. */
  readonly signing: HmacSha256;
}

const hour = 3_600_000;
/** How long a key seals before the next one takes over. */
const sealingLifeMs = 30 * 24 * hour;
/** How long it opens after that: twice as long as the longest-lived token (24 hours) could need it. */
const openingLifeMs = 48 * hour;

const version = 1;
const saltBytes = 12;
const counterBytes = 6;
const headerBytes = 1 + 4 + saltBytes + counterBytes;
const tagBytes = 16;
const cipher = 'aes-256-gcm';
const noSalt = Buffer.alloc(0);
/** One for each process that sealed a token lately. */
const derivedKeys = 64;

/**
 * Seals and signs tokens under keys that are kept in a file (mode 0600) and change every 30 days.
 *
 * Signed is `key id . content . HMAC-SHA256`, and sealed is AES-256-GCM: a sealed token is `version ‖ key id ‖ salt ‖ counter ‖ ciphertext ‖ tag`. Each process derives a key of its own from the
 * ring's key and a random salt, and counts its nonces: random nonces would repeat too soon at 30,000 tokens a second.
 * The header and the purpose are authenticated with the content.
 */
export class KeyRing implements Sealer {
  readonly #file: string;
  #keys: readonly RingKey[];
  #sealing: { readonly header: Buffer; readonly key: KeyObject; counter: number };
  #derived = new BoundedCache<string, KeyObject>(derivedKeys);

  private constructor(file: string, keys: readonly RingKey[]) {
    this.#file = file;
    this.#keys = keys;
    this.#sealing = newSealingKey(keys);
  }

  /**
   * Opens the ring, making it if there is none.
   *
   * @throws Error when the file is there and is not a key ring
   */
  static open(file: string, now: Instant): KeyRing {
    const text = readPrivateFile(file);
    const keys = text === undefined ? [newKey(now)] : parseKeys(file, text);
    if (text === undefined) writePrivateFile(file, serialiseKeys(keys));
    return new KeyRing(file, keys);
  }

  /**
   * Adds a key when the newest has served its time, and drops keys that no live token can need.
   *
   * @returns whether a new key seals from now on
   * @throws Error when the file cannot be written; the ring goes on with the keys that it has
   */
  rotateIfDue(now: Instant): boolean {
    const newest = this.#keys.at(-1);
    const isDue = !newest || now - newest.createdAt >= sealingLifeMs;
    const needed = this.#keys.filter((_, index) => {
      const successor = this.#keys[index + 1];
      return !successor || now - successor.createdAt < openingLifeMs;
    });
    if (!isDue && needed.length === this.#keys.length) return false;
    const keys = isDue ? [...needed, newKey(now)] : needed;
    // First the file: a key that is only in memory would seal tokens that nobody can open after a restart.
    writePrivateFile(this.#file, serialiseKeys(keys));
    this.#keys = keys;
    if (isDue) this.#sealing = newSealingKey(keys);
    // It may remember keys that were dropped just now.
    this.#derived = new BoundedCache(derivedKeys);
    return isDue;
  }

  seal(purpose: TokenPurpose, content: object): string {
    const sealing = this.#sealing;
    const header = Buffer.from(sealing.header);
    header.writeUIntBE(sealing.counter++, headerBytes - counterBytes, counterBytes);
    const encryption = createCipheriv(cipher, sealing.key, nonceOf(header), { authTagLength: tagBytes });
    encryption.setAAD(authenticated(purpose, header));
    const text = encryption.update(JSON.stringify(content), 'utf8');
    encryption.final();
    return Buffer.concat([header, text, encryption.getAuthTag()]).toString('base64url');
  }

  open(purpose: TokenPurpose, token: string): unknown {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length < headerBytes + tagBytes || bytes[0] !== version) return undefined;
    // Node's decoder skips what is not base64url; a token has one spelling only.
    if (bytes.toString('base64url') !== token) return undefined;
    const header = bytes.subarray(0, headerBytes);
    const key = this.#derivedKey(header);
    if (!key) return undefined;
    const decryption = createDecipheriv(cipher, key, nonceOf(header), { authTagLength: tagBytes });
    decryption.setAAD(authenticated(purpose, header));
    decryption.setAuthTag(bytes.subarray(-tagBytes));
    try {
      const text = decryption.update(bytes.subarray(headerBytes, -tagBytes));
      decryption.final();
      this.#derived.set(derivationOf(header), key);
      return JSON.parse(text.toString('utf8'));
    } catch {
      return undefined;
    }
  }

  sign(purpose: TokenPurpose, content: object): string {
    const key = newestOf(this.#keys);
    const signed = `${key.id}.${Buffer.from(JSON.stringify(content)).toString('base64url')}`;
    return `${signed}.${signatureOf(key, purpose, signed).toString('base64url')}`;
  }

  verify(purpose: TokenPurpose, token: string): unknown {
    const [id, content, signature, ...more] = token.split('.');
    const key = this.#keys.find((candidate) => candidate.id === id);
    if (!key || content === undefined || signature === undefined || more.length > 0) return undefined;
    const expected = signatureOf(key, purpose, `${id}.${content}`);
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    // Node's decoder skips what is not base64url; a token has one spelling only.
    if (given.toString('base64url') !== signature) return undefined;
    return JSON.parse(Buffer.from(content, 'base64url').toString('utf8'));
  }

  /** Derived keys are remembered by `open` once a token proved genuine, so that forgeries cannot crowd them out. */
  #derivedKey(header: Buffer): KeyObject | undefined {
    const known = this.#derived.get(derivationOf(header));
    if (known) return known;
    const id = header.toString('hex', 1, 5);
    const key = this.#keys.find((candidate) => candidate.id === id);
    return key && tokenKey(key, header);
  }
}

function newestOf(keys: readonly RingKey[]): RingKey {
  const key = keys.at(-1);
  if (!key) throw new Error('A key ring has at least one key.');
  return key;
}

function newSealingKey(keys: readonly RingKey[]) {
  const key = newestOf(keys);
  const header = Buffer.alloc(headerBytes);
  header[0] = version;
  header.write(key.id, 1, 'hex');
  randomBytes(saltBytes).copy(header, 5);
  return { header, key: tokenKey(key, header), counter: 0 };
}

function derive(secret: Buffer, salt: Buffer, use: 'holdall token' | 'holdall signature'): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, use, 32));
}

/** The key of the process that wrote the header. */
function tokenKey(key: RingKey, header: Buffer): KeyObject {
  return createSecretKey(derive(key.secret, header.subarray(5, 5 + saltBytes), 'holdall token'));
}

function signatureOf(key: RingKey, purpose: TokenPurpose, signed: string): Buffer {
  return key.signing.digest(`${purpose}.${signed}`);
}

/** Which derived key a header names. */
function derivationOf(header: Buffer): string {
  return header.toString('latin1', 1, 5 + saltBytes);
}

function nonceOf(header: Buffer): Buffer {
  const nonce = Buffer.alloc(12);
  header.copy(nonce, 12 - counterBytes, headerBytes - counterBytes, headerBytes);
  return nonce;
}

function authenticated(purpose: TokenPurpose, header: Buffer): Buffer {
  return Buffer.concat([header, Buffer.from(purpose)]);
}

function newKey(now: Instant): RingKey {
  return ringKey(randomBytes(4).toString('hex'), randomBytes(32), now);
}

function ringKey(id: string, secret: Buffer, createdAt: Instant): RingKey {
  return { id, secret, createdAt, signing: new HmacSha256(derive(secret, noSalt, 'holdall signature')) };
}

function serialiseKeys(keys: readonly RingKey[]): string {
  const written = keys.map((key) => ({
    id: key.id,
    secret: key.secret.toString('base64'),
    createdAt: new Date(key.createdAt).toISOString(),
  }));
  return `${JSON.stringify({ keys: written }, null, 2)}\n`;
}

function parseKeys(file: string, text: string): readonly RingKey[] {
  try {
    const { keys } = JSON.parse(text) as { keys: { id: string; secret: string; createdAt: string }[] };
    const parsed = keys.map((key) =>
      ringKey(key.id, Buffer.from(key.secret, 'base64'), Date.parse(key.createdAt)),
    );
    const valid = parsed.every(
      (key) => /^[0-9a-f]{8}$/.test(key.id) && key.secret.length === 32 && Number.isFinite(key.createdAt),
    );
    if (valid && parsed.length > 0) return parsed;
  } catch {
    // Told below: a parser's own message would quote the secrets.
  }
  throw new Error(
    `${file} is not a key ring: restore it from a backup, or remove it and all tokens with it.`,
  );
}
