import { type CompactJWSHeaderParameters, createLocalJWKSet, errors, type FlattenedJWSInput } from 'jose';
import type { Instant } from '../domain/dataset.ts';
import { isPrivateTransport } from '../outgoing/receiver-url.ts';
import { fetchJson } from './fetch-json.ts';

type KeySet = ReturnType<typeof createLocalJWKSet>;

const second = 1000;
/** Keys are fetched anew after so long, so that one which was taken back is not trusted for long. */
const freshMs = 600 * second;
/** Through an outage of the issuer its keys are trusted for so long. */
const tolerableMs = 24 * 3600 * second;
/** The least time between two fetches, whether they succeed or not: a forged key id must not have us fetch at will. */
const coolDownMs = 10 * second;
const timeoutMs = 5 * second;
const mostBytes = 256 * 1024;

/** The issuer's keys could not be fetched. */
export class IssuerUnavailableError extends Error {
  override readonly name = 'IssuerUnavailableError';
}

export interface IssuerKeysOptions {
  /** As in the `iss` of its tokens. */
  readonly issuer: string;
  /** Whether it may be asked over plain HTTP beyond this machine. */
  readonly allowPlainHttp: boolean;
  readonly signal: AbortSignal;
}

/** The keys of one issuer, found by OpenID Connect Discovery and remembered. */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  #known: { readonly keys: KeySet; readonly fetchedAt: Instant } | undefined;
  #lastAttemptAt = Number.NEGATIVE_INFINITY;
  #lastFailure: unknown;
  /** One fetch serves all who wait for it. */
  #fetching: Promise<void> | undefined;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
  }

  /**
   * The key that a token's header names.
   *
   * @throws IssuerUnavailableError when keys had to be fetched and could not be
   * @throws JWKSNoMatchingKey or another of jose's errors when the issuer has no such key
   */
  async find(header: CompactJWSHeaderParameters, token: FlattenedJWSInput, now: Instant) {
    if (!this.#known || now - this.#known.fetchedAt >= freshMs) await this.#refresh(now);
    const keys = this.#usable(now);
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#refresh(now);
      return this.#usable(now)(header, token);
    }
  }

  #usable(now: Instant): KeySet {
    if (this.#known && now - this.#known.fetchedAt < tolerableMs) return this.#known.keys;
    throw new IssuerUnavailableError(`The keys of ${this.#options.issuer} could not be fetched.`, {
      cause: this.#lastFailure,
    });
  }

  /** Never rejects: what is known goes on being used, and `#usable` tells when that is nothing. */
  async #refresh(now: Instant): Promise<void> {
    if (!this.#fetching) {
      if (Math.abs(now - this.#lastAttemptAt) < coolDownMs) return;
      this.#lastAttemptAt = now;
      this.#fetching = this.#fetch(now).finally(() => {
        this.#fetching = undefined;
      });
    }
    await this.#fetching;
  }

  async #fetch(now: Instant): Promise<void> {
    try {
      const { issuer } = this.#options;
      const discovery = (await this.#get(
        `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
      )) as {
        issuer?: unknown;
        jwks_uri?: unknown;
      } | null;
      if (discovery?.issuer !== issuer || typeof discovery.jwks_uri !== 'string') {
        throw new Error(`The discovery document of ${issuer} is not one: it is for '${discovery?.issuer}'.`);
      }
      const keys = createLocalJWKSet((await this.#get(discovery.jwks_uri)) as { keys: [] });
      this.#known = { keys, fetchedAt: now };
    } catch (error) {
      this.#lastFailure = error;
    }
  }

  async #get(address: string): Promise<unknown> {
    const url = new URL(address);
    if (!isPrivateTransport(url) && !(this.#options.allowPlainHttp && url.protocol === 'http:')) {
      throw new Error(`${address} is not https.`);
    }
    const { status, json } = await fetchJson(url, { timeoutMs, mostBytes, signal: this.#options.signal });
    if (status !== 200) throw new Error(`${address} answered ${status}.`);
    return json;
  }
}
