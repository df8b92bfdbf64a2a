import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';

export interface ReceiverClientOptions {
  /** PEM; trusted instead of the system's. */
  readonly certificateAuthority?: string | undefined;
  /** Finds addresses of names, and may refuse them. */
  readonly lookup?: LookupFunction | undefined;
  /** Whether a connection may serve again; not where strangers choose the hosts, who would have us keep many. */
  readonly keepsConnections?: boolean;
  /** Milliseconds that a kept connection waits to serve again. */
  readonly idleMs?: number;
}

export interface OutgoingPost {
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: string | Uint8Array;
  /** Ends everything, so it has to contain the time limit. */
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

/** Of one client, for each scheme: who comes later waits until one ends. */
export const mostConnections = 256;

/** Less than the five seconds after which many servers end a connection, perhaps while a request is on its way. */
const usualIdleMs = 4000;

/**
 * Posts to receivers and keeps connections to them for a while. Never follows a redirect: what is asked is the address that
 * somebody wrote. Its owner closes it.
 */
export class ReceiverClient {
  readonly #plain: HttpAgent;
  readonly #secure: HttpsAgent;

  constructor(options: ReceiverClientOptions = {}) {
    const { certificateAuthority, lookup, keepsConnections = true, idleMs = usualIdleMs } = options;
    const kept = {
      keepAlive: keepsConnections,
      maxFreeSockets: 16,
      maxTotalSockets: mostConnections,
      // Node ends what is idle for so long; what waits for an answer it only tells, and nobody listens.
      timeout: idleMs,
      ...(lookup && { lookup }),
    };
    this.#plain = new HttpAgent(kept);
    this.#secure = new HttpsAgent({ ...kept, ...(certificateAuthority && { ca: certificateAuthority }) });
  }

  /** @throws whatever Node, the signal or `lookup` throws when there was no answer */
  post(url: URL, { headers, body, signal }: OutgoingPost): Promise<ReceiverAnswer> {
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

  close(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }
}

async function readAnswer(response: IncomingMessage): Promise<ReceiverAnswer> {
  const { body } = await readBounded(response, mostAnswerBytes);
  return { status: response.statusCode ?? 0, headers: response.headers, text: body.toString('utf8') };
}

/** The first bytes of a body, and whether that is all of it; if it is not, the connection ends. */
export async function readBounded(
  stream: AsyncIterable<Uint8Array>,
  mostBytes: number,
): Promise<{ readonly body: Buffer; readonly isWhole: boolean }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop ends the connection.
  for await (const chunk of stream) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > mostBytes) return { body: Buffer.concat(chunks).subarray(0, mostBytes), isWhole: false };
  }
  return { body: Buffer.concat(chunks), isWhole: true };
}
