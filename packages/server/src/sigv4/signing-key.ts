import { createHmac } from 'node:crypto';

import { HmacSha256 } from '../crypto/hmac-sha256.ts';

/** What a signature is bound to besides the request. */
export interface CredentialScope {
  /** YYYYMMDD. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  /** `aws4_request`, or the scope is not valid. */
  readonly terminator: string;
}

export const SCOPE_TERMINATOR = 'aws4_request';

export function deriveSigningKey(secret: string, scope: CredentialScope): Buffer {
  const dateKey = hmac(`AWS4${secret}`, scope.date);
  const regionKey = hmac(dateKey, scope.region);
  const serviceKey = hmac(regionKey, scope.service);
  return hmac(serviceKey, SCOPE_TERMINATOR);
}

/**
 * Remembers derived keys, which hold for a day, so that a request costs one HMAC and not five. Holds at most twice
 * `generationSize` keys: when the young generation is full it becomes the old one, and what nobody asked for since then
 * goes with the next turn. That is nearly least-recently-used, without reordering anything on a hit.
 */
export class SigningKeyCache {
  readonly #generationSize: number;
  #young = new Map<string, HmacSha256>();
  #old = new Map<string, HmacSha256>();

  constructor(generationSize: number) {
    this.#generationSize = generationSize;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(accessKeyId: string, secret: string, scope: CredentialScope): HmacSha256 {
    // Unambiguous: the parser lets no newline into any part but the secret, which comes last.
    const id = `${accessKeyId}\n${scope.date}\n${scope.region}\n${scope.service}\n${secret}`;
    const young = this.#young.get(id);
    if (young !== undefined) {
      return young;
    }
    const key = this.#old.get(id) ?? new HmacSha256(deriveSigningKey(secret, scope));
    this.#remember(id, key);
    return key;
  }

  #remember(id: string, key: HmacSha256): void {
    if (this.#young.size >= this.#generationSize) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(id, key);
    this.#old.delete(id);
  }
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest();
}
