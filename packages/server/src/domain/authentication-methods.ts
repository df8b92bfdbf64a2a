import type { Identity } from './identity.ts';
import type { IdentityPool } from './identity-pool.ts';
import type { Login } from './login.ts';

/**
 * What an OpenID token says of how its identity was authenticated (`amr`): each provider, and each login in the words of
 * the original, which trust policies match on.
 */
export function authenticationMethods(pool: IdentityPool, logins: readonly Login[]): readonly string[] {
  if (logins.length === 0) return ['unauthenticated'];
  return ['authenticated', ...new Set(logins.flatMap((login) => [login.provider, loginMethod(pool, login)]))];
}

/**
 * Whether a token with these methods still speaks for the identity: a guest's while it is a guest's, any other while one
 * of the logins that it was given for is still linked.
 */
export function stillAuthenticated(
  methods: readonly string[],
  pool: IdentityPool,
  identity: Identity,
): boolean {
  if (identity.disabled) return false;
  if (methods[0] === 'unauthenticated') return identity.logins.length === 0;
  return identity.logins.some((login) => methods.includes(loginMethod(pool, login)));
}

const cognitoUserPool = /^cognito-idp\.[^/]+\.amazonaws\.com(?:\.cn)?\//;

function loginMethod({ id, settings }: IdentityPool, { provider, subject }: Login): string {
  if (provider === settings.DeveloperProviderName) return `${provider}:${id}:${subject}`;
  if (cognitoUserPool.test(provider)) return `${provider}:CognitoSignIn:${subject}`;
  const { SupportedLoginProviders: supported = {}, OpenIdConnectProviderARNs: arns = [] } = settings;
  const clientId = Object.hasOwn(supported, provider) ? supported[provider] : undefined;
  if (clientId !== undefined) return `${provider}:${clientId}:${subject}`;
  const arn = arns.find((known) => known.endsWith(`:oidc-provider/${provider}`));
  return `${arn ?? provider}:OIDC:${subject}`;
}
