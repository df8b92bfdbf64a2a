import { unlessAborted } from './eventual.ts';
import type { Credentials, Identity, IdentityProvider, ProviderRequest } from './identity.ts';
import type { LocalStore, Owner } from './local-store.ts';
import { SyncError } from './sync-error.ts';

export interface SessionOptions {
  readonly store: LocalStore;
  readonly endpoint: string;
  readonly fetch: typeof fetch;
  /** Epoch milliseconds by the service's clock. */
  readonly now: () => number;
  /** Ends with the client. */
  readonly signal: AbortSignal;
}

const identityNote = 'identity';
/** Credentials are renewed this long before they expire, as a sync may take a while. */
const reserveMs = 60_000;

/**
 * Who the user is, and their credentials. The identity is remembered on the device, so that an app that starts offline
 * opens the same data as before.
 */
export class Session {
  readonly #options: SessionOptions;
  #provider: IdentityProvider;
  #known: Identity | undefined;
  #identity: Promise<Identity> | undefined;
  #credentials: { readonly of: string; readonly answer: Promise<Credentials> } | undefined;

  private constructor(options: SessionOptions, provider: IdentityProvider, known: Identity | undefined) {
    this.#options = options;
    this.#provider = provider;
    this.#known = known;
  }

  static async open(options: SessionOptions, provider: IdentityProvider): Promise<Session> {
    const known = await readIdentity(options.store);
    // The app says that somebody else uses the device now: what is kept is not theirs to see.
    const isOther = known !== undefined && !known.guest && (provider.user ?? known.user) !== known.user;
    return new Session(options, provider, isOther ? undefined : known);
  }

  /** Undefined before the service has ever told. */
  get known(): Identity | undefined {
    return this.#known;
  }

  get owner(): Owner {
    return this.#known?.identityId ?? '';
  }

  /**
   * Asks the provider who the user is, once. What it says is not remembered before `settle`, because data may have to
   * be moved first.
   *
   * @throws SyncError
   */
  identity(signal: AbortSignal): Promise<Identity> {
    this.#identity ??= this.ask(this.#provider).catch((error: unknown) => {
      this.#identity = undefined;
      throw error;
    });
    return unlessAborted(this.#identity, signal);
  }

  /** Asks a provider who the user is, without taking its word for it yet. @throws SyncError */
  async ask(provider: IdentityProvider): Promise<Identity> {
    const known = this.#known;
    try {
      const request = { ...this.#request(), known, guest: known?.guest ? known : undefined };
      const identity = await provider.identity(request);
      return provider.user === undefined ? identity : { ...identity, user: provider.user };
    } catch (error) {
      throw this.#authError(error);
    }
  }

  /** From now on this is the identity, and its provider. */
  async settle(identity: Identity | undefined, provider = this.#provider): Promise<void> {
    const text = identity && JSON.stringify(identity);
    await this.#options.store.setNote(identityNote, text);
    this.adopt(identity);
    this.#provider = provider;
  }

  /** What another tab settled. */
  adopt(identity: Identity | undefined): void {
    if (identity?.identityId !== this.#known?.identityId) this.#credentials = undefined;
    this.#known = identity;
    this.#identity = identity && Promise.resolve(identity);
  }

  /** @throws SyncError `AUTH`, `NETWORK` */
  async credentials(identity: Identity, signal: AbortSignal): Promise<Credentials> {
    const kept = this.#credentials;
    if (kept?.of !== identity.identityId) return unlessAborted(this.#renewed(identity), signal);
    const credentials = await unlessAborted(kept.answer, signal);
    const isFresh = (credentials.expiresAt ?? Number.POSITIVE_INFINITY) - this.#options.now() > reserveMs;
    if (isFresh) return credentials;
    // Of several that find them stale, the first renews them for all.
    return this.#credentials === kept
      ? unlessAborted(this.#renewed(identity), signal)
      : this.credentials(identity, signal);
  }

  /** Gets new credentials although those we have look good: the service refused them. */
  async renew(identity: Identity, signal: AbortSignal): Promise<void> {
    await unlessAborted(this.#renewed(identity), signal);
  }

  #renewed(identity: Identity): Promise<Credentials> {
    const answer = this.#provider.credentials(identity, this.#request()).catch((error: unknown) => {
      if (this.#credentials?.answer === answer) this.#credentials = undefined;
      throw this.#authError(error);
    });
    this.#credentials = { of: identity.identityId, answer };
    return answer;
  }

  #request(): ProviderRequest {
    const { endpoint, fetch, signal } = this.#options;
    return { endpoint, fetch, signal };
  }

  #authError(error: unknown): unknown {
    if (this.#options.signal.aborted) return this.#options.signal.reason;
    if (error instanceof SyncError) return error;
    const message = `The identity provider failed: ${(error as Error)?.message ?? error}`;
    return new SyncError('AUTH', message, { cause: error });
  }
}

/** Who used the device last. */
async function readIdentity(store: LocalStore): Promise<Identity | undefined> {
  const text = await store.note(identityNote);
  return text === undefined ? undefined : (JSON.parse(text) as Identity);
}
