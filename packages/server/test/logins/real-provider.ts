import { createHash, randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import Provider, { type Configuration } from 'oidc-provider';
import { type LoopbackServer, listenOnLoopback } from './fake-issuer.ts';

const redirectUri = 'https://app.example/callback';

/** oidc-provider on loopback: ID tokens come from its own authorization code flow, with PKCE. */
export class RealProvider implements AsyncDisposable {
  readonly #loopback: LoopbackServer;
  readonly url: string;
  #keys: readonly JWK[] = [];
  readonly #clientIds: readonly string[];

  private constructor(loopback: LoopbackServer, clientIds: readonly string[]) {
    this.#loopback = loopback;
    this.url = loopback.url;
    this.#clientIds = clientIds;
  }

  static async start(...clientIds: string[]): Promise<RealProvider> {
    const loopback = await listenOnLoopback();
    const provider = new RealProvider(loopback, clientIds);
    await provider.rotateKeys();
    return provider;
  }

  /** Its name in `Logins` maps, as an ARN has it. */
  get name(): string {
    return this.url.replace('http://', '');
  }

  /** A new key signs from now on; the one before it is published no longer. */
  async rotateKeys(): Promise<void> {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const kid = randomBytes(8).toString('hex');
    this.#keys = [{ ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' }];
    const provider = new Provider(this.url, this.#configuration());
    const serve = provider.callback();
    this.#loopback.server.removeAllListeners('request');
    this.#loopback.server.on('request', (request, response) => void serve(request, response));
  }

  /** Signs in as a browser would: the login form, the consent form, then the code for tokens. */
  async signIn(
    login: string,
    clientId: string,
  ): Promise<{ readonly idToken: string; readonly accessToken: string }> {
    const verifier = randomBytes(32).toString('base64url');
    const browser = new Browser();
    const code = await browser.authorize(
      new URL(
        `${this.url}/auth?${new URLSearchParams({
          client_id: clientId,
          response_type: 'code',
          scope: 'openid',
          redirect_uri: redirectUri,
          code_challenge: createHash('sha256').update(verifier).digest('base64url'),
          code_challenge_method: 'S256',
        })}`,
      ),
      login,
    );
    const response = await fetch(`${this.url}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: clientId,
        redirect_uri: redirectUri,
        code,
        code_verifier: verifier,
      }),
    });
    const tokens = (await response.json()) as { id_token?: string; access_token?: string };
    if (!tokens.id_token || !tokens.access_token) throw new Error(`No tokens: ${JSON.stringify(tokens)}`);
    return { idToken: tokens.id_token, accessToken: tokens.access_token };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loopback[Symbol.asyncDispose]();
  }

  #configuration(): Configuration {
    return {
      jwks: { keys: [...this.#keys] },
      clients: this.#clientIds.map((id) => ({
        client_id: id,
        token_endpoint_auth_method: 'none',
        redirect_uris: [redirectUri],
      })),
      cookies: { keys: ['only for tests'] },
      // Its own defaults are the same, with a notice for each.
      ttl: { AccessToken: 3600, Grant: 3600, IdToken: 3600, Interaction: 3600, Session: 3600 },
      features: { devInteractions: { enabled: true } },
      findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    };
  }
}

/** As much of a browser as signing in takes: cookies, redirects, and the forms of oidc-provider's own pages. */
class Browser {
  readonly #cookies = new Map<string, string>();

  async authorize(start: URL, login: string): Promise<string> {
    let response = await this.#send(start);
    for (let step = 0; step < 12; step += 1) {
      const location = response.headers.get('location');
      if (location) {
        const next = new URL(location, response.url);
        if (next.href.startsWith(redirectUri)) return codeIn(next);
        response = await this.#send(next);
        continue;
      }
      const page = await response.text();
      const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1];
      const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
      if (!action || !prompt) throw new Error(`A page without its form: ${page.slice(0, 2000)}`);
      const fields = prompt === 'login' ? { prompt, login, password: 'any' } : { prompt };
      response = await this.#send(new URL(action, response.url), new URLSearchParams(fields));
    }
    throw new Error('Signing in never ends.');
  }

  async #send(url: URL, body?: URLSearchParams): Promise<Response> {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(body && { method: 'POST', body }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      const equals = pair.indexOf('=');
      this.#cookies.set(pair.slice(0, equals), pair.slice(equals + 1));
    }
    return response;
  }
}

function codeIn(url: URL): string {
  const code = url.searchParams.get('code');
  if (!code) throw new Error(`There is no code in ${url}.`);
  return code;
}
