import { authenticationMethods } from '../../domain/authentication-methods.ts';
import type { Instant } from '../../domain/dataset.ts';
import { guestAccess } from '../../domain/guest-access.ts';
import type { Identity } from '../../domain/identity.ts';
import { regionalId } from '../../domain/identity.ts';
import type { IdentityPool } from '../../domain/identity-pool.ts';
import { ownsAll, type SignInCommand } from '../../domain/sign-in.ts';
import type { Store } from '../../ports/store.ts';
import { existingPool, identityDisabled, identityNotFound } from '../access.ts';
import type { Call } from '../handler.ts';
import { type ProofNeeds, provesIdentity, verifyLogins } from './proof.ts';
import { cannotSignIn, guestsNotSupported, loginsDoNotMatch } from './refusals.ts';

export interface SignInNeeds extends ProofNeeds {
  readonly store: Pick<Store, 'pool' | 'identity' | 'identityByLogin' | 'signIn'>;
  readonly region: string;
  readonly newUuid: () => string;
}

export interface SignedIn {
  readonly pool: IdentityPool;
  readonly identity: Identity;
  /** How, for a token. */
  readonly methods: readonly string[];
  /** When what proves it ends: a token that was got with nothing but a token must not outlive it. */
  readonly provenUntil: Instant;
}

/** Who presents an identity, with the tokens of a `Logins` map, and the identity that they have from then on. */
export async function presentIdentity(
  needs: SignInNeeds,
  input: { readonly IdentityId: string; readonly Logins?: Readonly<Record<string, string>> },
  call: Call,
): Promise<SignedIn> {
  const { store } = needs;
  const asked = await existingIdentity(store, input.IdentityId);
  const askedPool = await existingPool(store, asked.poolId);
  const proof = await verifyLogins(needs, askedPool, input.Logins, call.at);
  // Read again: while a provider was waited for, the identity may have been unlinked, merged or deleted.
  const identity = await existingIdentity(store, input.IdentityId);
  const pool = await existingPool(store, identity.poolId);
  const isProven = provesIdentity(proof, pool, identity);
  if (proof.claims && !isProven) throw identity.disabled ? identityDisabled(identity.id) : loginsDoNotMatch();

  const { logins, claims, expiresAt = Number.POSITIVE_INFINITY } = proof;
  if (logins.length > 0) {
    const presented = { logins, presentedId: identity.id, isProven };
    const signedIn = await signIn(needs, pool, presented, call, identity);
    const methods = authenticationMethods(pool, logins);
    return { pool, identity: signedIn, methods, provenUntil: Number.POSITIVE_INFINITY };
  }
  // A guest who has a token is a guest all the same.
  if (!isProven || identity.logins.length === 0) checkGuest(pool, identity);
  const methods = claims?.amr ?? authenticationMethods(pool, []);
  return { pool, identity, methods, provenUntil: expiresAt };
}

async function existingIdentity(store: Pick<Store, 'identity'>, identityId: string): Promise<Identity> {
  const identity = await store.identity(identityId);
  if (!identity) throw identityNotFound(identityId);
  return identity;
}

function checkGuest(pool: IdentityPool, identity: Identity): void {
  switch (guestAccess(identity)) {
    case 'identityDisabled':
      throw identityDisabled(identity.id);
    case 'loginsDoNotMatch':
      throw loginsDoNotMatch();
    case 'granted':
      if (!pool.settings.AllowUnauthenticatedIdentities) throw guestsNotSupported();
  }
}

/** What the rule of `domain/sign-in.ts` has to be told besides what is the same for every sign-in to a pool. */
type SignInRequest = Omit<SignInCommand, 'poolId' | 'developerProvider' | 'newId' | 'at'>;

/**
 * Applies the rule.
 *
 * @param known the identity that the logins may all belong to already: then nothing has to be written
 * @throws ServiceError for every refusal
 */
export async function signIn(
  { store, region, newUuid }: SignInNeeds,
  { id: poolId, settings }: IdentityPool,
  request: SignInRequest,
  { at }: Call,
  known: Identity | undefined,
): Promise<Identity> {
  // Devices sign in again every hour, and a write waits for the disk.
  if (known && !known.disabled && ownsAll(known, request.logins)) return known;
  const developerProvider = settings.DeveloperProviderName;
  const command = {
    ...request,
    poolId,
    ...(developerProvider !== undefined && { developerProvider }),
    newId: regionalId(region, newUuid()),
    at,
  };
  const outcome = await store.signIn(command);
  switch (outcome.kind) {
    case 'known':
    case 'created':
    case 'joined':
      return outcome.identity;
    default:
      throw cannotSignIn(outcome, command);
  }
}
