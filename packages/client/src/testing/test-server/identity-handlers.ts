import { type InputOf, type identityOperations, ServiceError } from '@holdall/protocol';
import type { CredentialBook } from './credentials.ts';
import type { Handlers } from './handlers.ts';
import { authenticationMethods, loginsDoNotMatch, provesIdentity, verifyLogins } from './logins.ts';
import { issueOpenIdToken } from './open-id-tokens.ts';
import { type Call, disabled, existingIdentity, existingPool, invalid, type Scene } from './scene.ts';
import { has, signIn } from './sign-in.ts';
import { type Identity, newIdentity, type Pool } from './state.ts';

const usualTokenMs = 10 * 60_000;
const usualDeveloperTokenSeconds = 15 * 60;
const longestUser = 1024;

/** The operations of Cognito Identity that devices use, and the two that make and end a pool. */
export function identityHandlers(scene: Scene, credentials: CredentialBook, accountId: string) {
  const issueToken = (
    pool: Pool,
    identity: Identity,
    methods: readonly string[],
    lifetimeMs: number,
    at: number,
  ) =>
    issueOpenIdToken(
      { poolId: pool.id, identityId: identity.id, methods },
      { region: scene.region, accountId, lifetimeMs, at },
    );
  return {
    async GetId(input, call) {
      const pool = existingPool(scene, input.IdentityPoolId);
      const proof = await verifyLogins(pool, input.Logins, call.at);
      const proven = proof.claims && existingIdentity(scene, proof.claims.identityId);
      if (proven?.disabled) throw disabled(proven);
      if (proven && !provesIdentity(proof, pool, proven)) throw loginsDoNotMatch();
      const { logins } = proof;
      if (logins.length > 0) {
        const request = { logins, isProven: proven !== undefined, presentedId: proven?.id };
        return { IdentityId: signIn(scene, pool, request, call).id };
      }
      if (proven) return { IdentityId: proven.id };
      checkGuestsAllowed(pool);
      const guest = newIdentity(`${scene.region}:${scene.newUuid()}`, pool.id, [], call.at);
      scene.kept.identities.set(guest.id, guest);
      return { IdentityId: guest.id };
    },

    async GetCredentialsForIdentity(input, call) {
      const { identity } = await presentIdentity(scene, input, call);
      const issued = credentials.issue(identity, call.at);
      return {
        IdentityId: identity.id,
        Credentials: {
          AccessKeyId: issued.accessKeyId,
          SecretKey: issued.secretAccessKey,
          SessionToken: issued.sessionToken,
          Expiration: issued.expiresAt,
        },
      };
    },

    async GetOpenIdToken(input, call) {
      const asked = existingIdentity(scene, input.IdentityId);
      if (existingPool(scene, asked.poolId).settings.AllowClassicFlow !== true) {
        throw new ServiceError(
          'NotAuthorizedException',
          'Basic (classic) flow is not enabled, please use enhanced flow.',
        );
      }
      const { pool, identity, methods, provenUntil } = await presentIdentity(scene, input, call);
      const lifetimeMs = Math.min(usualTokenMs, provenUntil - call.at);
      return {
        IdentityId: identity.id,
        Token: await issueToken(pool, identity, methods, lifetimeMs, call.at),
      };
    },

    async GetOpenIdTokenForDeveloperIdentity(input, call) {
      const pool = existingPool(scene, input.IdentityPoolId);
      const developerLogin = developerLoginOf(pool, input.Logins);
      const others = Object.entries(input.Logins).filter(([name]) => name !== developerLogin.provider);
      const { logins } = await verifyLogins(pool, Object.fromEntries(others), call.at);
      const all = [developerLogin, ...logins];
      const identity = signIn(
        scene,
        pool,
        { logins: all, isProven: true, developerLogin, presentedId: input.IdentityId },
        call,
      );
      const lifetimeMs = (input.TokenDuration ?? usualDeveloperTokenSeconds) * 1000;
      const methods = authenticationMethods(pool, all);
      return {
        IdentityId: identity.id,
        Token: await issueToken(pool, identity, methods, lifetimeMs, call.at),
      };
    },

    CreateIdentityPool(input) {
      const id = `${scene.region}:${scene.newUuid()}`;
      scene.kept.pools.set(id, { id, settings: input, configuration: {} });
      return { IdentityPoolId: id, ...input };
    },

    DeleteIdentityPool(input) {
      existingPool(scene, input.IdentityPoolId);
      for (const identity of scene.kept.identities.values()) {
        if (identity.poolId !== input.IdentityPoolId) continue;
        scene.streams.retire(identity, 'deleted');
        scene.kept.identities.delete(identity.id);
      }
      scene.kept.pools.delete(input.IdentityPoolId);
      return undefined;
    },
  } satisfies Handlers<typeof identityOperations>;
}

interface Presented {
  readonly pool: Pool;
  readonly identity: Identity;
  readonly methods: readonly string[];
  /** When what proves it ends: a token that was got with a token must not outlive it. */
  readonly provenUntil: number;
}

/** Who presents an identity with logins, and the identity that they have from then on. */
async function presentIdentity(
  scene: Scene,
  input: InputOf<typeof identityOperations.GetCredentialsForIdentity>,
  call: Call,
): Promise<Presented> {
  const identity = existingIdentity(scene, input.IdentityId);
  const pool = existingPool(scene, identity.poolId);
  const proof = await verifyLogins(pool, input.Logins, call.at);
  const { logins, claims } = proof;
  const isProven = provesIdentity(proof, pool, identity);
  if (claims && !isProven) throw identity.disabled ? disabled(identity) : loginsDoNotMatch();
  if (logins.length > 0) {
    const isKnown = !identity.disabled && logins.every((login) => has(identity, login));
    const request = { logins, presentedId: identity.id, isProven };
    const signedIn = isKnown ? identity : signIn(scene, pool, request, call);
    const methods = authenticationMethods(pool, logins);
    return { pool, identity: signedIn, methods, provenUntil: Number.POSITIVE_INFINITY };
  }
  if (!isProven || identity.logins.length === 0) {
    if (identity.disabled) throw disabled(identity);
    if (identity.logins.length > 0) throw loginsDoNotMatch();
    checkGuestsAllowed(pool);
  }
  const methods = claims?.methods ?? authenticationMethods(pool, []);
  return { pool, identity, methods, provenUntil: claims?.expiresAt ?? Number.POSITIVE_INFINITY };
}

function checkGuestsAllowed({ settings }: Pool): void {
  if (settings.AllowUnauthenticatedIdentities) return;
  throw new ServiceError(
    'NotAuthorizedException',
    'Unauthenticated access is not supported for this identity pool.',
  );
}

function developerLoginOf(pool: Pool, logins: Readonly<Record<string, string>>) {
  const provider = pool.settings.DeveloperProviderName;
  const subject = provider !== undefined && Object.hasOwn(logins, provider) ? logins[provider] : undefined;
  if (provider === undefined || subject === undefined) {
    throw invalid(`Logins must have a user of the developer provider of identity pool '${pool.id}'`);
  }
  if (subject.length > longestUser) {
    throw invalid(`The developer user identifier must have length less than or equal to ${longestUser}`);
  }
  return { provider, subject };
}
