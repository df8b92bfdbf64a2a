import { gaxios, JWT } from 'google-auth-library';
import type { ReceiverAnswer, ReceiverClient } from '../outgoing/receiver-client.ts';
import { refusal } from '../outgoing/refusal.ts';
import { DeliveryError } from '../ports/delivery-error.ts';

/** As much of a service account's JSON file as is used. */
export interface ServiceAccount {
  readonly clientEmail: string;
  readonly privateKey: string;
  readonly projectId: string | undefined;
  readonly tokenUrl: URL;
}

const scope = 'https://www.googleapis.com/auth/firebase.messaging';

export interface FcmAccessTokenOptions {
  readonly account: ServiceAccount;
  readonly client: ReceiverClient;
  readonly timeoutMs: number;
  readonly now: () => number;
}

/** The access token of a service account, fetched when it is first needed and again before it expires. */
export class FcmAccessToken {
  readonly #options: FcmAccessTokenOptions;
  readonly #closing = new AbortController();
  #client: JWT;

  constructor(options: FcmAccessTokenOptions) {
    this.#options = options;
    this.#client = this.#newClient();
  }

  /** All who wait share one request, so it does not end with the signal of one of them. @throws DeliveryError */
  async get(signal: AbortSignal): Promise<string> {
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      const { token } = await Promise.race([this.#client.getAccessToken(), aborted]);
      if (typeof token === 'string' && token !== '') return token;
      throw new DeliveryError('unavailable', 'The token endpoint of Google answered without a token.');
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** The next `get` fetches a new one, unless another send has already seen to it. */
  forget(token: string): void {
    if (this.#client.credentials.access_token === token) this.#client = this.#newClient();
  }

  close(): void {
    this.#closing.abort();
  }

  #newClient(): JWT {
    const { account, client, timeoutMs, now } = this.#options;
    const ends = () => AbortSignal.any([this.#closing.signal, AbortSignal.timeout(timeoutMs)]);
    return new JWT({
      email: account.clientEmail,
      key: account.privateKey,
      scopes: [scope],
      // The library knows one address; this is the one that the file names.
      additionalClaims: { aud: account.tokenUrl.href },
      transporter: new TokenTransport(account.tokenUrl, client, ends, now),
      useAuthRequestParameters: false,
    });
  }
}

/** The way to the token endpoint: within our limits, and tried once, since whoever sends tries again later. */
class TokenTransport extends gaxios.Gaxios {
  readonly #url: URL;
  readonly #client: ReceiverClient;
  readonly #ends: () => AbortSignal;
  readonly #now: () => number;

  constructor(url: URL, client: ReceiverClient, ends: () => AbortSignal, now: () => number) {
    super();
    this.#url = url;
    this.#client = client;
    this.#ends = ends;
    this.#now = now;
  }

  override async request<T>(options: gaxios.GaxiosOptions = {}): gaxios.GaxiosPromise<T> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
    const body = String(options.data);
    const answer = await this.#client.post(this.#url, { headers, body, signal: this.#ends() });
    const { status, text } = answer;
    if (status !== 200) throw this.#failure(answer);
    const data = parse(text);
    if (typeof data?.access_token !== 'string' || typeof data.expires_in !== 'number') {
      throw new DeliveryError('unavailable', 'The token endpoint of Google answered without a token.');
    }
    const config = { ...options, headers: new Headers(), url: this.#url };
    return Object.assign(new Response(null, { status }), { config, data: data as T });
  }

  #failure(answer: ReceiverAnswer): DeliveryError {
    const code = codeIn(answer.text);
    // An assertion that is refused: a key that was revoked, or a clock that is wrong.
    if (answer.status === 400 && code !== undefined) {
      return new DeliveryError('gone', `Google refused the service account (${code}).`);
    }
    const error = refusal('The token endpoint of Google', answer, this.#now());
    // It knows nothing of the message.
    return error.failure === 'refused' ? new DeliveryError('unavailable', error.message) : error;
  }
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function codeIn(text: string): string | undefined {
  const code = parse(text)?.error;
  return typeof code === 'string' && /^[\w-]{1,64}$/.test(code) ? code : undefined;
}
