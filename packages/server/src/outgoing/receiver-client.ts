import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { DeliveryError } from '../ports/delivery-error.ts';

export interface ReceiverClientOptions {
  /** From connecting to the end of the answer. */
  readonly timeoutMs: number;
  /** PEM; trusted instead of the system's. */
  readonly certificateAuthority?: string | undefined;
  /** Finds addresses of names, and may refuse them. */
  readonly lookup?: LookupFunction | undefined;
}

export interface OutgoingPost {
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: string | Uint8Array;
  readonly signal: AbortSignal;
}

export interface ReceiverAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** What came of the body, at most `mostAnswerBytes`. */
  readonly text: string;
}

/** Beyond this nothing is read: a receiver's explanation is short, and rubbish may be endless. */
const mostAnswerBytes = 64 * 1024;

/**
 * Posts to receivers and keeps connections to them. Never follows a redirect: what is asked is the address that
 * somebody wrote. Its owner closes it.
 */
export class ReceiverClient {
  readonly #options: ReceiverClientOptions;
  readonly #plain: HttpAgent;
  readonly #secure: HttpsAgent;
  readonly #closing = new AbortController();

  constructor(options: ReceiverClientOptions) {
    this.#options = options;
    const { certificateAuthority, lookup } = options;
    const kept = { keepAlive: true, maxFreeSockets: 16, ...(lookup && { lookup }) };
    this.#plain = new HttpAgent(kept);
    this.#secure = new HttpsAgent({ ...kept, ...(certificateAuthority && { ca: certificateAuthority }) });
  }

  /** @throws DeliveryError `unavailable` when there was no answer in time, or what `lookup` threw */
  async post(url: URL, post: OutgoingPost): Promise<ReceiverAnswer> {
    const deadline = AbortSignal.timeout(this.#options.timeoutMs);
    const signal = AbortSignal.any([post.signal, this.#closing.signal, deadline]);
    try {
      return await this.#exchange(url, post, signal);
    } catch (cause) {
      if (cause instanceof DeliveryError) throw cause;
      // The path may be a secret, as those of Web Push are.
      const what = deadline.aborted ? `did not answer within ${this.#options.timeoutMs} ms` : describe(cause);
      throw new DeliveryError('unavailable', `${url.origin} ${what}.`, { cause });
    }
  }

  close(): void {
    this.#closing.abort();
    this.#plain.destroy();
    this.#secure.destroy();
  }

  #exchange(url: URL, { headers, body }: OutgoingPost, signal: AbortSignal): Promise<ReceiverAnswer> {
    const options = {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      signal,
    };
    return new Promise((resolve, reject) => {
      const request: ClientRequest =
        url.protocol === 'https:'
          ? httpsRequest(url, { ...options, agent: this.#secure })
          : httpRequest(url, { ...options, agent: this.#plain });
      request.once('error', reject);
      request.once('response', (response) => readAnswer(response).then(resolve, reject));
      request.end(body);
    });
  }
}

async function readAnswer(response: IncomingMessage): Promise<ReceiverAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop ends the connection.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= mostAnswerBytes) break;
  }
  const text = Buffer.concat(chunks).subarray(0, mostAnswerBytes).toString('utf8');
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

function describe(cause: unknown): string {
  const { name, code } = cause as NodeJS.ErrnoException;
  return name === 'AbortError' ? 'was not waited for' : `could not be reached (${code ?? name})`;
}
