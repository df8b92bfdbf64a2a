import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

export interface LoopbackServer extends AsyncDisposable {
  readonly url: string;
  readonly server: Server;
}

/** A server on a free loopback port, which ends with its connections. */
export async function listenOnLoopback(listener?: RequestListener): Promise<LoopbackServer> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, server, [Symbol.asyncDispose]: close };
}

interface IssuerKey {
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

/** An issuer that signs whatever it is asked to, and can be told to fail. */
export class FakeIssuer implements AsyncDisposable {
  readonly #loopback: LoopbackServer;
  readonly #keys = new Map<string, IssuerKey>();
  /** Answers instead of the issuer, when set. */
  intercept: RequestListener | undefined;
  requests = 0;

  private constructor(loopback: LoopbackServer) {
    this.#loopback = loopback;
    loopback.server.on('request', (request, response) => {
      this.requests += 1;
      if (this.intercept) this.intercept(request, response);
      else response.end(JSON.stringify(this.#answer(request.url ?? '')));
    });
  }

  static async start(): Promise<FakeIssuer> {
    const issuer = new FakeIssuer(await listenOnLoopback());
    await issuer.addKey('first');
    return issuer;
  }

  get url(): string {
    return this.#loopback.url;
  }

  async addKey(kid: string, alg = 'RS256'): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
    this.#keys.set(kid, { alg, privateKey, jwk });
  }

  removeKey(kid: string): void {
    this.#keys.delete(kid);
  }

  publicKey(kid: string): JWK {
    return this.#key(kid).jwk;
  }

  sign(payload: JWTPayload, header: { kid?: string; typ?: string } = {}): Promise<string> {
    const { kid = 'first', ...rest } = header;
    const { alg, privateKey } = this.#key(kid);
    return new SignJWT(payload).setProtectedHeader({ alg, kid, ...rest }).sign(privateKey);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loopback[Symbol.asyncDispose]();
  }

  #key(kid: string) {
    const key = this.#keys.get(kid);
    if (!key) throw new Error(`There is no key ${kid}.`);
    return key;
  }

  #answer(path: string): object {
    if (path === '/jwks') return { keys: [...this.#keys.values()].map(({ jwk }) => jwk) };
    return { issuer: this.url, jwks_uri: `${this.url}/jwks` };
  }
}
