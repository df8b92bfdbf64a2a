import type { Clock } from './clock.ts';
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
  readonly clock: Clock;
  /** Milliseconds that a provider may take. */
  readonly timeoutMs: number;
  /** Ends with the client. */
  readonly signal: AbortSignal;
}

/** Data of a guest that becomes the user's. */
export interface Arrival {
  readonly from: Owner;
  /** The service merged the guest into the user's identity. */
  readonly isMerged: boolean;
  /** What it is still called: a crash may come before it is renamed to `from`. */
  readonly formerly?: Owner;
}

/** The note of who used the device last: an Identity as JSON. */
const identityNote = 'identity';
/** The note of what has still to be moved to a user: Arrivals as JSON. */
const arrivalsNote = (to: Owner) => `arrivals:${to}`;
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
  #credentials:
    | { readonly of: string; readonly answer: Promise<Credentials>; isPending: boolean }
    | undefined;

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
    return this.#known?.identityId ?? ownerBefore(this.#provider.user);
  }

  /** What has still to be moved to the user, from now or from before they last left. */
  arrivals(): Promise<readonly Arrival[]> {
    return readArrivals(this.#options.store, this.owner);
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
      const guest = known?.guest ? known : undefined;
      const identity = await this.#inTime((request) => provider.identity({ ...request, known, guest }));
      return provider.user === undefined ? identity : { ...identity, user: provider.user };
    } catch (error) {
      throw this.#authError(error);
    }
  }

  /**
   * From now on this is the identity, and its provider. `arrivals` are kept until `setArrivals` says otherwise: a move that failed or
   * was interrupted goes on when this user is there again.
   */
  async settle(
    identity: Identity | undefined,
    provider = this.#provider,
    arrivals: readonly Arrival[] = [],
  ): Promise<void> {
    const { store } = this.#options;
    if (identity && arrivals.length > 0) {
      const all = [...(await readArrivals(store, identity.identityId)), ...arrivals];
      await store.setNote(arrivalsNote(identity.identityId), JSON.stringify(all));
    }
    await store.setNote(identityNote, identity && JSON.stringify(identity));
    this.#adopt(identity);
    this.#provider = provider;
  }

  /** These are left. */
  async setArrivals(arrivals: readonly Arrival[]): Promise<void> {
    const text = arrivals.length > 0 ? JSON.stringify(arrivals) : undefined;
    await this.#options.store.setNote(arrivalsNote(this.owner), text);
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
    const kept = this.#credentials;
    const isRenewing = kept?.of === identity.identityId && kept.isPending;
    await unlessAborted(isRenewing ? kept.answer : this.#renewed(identity), signal);
  }

  #renewed(identity: Identity): Promise<Credentials> {
    // A guest who has signed in since and kept the identity is none any more.
    const now = this.#known?.identityId === identity.identityId ? this.#known : identity;
    const answer = this.#inTime((request) => this.#provider.credentials(now, request));
    const kept = {
      of: identity.identityId,
      answer: answer.catch((error) => Promise.reject(this.#authError(error))),
      isPending: true,
    };
    this.#credentials = kept;
    kept.answer.then(
      () => {
        kept.isPending = false;
      },
      () => {
        if (this.#credentials === kept) this.#credentials = undefined;
      },
    );
    return kept.answer;
  }

  /** Whatever a provider does, or an app's function that it calls, comes to an end. */
  async #inTime<T>(work: (request: ProviderRequest) => Promise<T>): Promise<T> {
    const { endpoint, fetch, signal, clock, timeoutMs } = this.#options;
    const timeout = new AbortController();
    const cancel = clock.setTimer(() => {
      const message = `The identity provider did not answer in ${timeoutMs} ms.`;
      timeout.abort(new SyncError('TIMEOUT', message, { retryable: true }));
    }, timeoutMs);
    const ends = AbortSignal.any([signal, timeout.signal]);
    try {
      return await unlessAborted(work({ endpoint, fetch, signal: ends }), ends);
    } finally {
      cancel();
    }
  }

  #authError(error: unknown): unknown {
    if (this.#options.signal.aborted) return this.#options.signal.reason;
    if (error instanceof SyncError) return error;
    const message = `The identity provider failed: ${(error as Error)?.message ?? error}`;
    return new SyncError('AUTH', message, { cause: error });
  }
}

/**
 * Whose data is that is written before the service has told who the user is: theirs of whom the app says that they use
 * the device, or else nobody's.
 */
export const ownerBefore = (user: string | undefined): Owner => (user === undefined ? '' : `user:${user}`);

/** Who used the device last. */
async function readIdentity(store: LocalStore): Promise<Identity | undefined> {
  const text = await store.note(identityNote);
  return text === undefined ? undefined : (JSON.parse(text) as Identity);
}

async function readArrivals(store: LocalStore, to: Owner): Promise<readonly Arrival[]> {
  const text = await store.note(arrivalsNote(to));
  return text === undefined ? [] : (JSON.parse(text) as readonly Arrival[]);
}

/** A client that is opened on the store begins with this user, unless it knows of one. */
export async function rememberIdentity(store: LocalStore, identity: Identity): Promise<void> {
  if ((await store.note(identityNote)) !== undefined) return;
  await store.setNote(identityNote, JSON.stringify(identity));
}
