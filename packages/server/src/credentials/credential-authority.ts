import type { Instant } from '../domain/dataset.ts';
import type { CredentialIssuer, IssuedCredentials } from '../ports/credential-issuer.ts';
import type { CredentialSource, FoundCredentials } from '../ports/credential-source.ts';
import type { Sealer } from '../ports/sealer.ts';
import { BoundedCache } from './bounded-cache.ts';
import { newAccessKeyId, newSecretAccessKey, type RootCredentials } from './root-credentials.ts';

/** The original's temporary credentials live an hour. */
const lifetimeMs = 3_600_000;

/** What a session token carries, so that nothing has to be looked up. */
interface SealedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly poolId: string;
  readonly identityId: string;
  readonly expiresAt: Instant;
}

/** Gives out credentials of identities, and knows them and the root credentials again. */
export class CredentialAuthority implements CredentialIssuer, CredentialSource {
  readonly #sealer: Pick<Sealer, 'seal' | 'open'>;
  readonly #root: RootCredentials;
  readonly #accountId: string;
  /** Opening a token costs more than all else in a request, and a client sends the same one for an hour. */
  readonly #opened = new BoundedCache<string, SealedCredentials>(10_000);

  constructor(options: { sealer: Pick<Sealer, 'seal' | 'open'>; root: RootCredentials; accountId: string }) {
    this.#sealer = options.sealer;
    this.#root = options.root;
    this.#accountId = options.accountId;
  }

  issue(identity: { readonly poolId: string; readonly identityId: string }, now: Instant): IssuedCredentials {
    const credentials = {
      accessKeyId: newAccessKeyId('ASIA'),
      secretAccessKey: newSecretAccessKey(),
      // Clients are told whole seconds.
      expiresAt: Math.floor((now + lifetimeMs) / 1000) * 1000,
    };
    const content: SealedCredentials = { ...credentials, ...identity };
    return { ...credentials, sessionToken: this.#sealer.seal('credentials', content) };
  }

  find(accessKeyId: string, sessionToken: string | undefined, now: Instant): FoundCredentials {
    if (sessionToken === undefined) return this.#findRoot(accessKeyId);
    const sealed = this.#open(sessionToken);
    if (sealed?.accessKeyId !== accessKeyId) return { kind: 'unknown' };
    if (now >= sealed.expiresAt) {
      this.#opened.delete(sessionToken);
      return { kind: 'expired' };
    }
    return {
      kind: 'found',
      secretAccessKey: sealed.secretAccessKey,
      caller: { kind: 'identity', poolId: sealed.poolId, identityId: sealed.identityId },
    };
  }

  #findRoot(accessKeyId: string): FoundCredentials {
    if (accessKeyId !== this.#root.accessKeyId) return { kind: 'unknown' };
    return {
      kind: 'found',
      secretAccessKey: this.#root.secretAccessKey,
      caller: { kind: 'developer', accountId: this.#accountId },
    };
  }

  #open(sessionToken: string): SealedCredentials | undefined {
    const known = this.#opened.get(sessionToken);
    if (known) return known;
    const sealed = this.#sealer.open('credentials', sessionToken) as SealedCredentials | undefined;
    if (sealed) this.#opened.set(sessionToken, sealed);
    return sealed;
  }
}
