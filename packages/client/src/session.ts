import { unlessAborted } from './eventual.ts';
import type { Credentials, Identity, IdentityProvider, ProviderRequest, SignedIn } from './identity.ts';
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

/** Data of a guest that becomes the user's. */
export interface Arrival {
  readonly from: Owner;
  /** The service merged the guest into the user's identity. */
  readonly isMerged: boolean;
}

export interface KeptIdentity {
  readonly identity: Identity;
  readonly arrival?: Arrival;
}

/** The note of who used the device last: a KeptIdentity as JSON. */
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
  #identity: Promise<SignedIn> | undefined;
  #credentials: { readonly of: string; readonly answer: Promise<Credentials> } | undefined;

  #arrival: Arrival | undefined;

  private constructor(options: SessionOptions, provider: IdentityProvider, kept: KeptIdentity | undefined) {
    this.#options = options;
    this.#provider = provider;
    this.#known = kept?.identity;
    this.#arrival = kept?.arrival;
  }

  static async open(options: SessionOptions, provider: IdentityProvider): Promise<Session> {
    const kept = await readIdentity(options.store);
    const known = kept?.identity;
    // The app says that somebody else uses the device now: what is kept is not theirs to see.
    const isOther = known !== undefined && !known.guest && (provider.user ?? known.user) !== known.user;
    return new Session(options, provider, isOther ? undefined : kept);
  }

  /** Undefined before the service has ever told. */
  get known(): Identity | undefined {
    return this.#known;
  }

  get owner(): Owner {
    return this.#known?.identityId ?? '';
  }

  /** Data that has still to be moved to the user. */
  get arrival(): Arrival | undefined {
    return this.#arrival;
  }

  /** Asks the provider who the user is, once. What it says counts from `settle` on. @throws SyncError */
  identity(signal: AbortSignal): Promise<SignedIn> {
    this.#identity ??= this.ask(this.#provider).catch((error: unknown) => {
      this.#identity = undefined;
      throw error;
    });
    return unlessAborted(this.#identity, signal);
  }

  /** Asks a provider who the user is, without taking its word for it yet. @throws SyncError */
  async ask(provider: IdentityProvider): Promise<SignedIn> {
    const known = this.#known;
    try {
      const request = { ...this.#request(), known, guest: known?.guest ? known : undefined };
      const identity = await provider.identity(request);
      return provider.user === undefined ? identity : { ...identity, user: provider.user };
    } catch (error) {
      throw this.#authError(error);
    }
  }

  /**
   * From now on this is the identity, and its provider. `arrival` is kept until it is `arrived`: a move that was
   * interrupted goes on when the client is opened again.
   */
  async settle(identity: Identity | undefined, provider = this.#provider, arrival?: Arrival): Promise<void> {
    const kept: KeptIdentity | undefined = identity && { identity, ...(arrival && { arrival }) };
    await this.#options.store.setNote(identityNote, kept && JSON.stringify(kept));
    this.#adopt(identity);
    this.#provider = provider;
    this.#arrival = arrival;
  }

  /** All that was to be moved is. */
  async arrived(): Promise<void> {
    if (this.#arrival) await this.settle(this.#known);
  }

  /** What another tab settled. Its provider is not known here; for a guest, or nobody, it is not that of a login. */
  follow(identity: Identity | undefined, guestProvider: IdentityProvider): void {
    if (!identity || identity.guest) this.#provider = guestProvider;
    this.#adopt(identity);
  }

  #adopt(identity: Identity | undefined): void {
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
async function readIdentity(store: LocalStore): Promise<KeptIdentity | undefined> {
  const text = await store.note(identityNote);
  return text === undefined ? undefined : (JSON.parse(text) as KeptIdentity);
}

/** A client that is opened on the store begins with this user, unless it knows of one. */
export async function rememberIdentity(store: LocalStore, identity: Identity): Promise<void> {
  if ((await store.note(identityNote)) !== undefined) return;
  await store.setNote(identityNote, JSON.stringify({ identity } satisfies KeptIdentity));
}
