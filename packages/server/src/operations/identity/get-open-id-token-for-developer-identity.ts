import { type InputOf, type identityOperations, ServiceError } from '@holdall/protocol';
import { authenticationMethods } from '../../domain/authentication-methods.ts';
import type { IdentityPool } from '../../domain/identity-pool.ts';
import type { Login } from '../../domain/login.ts';
import { existingPool } from '../access.ts';
import type { Handler } from '../handler.ts';
import { verifyLogins } from './proof.ts';
import { type SignInNeeds, signIn } from './sign-in.ts';

type Input = InputOf<typeof identityOperations.GetOpenIdTokenForDeveloperIdentity>;

const usualDurationSeconds = 15 * 60;

/** The model has no limit of its own for the user in `Logins`, but wherever else users are named. */
const longestUser = 1024;

export const getOpenIdTokenForDeveloperIdentity =
  (needs: SignInNeeds): Handler<typeof identityOperations.GetOpenIdTokenForDeveloperIdentity> =>
  async (input, call) => {
    const { store, openIdTokens } = needs;
    const pool = await existingPool(store, input.IdentityPoolId);
    const { developerLogin, publicTokens } = splitLogins(pool, input.Logins);
    const { logins } = await verifyPublic(needs, pool, publicTokens, call.at);
    const request = {
      logins: [developerLogin, ...logins],
      // The developer vouches for whoever is named.
      isProven: true,
      developerLogin,
      ...(input.IdentityId !== undefined && { presentedId: input.IdentityId }),
    };
    const owner = await store.identityByLogin(pool.id, developerLogin);
    const known = input.IdentityId === undefined || input.IdentityId === owner?.id ? owner : undefined;
    const identity = await signIn(needs, pool, request, call, known);
    const claims = {
      poolId: pool.id,
      identityId: identity.id,
      amr: authenticationMethods(pool, request.logins),
    };
    const lifetimeMs = (input.TokenDuration ?? usualDurationSeconds) * 1000;
    return { IdentityId: identity.id, Token: await openIdTokens.issue(claims, lifetimeMs, call.at) };
  };

function splitLogins(
  pool: IdentityPool,
  tokens: Input['Logins'],
): { readonly developerLogin: Login; readonly publicTokens: Input['Logins'] } {
  const provider = pool.settings.DeveloperProviderName;
  const subject = provider !== undefined && Object.hasOwn(tokens, provider) ? tokens[provider] : undefined;
  if (provider === undefined || subject === undefined) {
    throw new ServiceError(
      'InvalidParameterException',
      `Logins must have a user of the developer provider of identity pool '${pool.id}'`,
    );
  }
  if (subject.length > longestUser) {
    throw new ServiceError(
      'InvalidParameterException',
      `The developer user identifier must have length less than or equal to ${longestUser}`,
    );
  }
  const others = Object.entries(tokens).filter(([name]) => name !== provider);
  return { developerLogin: { provider, subject }, publicTokens: Object.fromEntries(others) };
}

/** The original declares no error here for a login provider that cannot be reached. */
async function verifyPublic(...args: Parameters<typeof verifyLogins>): ReturnType<typeof verifyLogins> {
  try {
    return await verifyLogins(...args);
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== 'ExternalServiceException') throw error;
    throw new ServiceError('TooManyRequestsException', error.message, { cause: error.cause });
  }
}
