import { ServiceError } from '@holdall/protocol';
import { type OpenIdClaims, readOpenIdToken } from './open-id-tokens.ts';
import { seal, unseal } from './sealed.ts';
import type { Identity, Instant, Login, Pool } from './state.ts';

/** What the tokens of a `Logins` map prove. */
export interface Proof {
  readonly logins: readonly Login[];
  /** Of an OpenID token of the service's own. */
  readonly claims?: OpenIdClaims & { readonly expiresAt: Instant };
}

const ownProvider = 'cognito-identity.amazonaws.com';

interface LoginToken extends Login {
  readonly expiresAt: Instant;
}

/** A token that stands for one of an outside login provider. */
export function issueLoginToken(login: Login, expiresAt: Instant): string {
  return seal('login', { ...login, expiresAt } satisfies LoginToken);
}

/** @throws ServiceError when one of them proves nothing */
export async function verifyLogins(
  pool: Pool,
  tokens: Readonly<Record<string, string>> | undefined,
  at: Instant,
): Promise<Proof> {
  const given = Object.entries(tokens ?? {});
  // Users of the developer's provider are vouched for by the developer; named by anybody they prove nothing.
  if (given.some(([provider]) => provider === pool.settings.DeveloperProviderName)) throw loginsDoNotMatch();
  const own = given.find(([provider]) => provider === ownProvider);
  const claims = own && (await readOpenIdToken(own[1], at));
  if (claims && claims.poolId !== pool.id) throw loginsDoNotMatch();
  const logins = given
    .filter(([provider]) => provider !== ownProvider)
    .map(([provider, token]) => verifyLogin(pool, provider, token, at));
  return { logins, ...(claims && { claims }) };
}

function verifyLogin({ settings }: Pool, provider: string, token: string, at: Instant): Login {
  const isTaken =
    Object.hasOwn(settings.SupportedLoginProviders ?? {}, provider) ||
    (settings.OpenIdConnectProviderARNs ?? []).some((arn) => arn.endsWith(`:oidc-provider/${provider}`));
  if (!isTaken) throw loginsDoNotMatch();
  const login = unseal('login', token) as LoginToken | undefined;
  if (login?.provider !== provider) throw refused("Couldn't verify signed token.");
  if (at >= login.expiresAt) {
    throw refused(`Token expired: ${Math.floor(at / 1000)} >= ${Math.floor(login.expiresAt / 1000)}`);
  }
  return { provider, subject: login.subject };
}

/** What a token says of how its identity was authenticated. */
export function authenticationMethods(pool: Pool, logins: readonly Login[]): readonly string[] {
  if (logins.length === 0) return ['unauthenticated'];
  return ['authenticated', ...new Set(logins.flatMap((login) => [login.provider, loginMethod(pool, login)]))];
}

/** Whether the proof has a token of the service's own that speaks for the identity still. */
export function provesIdentity({ claims }: Proof, pool: Pool, identity: Identity): boolean {
  if (claims?.identityId !== identity.id || identity.disabled) return false;
  if (claims.methods[0] === 'unauthenticated') return identity.logins.length === 0;
  return identity.logins.some((login) => claims.methods.includes(loginMethod(pool, login)));
}

function loginMethod({ id, settings }: Pool, { provider, subject }: Login): string {
  if (provider === settings.DeveloperProviderName) return `${provider}:${id}:${subject}`;
  const supported = settings.SupportedLoginProviders ?? {};
  if (Object.hasOwn(supported, provider)) return `${provider}:${supported[provider]}:${subject}`;
  const arn = settings.OpenIdConnectProviderARNs?.find((known) =>
    known.endsWith(`:oidc-provider/${provider}`),
  );
  return `${arn ?? provider}:OIDC:${subject}`;
}

export function loginsDoNotMatch(): ServiceError {
  return new ServiceError(
    'NotAuthorizedException',
    "Logins don't match. Please include at least one valid login for this identity or identity pool.",
  );
}

const refused = (why: string) => new ServiceError('NotAuthorizedException', `Invalid login token. ${why}`);
