import type { Instant } from '../domain/dataset.ts';
import { type DeveloperScope, everything, type GivenKey, keyState } from '../domain/developer-key.ts';
import type { CredentialIssuer, IssuedCredentials } from '../ports/credential-issuer.ts';
import type { CredentialSource, FoundCredentials } from '../ports/credential-source.ts';
import type { Sealer } from '../ports/sealer.ts';
import type { Store } from '../ports/store.ts';
import { BoundedCache } from './bounded-cache.ts';
import { newAccessKeyId, newSecretAccessKey, type RootCredentials } from './root-credentials.ts';
import type { SecretBox } from './secret-box.ts';

/** The original's temporary credentials live an hour, unless STS is asked for more. */
const usualLifetimeMs = 3_600_000;

/** What a session token carries, so that nothing has to be looked up. */
interface SealedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly poolId: string;
  readonly identityId: string;
  readonly expiresAt: Instant;
}

export interface AuthorityOptions {
  readonly sealer: Pick<Sealer, 'seal' | 'open'>;
  readonly root: RootCredentials;
  readonly accountId: string;
  readonly givenKeys: readonly GivenKey[];
  readonly store: Pick<Store, 'developerKey'>;
  readonly secrets: Pick<SecretBox, 'open'>;
}

/** Gives out credentials of identities, and knows them and those of developers again. */
export class CredentialAuthority implements CredentialIssuer, CredentialSource {
  readonly #options: AuthorityOptions;
  readonly #sealer: Pick<Sealer, 'seal' | 'open'>;
  /** Opening a token costs more than all else in a request, and a client sends the same one for an hour. */
  readonly #opened = new BoundedCache<string, SealedCredentials>(10_000);
  /** By what they were sealed to, so that nothing is remembered of a key but its secret. */
  readonly #secrets = new BoundedCache<string, string>(1_000);
  readonly #given: ReadonlyMap<string, GivenKey>;

  constructor(options: AuthorityOptions) {
    this.#options = options;
    this.#sealer = options.sealer;
    const root = { ...options.root, scope: everything };
    this.#given = new Map([...options.givenKeys, root].map((key) => [key.accessKeyId, key]));
  }

  issue(
    identity: { readonly poolId: string; readonly identityId: string },
    now: Instant,
    lifetimeMs = usualLifetimeMs,
  ): IssuedCredentials {
    const credentials = {
      accessKeyId: newAccessKeyId('ASIA'),
      secretAccessKey: newSecretAccessKey(),
      // Clients are told whole seconds.
      expiresAt: Math.floor((now + lifetimeMs) / 1000) * 1000,
    };
    const content: SealedCredentials = { ...credentials, ...identity };
    return { ...credentials, sessionToken: this.#sealer.seal('credentials', content) };
  }

  find(
    accessKeyId: string,
    sessionToken: string | undefined,
    now: Instant,
  ): FoundCredentials | Promise<FoundCredentials> {
    if (sessionToken === undefined) return this.#findDeveloper(accessKeyId, now);
    const sealed = this.#open(sessionToken);
    if (sealed?.accessKeyId !== accessKeyId) return { kind: 'unknown' };
    if (now >= sealed.expiresAt) {
      this.#opened.delete(sessionToken);
      return { kind: 'expired' };
    }
    return {
      kind: 'found',
      secretAccessKey: sealed.secretAccessKey,
      caller: {
        kind: 'identity',
        poolId: sealed.poolId,
        identityId: sealed.identityId,
        expiresAt: sealed.expiresAt,
      },
    };
  }

  #findDeveloper(accessKeyId: string, now: Instant): FoundCredentials | Promise<FoundCredentials> {
    const given = this.#given.get(accessKeyId);
    if (!given) return this.#findStored(accessKeyId, now);
    if (keyState(given, now) !== 'active') return { kind: 'unknown' };
    return this.#found(accessKeyId, given.secretAccessKey, given.scope);
  }

  /** Looked up for every request, so that a revocation holds from the next one on, whichever process made it. */
  async #findStored(accessKeyId: string, now: Instant): Promise<FoundCredentials> {
    const key = await this.#options.store.developerKey(accessKeyId);
    // The original does not tell either that a lasting key was there once.
    if (!key || keyState(key, now) !== 'active') return { kind: 'unknown' };
    return this.#found(accessKeyId, this.#secretOf(accessKeyId, key.sealedSecret), key.scope);
  }

  #found(accessKeyId: string, secretAccessKey: string, scope: DeveloperScope): FoundCredentials {
    const { accountId } = this.#options;
    return { kind: 'found', secretAccessKey, caller: { kind: 'developer', accountId, accessKeyId, scope } };
  }

  #secretOf(accessKeyId: string, sealed: string): string {
    // With the id: what was sealed to one key must not open for another because it is remembered.
    const name = `${accessKeyId} ${sealed}`;
    const known = this.#secrets.get(name);
    if (known !== undefined) return known;
    const secret = this.#options.secrets.open(accessKeyId, sealed);
    this.#secrets.set(name, secret);
    return secret;
  }

  #open(sessionToken: string): SealedCredentials | undefined {
    const known = this.#opened.get(sessionToken);
    if (known) return known;
    const sealed = this.#sealer.open('credentials', sessionToken) as SealedCredentials | undefined;
    if (sealed) this.#opened.set(sessionToken, sealed);
    return sealed;
  }
}
