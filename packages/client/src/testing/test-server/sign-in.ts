import { ServiceError } from '@holdall/protocol';
import { loginsDoNotMatch } from './logins.ts';
import { copyName } from './merged-names.ts';
import { type Call, disabled, existingIdentity, notFound, type Scene } from './scene.ts';
import {
  type Dataset,
  type Identity,
  type Login,
  liveNames,
  newDataset,
  newIdentity,
  type Pool,
} from './state.ts';

const mostLogins = 20;

export interface SignInRequest {
  /** Verified, at least one. */
  readonly logins: readonly Login[];
  /** The identity that the user had so far. */
  readonly presentedId?: string | undefined;
  /** The caller has proved by other means that it is theirs. */
  readonly isProven: boolean;
  /** Among the logins, where a developer vouches for its user. */
  readonly developerLogin?: Login;
}

/**
 * The identity that the logins lead to, which is made if there is none. Where they lead to several, one wins (the
 * presented one if it has logins, else the oldest), and the others are merged into it: their datasets become copies, and
 * they are disabled.
 */
export function signIn(scene: Scene, pool: Pool, request: SignInRequest, { at }: Call): Identity {
  const owners = ownersOf(scene, pool, request.logins);
  const presented = presentedNow(scene, pool, request, owners);
  const { developerLogin } = request;
  if (
    presented &&
    developerLogin &&
    owners.some((owner) => has(owner, developerLogin) && owner !== presented)
  ) {
    throw new ServiceError(
      'DeveloperUserAlreadyRegisteredException',
      `The developer user is registered with an identity other than '${request.presentedId}'.`,
    );
  }
  const oldest = owners.toSorted(
    (left, right) => left.createdAt - right.createdAt || (left.id < right.id ? -1 : 1),
  )[0];
  const winner = presented && presented.logins.length > 0 ? presented : (oldest ?? presented);
  if (!winner) {
    const identity = newIdentity(`${scene.region}:${scene.newUuid()}`, pool.id, inOrder(request.logins), at);
    scene.kept.identities.set(identity.id, identity);
    return identity;
  }
  const losers = owners.filter((owner) => owner !== winner);
  if (presented && presented !== winner && !losers.includes(presented)) losers.push(presented);
  if (losers.length > 0 || !request.logins.every((login) => has(winner, login))) {
    const logins = joinedLogins(winner, losers, request.logins, pool);
    merge(scene, winner, losers, logins, at);
  }
  return winner;
}

function ownersOf({ kept }: Scene, pool: Pool, logins: readonly Login[]): Identity[] {
  const ofPool = [...kept.identities.values()].filter(({ poolId }) => poolId === pool.id);
  const owners = logins.map((login) => ofPool.find((identity) => has(identity, login)));
  return [...new Set(owners)].filter((owner) => owner !== undefined);
}

function presentedNow(
  scene: Scene,
  pool: Pool,
  { logins, presentedId, isProven }: SignInRequest,
  owners: readonly Identity[],
): Identity | undefined {
  if (presentedId === undefined) return undefined;
  const presented = scene.kept.identities.get(presentedId);
  if (presented?.poolId !== pool.id) throw notFound('Identity', presentedId);
  if (presented.disabled) {
    // The same request again has the same answer, also when it was this request that merged the identity.
    let survivor = presented;
    while (survivor.mergedInto !== undefined) survivor = existingIdentity(scene, survivor.mergedInto);
    if (!owners.includes(survivor)) throw disabled(presented);
    return survivor;
  }
  const isTheirs = isProven || presented.logins.length === 0 || logins.some((login) => has(presented, login));
  if (!isTheirs) throw loginsDoNotMatch();
  return presented;
}

function joinedLogins(
  winner: Identity,
  losers: readonly Identity[],
  added: readonly Login[],
  { settings }: Pool,
): readonly Login[] {
  const joined = inOrder([...winner.logins, ...added, ...losers.flatMap(({ logins }) => logins)]);
  const ofPublic = joined.filter(({ provider }) => provider !== settings.DeveloperProviderName);
  const second = ofPublic.find(({ provider }, index) => ofPublic[index - 1]?.provider === provider);
  if (second) {
    throw new ServiceError(
      'ResourceConflictException',
      `Identity '${winner.id}' is linked to another user of ${second.provider} already.`,
    );
  }
  if (joined.length > mostLogins && joined.length > winner.logins.length) {
    throw new ServiceError(
      'ResourceConflictException',
      `An identity may not be linked to more than ${mostLogins} logins.`,
    );
  }
  return joined;
}

function merge(
  scene: Scene,
  winner: Identity,
  losers: readonly Identity[],
  logins: readonly Login[],
  at: number,
): void {
  winner.logins = logins;
  winner.modifiedAt = at;
  for (const loser of losers) {
    for (const name of liveNames(loser).sort()) {
      const copy = copyOf(
        loser.datasets.get(name),
        copyName(name, loser.id, new Set(winner.datasets.keys())),
      );
      winner.datasets.set(copy.name, copy);
      scene.streams.announce(winner, { datasetName: copy.name });
    }
    loser.datasets.clear();
    loser.devices.clear();
    loser.logins = [];
    loser.disabled = true;
    loser.mergedInto = winner.id;
    loser.modifiedAt = at;
    scene.streams.retire(loser, 'disabled');
  }
}

/** All at sync count 1, without tombstones: nobody knows the copy yet. */
function copyOf(dataset: Dataset | undefined, name: string): Dataset {
  if (!dataset) throw new Error('There is nothing to copy.');
  const live = [...dataset.records.values()].filter(({ value }) => value !== null);
  return {
    ...newDataset(name, dataset.createdAt),
    syncCount: 1,
    exists: true,
    modifiedAt: dataset.modifiedAt,
    modifiedBy: dataset.modifiedBy,
    records: new Map(live.map((record) => [record.key, { ...record, syncCount: 1 }])),
  };
}

export function has({ logins }: Identity, { provider, subject }: Login): boolean {
  return logins.some((own) => own.provider === provider && own.subject === subject);
}

function inOrder(logins: readonly Login[]): readonly Login[] {
  const byName = new Map(logins.map((login) => [`${login.provider}\0${login.subject}`, login]));
  return [...byName].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, login]) => login);
}
