import { checkSynced, eraseOwner, renameOwner } from './device-data.ts';
import type { Credentials, Identity, IdentityProvider, SignedIn } from './identity.ts';
import type { LocalStore, Owner } from './local-store.ts';
import { moveDataset } from './move-datasets.ts';
import { isDirty } from './record-rules.ts';
import { ownerBefore, Session, type SessionOptions } from './session.ts';
import type { Judge } from './sync/effects.ts';
import { SyncError } from './sync-error.ts';
import type { Tabs } from './tabs.ts';

/** What `signIn` is told. */
export interface SignInOptions {
  /**
   * What becomes of the data of the guest who signs in. `merge` (default): it becomes the user's, by the resolver where
   * both have a key. `keep`: it stays on the device, unseen. `discard`: it is erased.
   */
  readonly guestData?: 'merge' | 'keep' | 'discard';
}

/** What `signOut` is told. */
export interface SignOutOptions {
  /** Whether the user's data stays on the device, unseen until they come back. Default: `keep`. */
  readonly localData?: 'keep' | 'erase';
  /** With `erase`: give up changes that the service does not have yet. Without it they are an error, `UNSYNCED`. */
  readonly discardUnsynced?: boolean;
  /**
   * Who uses the device then. Default: a guest, where the client was made for guests; else nobody until somebody signs in.
   */
  readonly next?: IdentityProvider;
}

export interface CurrentUserNeeds extends SessionOptions {
  readonly tabs: Tabs;
  readonly provider: IdentityProvider;
  /** Ends what runs for the present user, and lets no edit begin. */
  readonly suspend: () => Promise<void>;
  /** Shows the data of the user who is there now. */
  readonly resume: () => Promise<void>;
  /** Somebody is the user from now on, or nobody; all that was theirs is in place. */
  readonly became: (identity: Identity | undefined) => void;
  /** It is the user who was there before, of whom more is known: a guest has signed in, and keeps the identity. */
  readonly learned: (identity: Identity) => void;
  /** Tells the other tabs. */
  readonly announce: (identity: Identity | undefined) => void;
  readonly isOpen: (dataset: string) => boolean;
  readonly sync: (dataset: string) => Promise<unknown>;
}

/** Who uses the device, and how that changes: SPEC.md, section "Users". */
export class CurrentUser {
  readonly #needs: CurrentUserNeeds;
  readonly #store: LocalStore;
  readonly #session: Session;
  /** Ends when another user comes. */
  #lifetime = new AbortController();
  #signal: AbortSignal;
  #deviceId: string | undefined;

  private constructor(needs: CurrentUserNeeds, session: Session) {
    this.#needs = needs;
    this.#store = needs.store;
    this.#session = session;
    this.#signal = AbortSignal.any([needs.signal, this.#lifetime.signal]);
  }

  /** @throws SyncError `STORE` */
  static async open(needs: CurrentUserNeeds): Promise<CurrentUser> {
    const user = new CurrentUser(needs, await Session.open(needs, needs.provider));
    await user.#nameArrivals();
    await user.#welcome();
    return user;
  }

  get session(): Session {
    return this.#session;
  }

  get owner(): Owner {
    return this.#session.owner;
  }

  /** Aborted when the user changes, or the client is closed. */
  get signal(): AbortSignal {
    return this.#signal;
  }

  /** The id under which the service pushes notices to this device. */
  get deviceId(): string | undefined {
    return this.#deviceId;
  }

  /** Updates name this device from now on, so that it is not told of them itself. */
  async rememberDevice(deviceId: string): Promise<void> {
    await this.#store.setNote(deviceNote(this.owner), deviceId);
    this.#deviceId = deviceId;
  }

  /** The identity as the service knows it, with all data in its place. @throws SyncError */
  async identity(signal: AbortSignal): Promise<Identity> {
    const identity = await this.#session.identity(signal);
    const { known } = this.#session;
    const isKnown =
      identity.identityId === known?.identityId &&
      identity.guest === known.guest &&
      identity.user === known.user;
    if (!isKnown) await this.#become(identity, undefined, 'merge');
    return identity;
  }

  credentials(identity: Identity, signal: AbortSignal): Promise<Credentials> {
    return this.#session.credentials(identity, signal);
  }

  /** @throws SyncError when the service cannot be asked; the user is then the same as before */
  async signIn(provider: IdentityProvider, { guestData = 'merge' }: SignInOptions): Promise<Identity> {
    if (this.#session.known?.guest) await this.#sendGuestData();
    const identity = await this.#session.ask(provider);
    await this.#become(identity, provider, guestData);
    return identity;
  }

  /** @throws SyncError `UNSYNCED` */
  signOut({ localData = 'keep', discardUnsynced = false, next }: SignOutOptions): Promise<void> {
    const { tabs, announce, signal } = this.#needs;
    return tabs.exclusively('holdall:user', signal, async () => {
      const { owner } = this;
      await this.#leave();
      try {
        if (localData === 'erase') {
          if (!discardUnsynced) await checkSynced(this.#store, owner);
          await eraseOwner(this.#store, owner);
        }
        await this.#session.settle(undefined, next ?? this.#whoeverComes());
      } finally {
        await this.#arrive();
      }
      announce(undefined);
    });
  }

  /** Where the client was made for a guest, a guest; where it was made for a user, nobody, until somebody signs in. */
  #whoeverComes(): IdentityProvider {
    const { provider } = this.#needs;
    return provider.guest ? provider : nobody;
  }

  /** Another tab has another user. */
  follow(identity: Identity | undefined): Promise<void> {
    const { tabs, signal, learned } = this.#needs;
    // One change after the other, also of those that come from elsewhere.
    return tabs.exclusively('holdall:user', signal, async () => {
      const isSame = identity?.identityId === this.#session.known?.identityId;
      if (!isSame) await this.#leave();
      this.#session.follow(identity, this.#whoeverComes());
      if (!isSame) await this.#arrive();
      else if (identity) learned(identity);
    });
  }

  /** Another user from now on. Nothing of a user who is known is ever given to another. */
  #become(
    { mergedGuest: isMerged = false, ...next }: SignedIn,
    provider: IdentityProvider | undefined,
    guestData: 'merge' | 'keep' | 'discard',
  ): Promise<void> {
    const { tabs, learned, announce, signal } = this.#needs;
    return tabs.exclusively('holdall:user', signal, async () => {
      const { known, owner } = this.#session;
      if (next.identityId === known?.identityId) {
        await this.#session.settle(next, provider);
        learned(next);
      } else {
        await this.#leave();
        try {
          const isGuest = known ? known.guest : owner === '';
          const isArriving = isGuest && guestData === 'merge';
          // What nobody wrote is from now on this user's, also if another one comes before it is moved.
          const from = known ? { from: owner } : { from: `for:${crypto.randomUUID()}`, formerly: owner };
          // What a guest was still to be given is the user's as well.
          const arrivals = isArriving ? [...(await this.#session.arrivals()), { ...from, isMerged }] : [];
          await this.#session.settle(next, provider, arrivals);
          await this.#nameArrivals();
          if (isGuest && guestData === 'discard') await eraseOwner(this.#store, owner);
        } finally {
          await this.#arrive();
        }
      }
      announce(next);
    });
  }

  async #nameArrivals(): Promise<void> {
    const arrivals = await this.#session.arrivals();
    if (!arrivals.some(({ formerly }) => formerly !== undefined)) return;
    for (const { from, formerly } of arrivals) {
      if (formerly !== undefined) await renameOwner(this.#store, formerly, from);
    }
    await this.#session.setArrivals(arrivals.map(({ from, isMerged }) => ({ from, isMerged })));
  }

  async #leave(): Promise<void> {
    this.#lifetime.abort(identityChanged());
    this.#lifetime = new AbortController();
    this.#signal = AbortSignal.any([this.#needs.signal, this.#lifetime.signal]);
    await this.#needs.suspend();
  }

  async #arrive(): Promise<void> {
    await this.#welcome();
    await this.#needs.resume();
  }

  async #welcome(): Promise<void> {
    this.#deviceId = await this.#store.note(deviceNote(this.owner));
    this.#needs.became(this.#session.known);
  }

  /**
   * Moves to the user what is theirs of a dataset: when it is opened, since only then its resolvers are known. What
   * cannot be moved because one of them fails is moved when it is opened again.
   */
  async receive(dataset: string, judge: Judge): Promise<void> {
    const { store, now } = this.#needs;
    const { known, owner: to } = this.#session;
    if (!known) return;
    const arrivals = await this.#session.arrivals();
    // Written before the service had told, perhaps by another tab.
    const early = ['', ownerBefore(known.user)].map((from) => ({ from, isMerged: false }));
    for (const { from, isMerged } of [...arrivals, ...early]) {
      const move = { store, from, to, isMerged, now, judge };
      await moveDataset(dataset, move).catch(() => undefined);
    }
    const left = await Promise.all(arrivals.map(({ from }) => store.datasets(from)));
    if (arrivals.length > 0 && left.flat().length === 0) await this.#session.setArrivals([]);
  }

  /**
   * What the guest changed goes to the service while the guest is one: an update whose answer got lost must be cleared
   * up before it is part of somebody else's data. A guest whom the service refuses can have no such update.
   */
  async #sendGuestData(): Promise<void> {
    for (const { name } of await this.#store.datasets(this.owner)) {
      const kept = await this.#store.load(this.owner, name);
      const isInDoubt = kept?.records.some((record) => record.sent) ?? false;
      const isPending = kept?.head.deletion || (kept?.records.some(isDirty) ?? false);
      // One that the app has not opened waits until it is: its resolvers are not known.
      if (!isInDoubt && !(isPending && this.#needs.isOpen(name))) continue;
      try {
        await this.#needs.sync(name);
      } catch (error) {
        const isRefused = error instanceof SyncError && !error.retryable;
        if (!isRefused && isInDoubt) throw error;
      }
    }
  }
}

const deviceNote = (owner: Owner) => `device:${owner}`;

/** What ends a run that was begun for another user. */
export const identityChanged = () =>
  new SyncError('ABORTED', 'The user changed meanwhile.', { retryable: true });

/** Nobody is asked. */
const nobody: IdentityProvider = {
  identity: async () => {
    throw new SyncError('AUTH', 'Nobody is signed in.');
  },
  credentials: async () => {
    throw new SyncError('AUTH', 'Nobody is signed in.');
  },
};
