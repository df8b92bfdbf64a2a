import type { Credentials, IdentityProvider } from './identity.ts';
import { IdentityApi, type Logins } from './identity-api.ts';
import { SyncError } from './sync-error.ts';

interface PoolOptions {
  readonly identityPoolId: string;
  /** Of the identity service, where that is another than the sync service, as on AWS. */
  readonly endpoint?: string;
}

/** A user without a login, for pools that admit guests. The same on this device until they sign in. */
export function guest({ identityPoolId, endpoint }: PoolOptions): IdentityProvider {
  return {
    guest: true,
    async identity({ known, ...request }) {
      if (known?.guest && known.identityPoolId === identityPoolId) return known;
      const identityId = await new IdentityApi(request, endpoint).getId(identityPoolId, {});
      return { identityId, identityPoolId, guest: true };
    },
    async credentials({ identityId }, request) {
      return (await new IdentityApi(request, endpoint).getCredentials(identityId, {})).credentials;
    },
  };
}

/** What `openIdToken` is told. */
export interface OpenIdOptions extends PoolOptions {
  /** The provider's name as the pool knows it, such as `accounts.google.com`. */
  readonly provider: string;
  /** A valid token of the user; called again when it is needed again. */
  readonly token: (request: { readonly signal: AbortSignal }) => Promise<string>;
  /** The app's own name of the user, never sent; see `IdentityProvider.user`. */
  readonly user?: string;
}

/** A user who signed in with a login provider. */
export function openIdToken(options: OpenIdOptions): IdentityProvider {
  const { provider, token } = options;
  return loginProvider(options, async (signal) => ({ logins: { [provider]: await token({ signal }) } }));
}

/** What `developerToken` is told. */
export interface DeveloperTokenOptions extends PoolOptions {
  /**
   * What the app's backend got from GetOpenIdTokenForDeveloperIdentity. The backend is given the guest whose data the
   * user wants to keep, for its `IdentityId`.
   */
  readonly token: (request: {
    readonly signal: AbortSignal;
    readonly guestIdentityId: string | undefined;
  }) => Promise<{ readonly identityId: string; readonly token: string }>;
  readonly user?: string;
}

/** A user whom the app's own backend knows. */
export function developerToken(options: DeveloperTokenOptions): IdentityProvider {
  return loginProvider(options, async (signal, guestIdentityId) => {
    const { identityId, token } = await options.token({ signal, guestIdentityId });
    return { identityId, logins: { 'cognito-identity.amazonaws.com': token } };
  });
}

/** What `staticCredentials` is told. */
export interface StaticOptions extends Credentials {
  readonly identityId: string;
  readonly identityPoolId: string;
}

/** Credentials that the app has already: for backends, tools and tests. */
export function staticCredentials({
  identityId,
  identityPoolId,
  ...credentials
}: StaticOptions): IdentityProvider {
  return {
    identity: async () => ({ identityId, identityPoolId, guest: false }),
    credentials: async () => credentials,
  };
}

type AskLogins = (
  signal: AbortSignal,
  guestIdentityId: string | undefined,
) => Promise<{ readonly logins: Logins; readonly identityId?: string }>;

function loginProvider(
  { identityPoolId, endpoint, user }: PoolOptions & { user?: string },
  ask: AskLogins,
): IdentityProvider {
  return {
    ...(user !== undefined && { user }),
    async identity({ guest: asked, ...request }) {
      const guest = asked?.identityPoolId === identityPoolId ? asked : undefined;
      const api = new IdentityApi(request, endpoint);
      const { logins, identityId } = await ask(request.signal, guest?.identityId);
      const found = identityId ?? guest?.identityId ?? (await api.getId(identityPoolId, logins));
      // With a guest's id and a login the service links the two, or merges the guest into the identity of the login.
      const answer = await api.getCredentials(found, logins);
      const mergedGuest =
        guest !== undefined &&
        answer.identityId !== guest.identityId &&
        (await isDisabled(api, guest.identityId));
      return { identityId: answer.identityId, identityPoolId, guest: false, mergedGuest };
    },
    async credentials({ identityId, guest }, request) {
      // With the login of a user, the service would merge the guest into that user's identity.
      if (guest)
        throw new SyncError('AUTH', `${identityId} is a guest: sign in again, or sign out here too.`);
      const { logins } = await ask(request.signal, undefined);
      const answer = await new IdentityApi(request, endpoint).getCredentials(identityId, logins);
      if (answer.identityId === identityId) return answer.credentials;
      throw new SyncError(
        'AUTH',
        `The login belongs to another identity (${answer.identityId}) than ${identityId}.`,
      );
    },
  };
}

/** Whether a guest is one no more: the service merged it into the user's identity. */
async function isDisabled(api: IdentityApi, identityId: string): Promise<boolean> {
  try {
    await api.getCredentials(identityId, {});
    return false;
  } catch (error) {
    if (error instanceof SyncError && !error.retryable) return true;
    throw error;
  }
}
