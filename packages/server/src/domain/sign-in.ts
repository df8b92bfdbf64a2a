import type { Instant } from './dataset.ts';
import { type Identity, newIdentity } from './identity.ts';
import { type JoinRefusal, joinIdentities } from './join-identities.ts';
import { isSameLogin, joinLogins, type Login } from './login.ts';

/**
 * Somebody proves logins, and perhaps names the identity that they had so far (the **presented** one).
 *
 * 1. A login belongs to one identity of the pool at most, which is enabled.
 * 2. A login that nobody has comes to the presented identity, whose id stays as it is; or to a new one.
 * 3. Where the logins lead to several identities, one **wins** and the others are merged into it: the presented one if
 *    it has logins, else (a guest, or none) the oldest of those that the logins belong to.
 * 4. Whoever presents an identity with logins has to prove one of them.
 * 5. The same request again has the same answer, also when a merge has disabled the presented identity since.
 */
export interface SignInCommand {
  readonly poolId: string;
  /** Verified, at least one. */
  readonly logins: readonly Login[];
  readonly presentedId?: string;
  /** The caller has proved by other means that the presented identity is theirs. */
  readonly isProven: boolean;
  /**
   * The developer's own login among `logins`, when a developer vouches for its user: where an identity is presented, it
   * must not belong to another.
   */
  readonly developerLogin?: Login;
  /** The one provider of which an identity may have several logins. */
  readonly developerProvider?: string;
  /** The id of the identity that is created if one is. */
  readonly newId: string;
  readonly at: Instant;
}

/** What the decision has to know; a store reads it in the transaction that writes the outcome. */
export interface SignInState {
  readonly poolExists: boolean;
  /** The presented identity if it is in the pool. */
  readonly presented: Identity | undefined;
  /** Where the presented identity has gone in the end, if it was merged. */
  readonly survivor: Identity | undefined;
  /** The identities of the pool that the logins belong to, each once. */
  readonly owners: readonly Identity[];
}

export type SignInOutcome =
  /** The identity has all the logins already: nothing is written. */
  | { readonly kind: 'known'; readonly identity: Identity }
  | { readonly kind: 'created'; readonly identity: Identity }
  | {
      readonly kind: 'joined';
      readonly identity: Identity;
      /** The identities that were merged into it, as they are from now on; their datasets move (`merge-datasets.ts`). */
      readonly disabled: readonly Identity[];
    }
  | SignInRefusal;

export type SignInRefusal =
  | { readonly kind: 'poolNotFound' }
  | { readonly kind: 'identityNotFound' }
  | { readonly kind: 'identityDisabled' }
  | { readonly kind: 'loginsDoNotMatch' }
  | { readonly kind: 'userTaken' }
  | JoinRefusal;

export function signIn(state: SignInState, command: SignInCommand): SignInOutcome {
  if (!state.poolExists) return { kind: 'poolNotFound' };
  const presented = presentedNow(state, command);
  if (presented && 'kind' in presented) return presented;

  const { owners } = state;
  if (presented && owners.some((owner) => isTheDevelopersUser(owner, command) && owner.id !== presented.id)) {
    return { kind: 'userTaken' };
  }
  const winner = winnerOf(owners, presented);
  if (!winner) {
    const identity = newIdentity(command.newId, command.poolId, joinLogins(command.logins), command.at);
    return { kind: 'created', identity };
  }
  const losers = owners.filter(({ id }) => id !== winner.id);
  if (presented && presented.id !== winner.id && !losers.includes(presented)) losers.push(presented);
  if (losers.length === 0 && ownsAll(winner, command.logins)) return { kind: 'known', identity: winner };
  return joinIdentities({ ...command, winner, losers });
}

/** Whether the identity has all of these logins: signing in with them then changes nothing. */
export function ownsAll(identity: Identity, logins: readonly Login[]): boolean {
  return logins.every((login) => owns(identity, login));
}

export function owns(identity: Identity, login: Login): boolean {
  return identity.logins.some((own) => isSameLogin(own, login));
}

function presentedNow(state: SignInState, command: SignInCommand): Identity | SignInRefusal | undefined {
  if (command.presentedId === undefined) return undefined;
  const { presented, survivor, owners } = state;
  if (!presented) return { kind: 'identityNotFound' };
  if (presented.disabled) {
    // The answer to the request that merged it, or to one that raced with that, was or will be the same.
    return owners.find(({ id }) => id === survivor?.id) ?? { kind: 'identityDisabled' };
  }
  const isTheirs =
    command.isProven ||
    presented.logins.length === 0 ||
    command.logins.some((login) => owns(presented, login));
  return isTheirs ? presented : { kind: 'loginsDoNotMatch' };
}

function isTheDevelopersUser(owner: Identity, { developerLogin }: SignInCommand): boolean {
  return developerLogin !== undefined && owns(owner, developerLogin);
}

function winnerOf(owners: readonly Identity[], presented: Identity | undefined): Identity | undefined {
  if (presented && presented.logins.length > 0) return presented;
  const [oldest] = owners.toSorted(byAge);
  return oldest ?? presented;
}

/** Ids are ASCII, so any order of texts is the same in every place. */
function byAge(left: Identity, right: Identity): number {
  return left.createdAt - right.createdAt || (left.id < right.id ? -1 : 1);
}
