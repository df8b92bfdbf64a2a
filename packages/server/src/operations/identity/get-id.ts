import type { identityOperations } from '@holdall/protocol';
import { type Identity, newIdentity, regionalId } from '../../domain/identity.ts';
import type { IdentityPool } from '../../domain/identity-pool.ts';
import type { Store } from '../../ports/store.ts';
import { existingPool, identityDisabled, identityNotFound, poolNotFound } from '../access.ts';
import type { Call, Handler } from '../handler.ts';
import { type Proof, provesIdentity, verifyLogins } from './proof.ts';
import { guestsNotSupported, loginsDoNotMatch } from './refusals.ts';
import { type SignInNeeds, signIn } from './sign-in.ts';

interface Needs extends SignInNeeds {
  readonly store: SignInNeeds['store'] & Pick<Store, 'createIdentity'>;
}

export const getId =
  (needs: Needs): Handler<typeof identityOperations.GetId> =>
  async (input, call) => {
    const { store } = needs;
    const pool = await existingPool(store, input.IdentityPoolId);
    const proof = await verifyLogins(needs, pool, input.Logins, call.at);
    const { logins } = proof;
    const proven = await provenIdentity(needs, pool, proof);
    const [first] = logins;
    if (!first) return { IdentityId: proven?.id ?? (await newGuest(needs, pool, call)) };
    const known = proven ?? (await store.identityByLogin(pool.id, first));
    const request = { logins, isProven: proven !== undefined, ...(proven && { presentedId: proven.id }) };
    return { IdentityId: (await signIn(needs, pool, request, call, known)).id };
  };

/** Who has a token of ours has an identity: it is as good as presented. */
async function provenIdentity(
  { store }: Needs,
  pool: IdentityPool,
  proof: Proof,
): Promise<Identity | undefined> {
  if (!proof.claims) return undefined;
  const { identityId } = proof.claims;
  const identity = await store.identity(identityId);
  if (!identity) throw identityNotFound(identityId);
  if (identity.disabled) throw identityDisabled(identityId);
  if (!provesIdentity(proof, pool, identity)) throw loginsDoNotMatch();
  return identity;
}

async function newGuest(
  { store, region, newUuid }: Needs,
  pool: IdentityPool,
  { at }: Call,
): Promise<string> {
  if (!pool.settings.AllowUnauthenticatedIdentities) throw guestsNotSupported();
  const identity = newIdentity(regionalId(region, newUuid()), pool.id, [], at);
  if (!(await store.createIdentity(identity))) throw poolNotFound(pool.id);
  return identity.id;
}
