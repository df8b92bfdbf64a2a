import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Provider, { type Configuration, type SigningKey } from 'oidc-provider';
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js';
import { loginPage } from './login-page.ts';

export const clientId = 'notes';

const longestName = 40;
const longestForm = 2_000;
const day = 86_400;

/**
 * An OpenID Connect provider for development: whoever says a name is believed. A real one asks for more, and the app does
 * not notice the difference.
 */
export class SignInProvider implements AsyncDisposable {
  readonly #server: Server;
  readonly #directory: string;

  private constructor(server: Server, directory: string) {
    this.#server = server;
    this.#directory = directory;
  }

  /** `directory`: where its keys are kept. It answers nobody until it knows whom to admit. */
  static async listen(directory: string, port: number | undefined): Promise<SignInProvider> {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const server = createServer();
    await listen(server, port ?? 8789).catch((error: NodeJS.ErrnoException) => {
      if (port !== undefined || error.code !== 'EADDRINUSE') throw error;
      return listen(server, 0);
    });
    return new SignInProvider(server, directory);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Lets people sign in for the app at this address, from now on. */
  admit(appUrl: string): void {
    const provider = new Provider(this.url, configuration(this.#keys(), appUrl));
    const answer = provider.callback();
    this.#server.on('request', (request, response) => {
      if (!request.url?.startsWith('/who-are-you/')) return void answer(request, response);
      askWho(provider, request, response).catch((error: Error) => {
        response.writeHead(400, { 'Content-Type': 'text/plain; charset=utf-8' });
        response.end(`${error.message}. Go back to the app and sign in again.`);
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  /** The same after a restart, so that whoever is signed in stays so. */
  #keys(): SigningKey[] {
    const path = join(this.#directory, 'keys.json');
    if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as SigningKey[];
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const kid = randomBytes(8).toString('hex');
    const keys = [{ ...privateKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' }];
    writeFileSync(path, JSON.stringify(keys), { mode: 0o600 });
    return keys;
  }
}

function configuration(keys: SigningKey[], appUrl: string): Configuration {
  return {
    // Its own default, which warns unless it is named otherwise. Who is signed in is forgotten with the program.
    adapter: class InMemory extends MemoryAdapter {},
    jwks: { keys },
    clients: [{ client_id: clientId, token_endpoint_auth_method: 'none', redirect_uris: [appUrl] }],
    cookies: { keys: [randomBytes(32).toString('hex')] },
    // The app has a day before it asks to sign in again.
    ttl: { AccessToken: day, Grant: day, IdToken: day, Interaction: 3_600, Session: day },
    features: { devInteractions: { enabled: false } },
    clientBasedCORS: (_context, origin) => origin === new URL(appUrl).origin,
    interactions: { url: (_context, { uid }) => `/who-are-you/${uid}` },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    // The app is our own: nobody need be asked whether it may know who they are.
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({ clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope('openid');
      await grant.save();
      return grant;
    },
  };
}

/** The page that asks for a name, and what is done with the answer. */
async function askWho(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // Throws for whoever was not sent here by the app.
  await provider.interactionDetails(request, response);
  if (request.method !== 'POST') return show(response, loginPage(request.url as string));
  const name = (new URLSearchParams(await bodyOf(request)).get('name') ?? '').trim();
  if (name === '' || name.length > longestName) return show(response, loginPage(request.url as string, name));
  await provider.interactionFinished(request, response, { login: { accountId: name } });
}

function show(response: ServerResponse, page: string): void {
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(page);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk;
    if (body.length > longestForm) throw new Error('The form is too long');
  }
  return body;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((listening, failed) => {
    server.once('error', failed);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', failed);
      listening();
    });
  });
}
