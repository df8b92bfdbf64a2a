import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';

/** Apple refuses tokens older than an hour, and providers that make one more often than every twenty minutes. */
const renewedAfterMs = 40 * 60 * 1000;

export interface ProviderTokenOptions {
  /** The text of the .p8 file. */
  readonly key: string;
  readonly keyId: string;
  readonly teamId: string;
  readonly now: () => number;
}

/** What we show APNs: a statement of the team, signed with its key, used until it is forty minutes old. */
export class ApnsProviderToken {
  readonly #options: ProviderTokenOptions;
  readonly #key: KeyObject;
  #current: { readonly token: Promise<string>; readonly issuedAt: number } | undefined;

  /** @throws Error when the key is not one for ES256 */
  constructor(options: ProviderTokenOptions) {
    this.#options = options;
    this.#key = ecKey(options.key);
  }

  get(): Promise<string> {
    const now = this.#options.now();
    const age = now - (this.#current?.issuedAt ?? Number.NEGATIVE_INFINITY);
    // An age below zero: the clock was put back.
    if (this.#current && age >= 0 && age < renewedAfterMs) return this.#current.token;
    this.#current = { token: this.#sign(now), issuedAt: now };
    return this.#current.token;
  }

  /** The next `get` makes a new one, unless another send has already seen to it. */
  async forget(token: string): Promise<void> {
    const current = this.#current;
    if (current && (await current.token) === token && this.#current === current) this.#current = undefined;
  }

  #sign(now: number): Promise<string> {
    const { keyId, teamId } = this.#options;
    return new SignJWT({ iss: teamId, iat: Math.floor(now / 1000) })
      .setProtectedHeader({ alg: 'ES256', kid: keyId })
      .sign(this.#key);
  }
}

function ecKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  } catch {
    // Its message would say nothing more, or too much.
  }
  throw new Error('key must be the text of the .p8 file that Apple gave for the key.');
}
