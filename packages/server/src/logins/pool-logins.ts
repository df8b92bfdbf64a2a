import type { IdentityPool } from '../domain/identity-pool.ts';
import type { IdTokenRules } from './id-token.ts';
import type { LoginProviders, WebhookSettings } from './login-providers.ts';

/** How a pool has the tokens of a provider verified. */
export type LoginMethod =
  | {
      readonly kind: 'idToken';
      readonly rules: IdTokenRules;
      /** Whose keys sign, and who is asked for them. */
      readonly issuer: string;
      readonly allowPlainHttp: boolean;
    }
  | { readonly kind: 'webhook'; readonly webhook: WebhookSettings; readonly clientId: string };

/** Issuers that pools name in `SupportedLoginProviders`, and how their tokens differ. */
const builtIn: ReadonlyMap<string, { readonly alsoIssuer?: string; readonly anyParty?: true }> = new Map([
  // Google signs with either spelling. An Android app asks for tokens that are for its server's client.
  ['accounts.google.com', { alsoIssuer: 'accounts.google.com', anyParty: true }],
  ['appleid.apple.com', {}],
]);

const cognitoUserPool = /^cognito-idp\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?\/[\w-]+$/;

/** Undefined when the pool does not take tokens of the provider, or nobody has said how to verify them. */
export function loginMethod(
  pool: IdentityPool,
  provider: string,
  providers: LoginProviders,
): LoginMethod | undefined {
  const supported = pool.settings.SupportedLoginProviders ?? {};
  const clientId = Object.hasOwn(supported, provider) ? supported[provider] : undefined;
  const webhook = providers.webhooks.get(provider);
  if (webhook) return clientId === undefined ? undefined : { kind: 'webhook', webhook, clientId };

  const settings = providers.openIdConnect.get(provider);
  const own = builtIn.get(provider);
  const clientIds = [
    ...(own && clientId !== undefined ? [clientId] : []),
    ...userPoolClients(pool, provider),
    ...(isOpenIdConnectProvider(pool, provider) ? (settings?.clientIds ?? []) : []),
  ];
  if (clientIds.length === 0) return undefined;
  const issuer = settings?.issuer ?? `https://${provider}`;
  return {
    kind: 'idToken',
    issuer,
    allowPlainHttp: settings?.allowPlainHttp ?? false,
    rules: {
      provider,
      issuers: own?.alsoIssuer ? [issuer, own.alsoIssuer] : [issuer],
      clientIds,
      anyParty: own?.anyParty ?? false,
      isCognito: cognitoUserPool.test(provider),
    },
  };
}

/** `ServerSideTokenCheck` would ask the user pool whether the user has signed out; nobody here can be asked. */
function userPoolClients(pool: IdentityPool, provider: string): string[] {
  if (!cognitoUserPool.test(provider)) return [];
  return (pool.settings.CognitoIdentityProviders ?? []).flatMap(({ ProviderName, ClientId }) =>
    ProviderName === provider && ClientId !== undefined ? [ClientId] : [],
  );
}

const providerArn = /^arn:aws[\w-]*:iam::\d{12}:oidc-provider\/(?<name>.+)$/;

/** The account in the ARN may be any: there is one administrator here, who wrote both the pool and the file. */
function isOpenIdConnectProvider(pool: IdentityPool, provider: string): boolean {
  const arns = pool.settings.OpenIdConnectProviderARNs ?? [];
  return arns.some((arn) => providerArn.exec(arn)?.groups?.name === provider);
}
