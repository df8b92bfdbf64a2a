import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Instant } from '../domain/dataset.ts';
import { readPrivateFile, writePrivateFile } from './private-file.ts';

export interface OpenIdKey {
  readonly number: number;
  /** As in a token's header: the region, then the number, without anything between, as the original writes it. */
  readonly kid: string;
  readonly createdAt: Instant;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** A public key as verifiers fetch it. */
export interface PublishedKey {
  readonly kty: string;
  readonly n: string;
  readonly e: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'RS512';
}

const hour = 3_600_000;
/** How long a key is the newest. */
const newestLifeMs = 90 * 24 * hour;
/** A new key is published for so long before it signs, so that verifiers which cache the keys have seen it by then. */
const aheadMs = hour;
/** How long a key verifies after its successor signs: as long as the longest-lived token, and an hour for good measure. */
const verifyingLifeMs = 25 * hour;

/**
 * The RSA keys behind our OpenID tokens, kept in a file (mode 0600). Every 90 days a new one joins; the keys are in the
 * order of their making, and a key leaves when no live token can need it.
 */
export class OpenIdKeys {
  readonly #file: string;
  readonly #region: string;
  #keys: readonly OpenIdKey[];

  private constructor(file: string, region: string, keys: readonly OpenIdKey[]) {
    this.#file = file;
    this.#region = region;
    this.#keys = keys;
  }

  /**
   * Opens the keys, making the first if there is none.
   *
   * @throws Error when the file is there and does not hold keys
   */
  static async open(file: string, region: string, now: Instant): Promise<OpenIdKeys> {
    const text = readPrivateFile(file);
    const keys = new OpenIdKeys(file, region, text === undefined ? [] : parseKeys(file, region, text));
    await keys.rotateIfDue(now);
    return keys;
  }

  /**
   * Adds a key when the newest has served its time, and drops keys that no live token can need.
   *
   * @returns whether there is a new key
   */
  async rotateIfDue(now: Instant): Promise<boolean> {
    const newest = this.#keys.at(-1);
    const isDue = !newest || now - newest.createdAt >= newestLifeMs;
    const needed = this.#keys.filter((_, index) => {
      const successor = this.#keys[index + 1];
      return !successor || now - successor.createdAt < aheadMs + verifyingLifeMs;
    });
    if (!isDue && needed.length === this.#keys.length) return false;
    const keys = isDue ? [...needed, await newKey(this.#region, (newest?.number ?? 0) + 1, now)] : needed;
    // First the file: a key that is only in memory would sign tokens that nobody can verify after a restart.
    writePrivateFile(this.#file, serialiseKeys(keys));
    this.#keys = keys;
    return isDue;
  }

  /** The newest key that verifiers have had time to fetch. */
  signing(now: Instant): OpenIdKey {
    const key = this.#keys.findLast(({ createdAt }) => now - createdAt >= aheadMs) ?? this.#keys[0];
    if (!key) throw new Error('There is at least one OpenID key.');
    return key;
  }

  find(kid: string): OpenIdKey | undefined {
    return this.#keys.find((key) => key.kid === kid);
  }

  published(): readonly PublishedKey[] {
    return this.#keys.map(({ kid, publicKey }) => {
      const { kty = '', n = '', e = '' } = publicKey.export({ format: 'jwk' });
      return { kty, n, e, kid, use: 'sig', alg: 'RS512' };
    });
  }
}

async function newKey(region: string, number: number, now: Instant): Promise<OpenIdKey> {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return { number, kid: `${region}${number}`, createdAt: now, ...pair };
}

function serialiseKeys(keys: readonly OpenIdKey[]): string {
  const written = keys.map(({ number, createdAt, privateKey }) => ({
    number,
    createdAt: new Date(createdAt).toISOString(),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  }));
  return `${JSON.stringify({ keys: written }, null, 2)}\n`;
}

function parseKeys(file: string, region: string, text: string): readonly OpenIdKey[] {
  try {
    const { keys } = JSON.parse(text) as {
      keys: { number: number; createdAt: string; privateKey: string }[];
    };
    const parsed = keys.map(({ number, createdAt, privateKey: pem }) => {
      const privateKey = createPrivateKey(pem);
      const publicKey = createPublicKey(privateKey);
      return { number, kid: `${region}${number}`, createdAt: Date.parse(createdAt), privateKey, publicKey };
    });
    const valid = parsed.every(
      ({ number, createdAt, privateKey }) =>
        Number.isSafeInteger(number) &&
        Number.isFinite(createdAt) &&
        privateKey.asymmetricKeyType === 'rsa' &&
        (privateKey.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048,
    );
    if (valid && parsed.length > 0) return parsed;
  } catch {
    // Told below: a parser's own message would quote the keys.
  }
  throw new Error(
    `${file} does not hold OpenID keys: restore it from a backup, or remove it and all OpenID tokens with it.`,
  );
}
