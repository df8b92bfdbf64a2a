/** As much of oidc-provider as the example uses; it brings no types of its own. */
declare module 'oidc-provider' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

  export type SigningKey = Readonly<Record<string, unknown>>;

  interface Grant {
    addOIDCScope(scope: string): void;
    save(): Promise<string>;
  }

  interface Context {
    readonly oidc: {
      readonly provider: { readonly Grant: new (of: { clientId: string; accountId: string }) => Grant };
      readonly session: { readonly accountId: string };
    };
  }

  export interface Configuration {
    readonly adapter: new (name: string) => object;
    readonly jwks: { readonly keys: SigningKey[] };
    readonly clients: readonly {
      readonly client_id: string;
      readonly token_endpoint_auth_method: 'none';
      readonly redirect_uris: readonly string[];
    }[];
    readonly cookies: { readonly keys: readonly string[] };
    /** Seconds. */
    readonly ttl: Readonly<Record<string, number>>;
    readonly features: { readonly devInteractions: { readonly enabled: boolean } };
    readonly clientBasedCORS: (context: unknown, origin: string) => boolean;
    readonly interactions: { readonly url: (context: unknown, interaction: { uid: string }) => string };
    readonly findAccount: (
      context: unknown,
      id: string,
    ) => { readonly accountId: string; readonly claims: () => { readonly sub: string } };
    readonly loadExistingGrant: (context: Context) => Promise<Grant>;
  }

  // biome-ignore lint/style/noDefaultExport: it is how the package exports it
  export default class Provider {
    constructor(issuer: string, configuration: Configuration);
    callback(): RequestListener;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<unknown>;
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result: { readonly login: { readonly accountId: string } },
    ): Promise<void>;
  }
}

declare module 'oidc-provider/lib/adapters/memory_adapter.js' {
  // biome-ignore lint/style/noDefaultExport: it is how the package exports it
  export default class MemoryAdapter {
    constructor(name: string);
  }
}
