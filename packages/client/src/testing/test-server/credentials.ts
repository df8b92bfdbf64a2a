import { ServiceError } from '@holdall/protocol';
import { type Random, randomHex } from '../seeded-random.ts';
import type { Caller } from './scene.ts';
import { seal, unseal } from './sealed.ts';
import type { Instant } from './state.ts';

/** Credentials that the test server accepts. */
export interface IssuedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Epoch milliseconds, a whole second. */
  readonly expiresAt: Instant;
}

interface SessionToken extends Omit<IssuedCredentials, 'sessionToken'> {
  readonly poolId: string;
  readonly identityId: string;
}

interface Found {
  readonly secretAccessKey: string;
  readonly caller: Caller;
  readonly expiresAt?: Instant;
}

const usualLifetimeMs = 3_600_000;

/** Gives out credentials and knows them again; those of the one developer are known from the start. */
export class CredentialBook {
  readonly developer: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly #random: Random;
  readonly #accountId: string;

  constructor(random: Random, accountId: string) {
    this.#random = random;
    this.#accountId = accountId;
    this.developer = { accessKeyId: this.#accessKeyId('AKIA'), secretAccessKey: randomHex(random, 40) };
  }

  issue(
    { id, poolId }: { readonly id: string; readonly poolId: string },
    at: Instant,
    lifetimeMs = usualLifetimeMs,
  ): IssuedCredentials {
    const credentials = {
      accessKeyId: this.#accessKeyId('ASIA'),
      secretAccessKey: randomHex(this.#random, 40),
      expiresAt: Math.floor((at + lifetimeMs) / 1000) * 1000,
    };
    const content: SessionToken = { ...credentials, poolId, identityId: id };
    return { ...credentials, sessionToken: seal('credentials', content) };
  }

  /** @throws ServiceError for credentials that are not known, or no more */
  find(accessKeyId: string, sessionToken: string | undefined, at: Instant): Found {
    const { developer } = this;
    if (sessionToken === undefined && accessKeyId === developer.accessKeyId) {
      const caller = { kind: 'developer', accountId: this.#accountId } as const;
      return { secretAccessKey: developer.secretAccessKey, caller };
    }
    const known =
      sessionToken === undefined
        ? undefined
        : (unseal('credentials', sessionToken) as SessionToken | undefined);
    if (known?.accessKeyId !== accessKeyId) {
      throw new ServiceError(
        'UnrecognizedClientException',
        'The security token included in the request is invalid.',
      );
    }
    const { secretAccessKey, poolId, identityId, expiresAt } = known;
    if (at >= expiresAt) {
      throw new ServiceError(
        'ExpiredTokenException',
        'The security token included in the request is expired',
      );
    }
    return { secretAccessKey, caller: { kind: 'identity', poolId, identityId }, expiresAt };
  }

  #accessKeyId(prefix: string): string {
    return prefix + randomHex(this.#random, 16).toUpperCase();
  }
}
