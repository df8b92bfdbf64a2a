/** As much of oidc-provider as the tests use; it brings no types of its own. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http';
  import type { JWK } from 'jose';

  export interface Configuration {
    readonly jwks: { readonly keys: JWK[] };
    readonly clients: readonly {
      readonly client_id: string;
      readonly token_endpoint_auth_method: 'none';
      readonly redirect_uris: readonly string[];
    }[];
    readonly cookies: { readonly keys: readonly string[] };
    readonly ttl: Readonly<Record<string, number>>;
    readonly features: { readonly devInteractions: { readonly enabled: boolean } };
    readonly findAccount: (
      context: unknown,
      id: string,
    ) => { readonly accountId: string; readonly claims: () => { readonly sub: string } };
  }

  // biome-ignore lint/style/noDefaultExport: it is how the package exports it
  export default class Provider {
    constructor(issuer: string, configuration: Configuration);
    callback(): RequestListener;
  }
}
