import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

/**
 * A certificate of its own for 127.0.0.1 and localhost, until 2126. Made by: openssl req -x509 -newkey ec
 * -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj '/CN=Holdall tests, loopback only'
 * -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -keyout loopback-key.pem -out loopback-certificate.pem
 */
export const certificateFile = fileURLToPath(new URL('./loopback-certificate.pem', import.meta.url));
export const tls = {
  cert: readFileSync(certificateFile),
  key: readFileSync(new URL('./loopback-key.pem', import.meta.url)),
};

export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** How a receiver may go wrong: an answer of its own, or none. `garbage` is no HTTP, `endless` has no end. */
export type Fault = Answer | 'vanish' | 'hang' | 'garbage' | 'endless';

/** Runs until it is stopped, and can come back at the same address. */
export interface Receiver extends AsyncDisposable {
  readonly url: string;
  /** What happens instead of the usual, when set. */
  fault: Fault | undefined;
  /** Resolves when the next request that is to hang has come. */
  hung(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export class HttpReceiver implements Receiver {
  readonly #answer: (request: Received) => Answer | Promise<Answer>;
  readonly #isSecure: boolean;
  #server: Server | undefined;
  #port = 0;
  #onHang: () => void = () => {};
  #onAnswer: () => void = () => {};
  fault: Fault | undefined;

  private constructor(isSecure: boolean, answer: (request: Received) => Answer | Promise<Answer>) {
    this.#isSecure = isSecure;
    this.#answer = answer;
  }

  static async start(
    scheme: 'http' | 'https',
    answer: (request: Received) => Answer | Promise<Answer>,
  ): Promise<HttpReceiver> {
    const receiver = new HttpReceiver(scheme === 'https', answer);
    await receiver.start();
    return receiver;
  }

  get url(): string {
    return `${this.#isSecure ? 'https' : 'http'}://127.0.0.1:${this.#port}`;
  }

  hung(): Promise<void> {
    return new Promise((resolve) => {
      this.#onHang = resolve;
    });
  }

  /** Resolves when the next request has its answer. */
  answered(): Promise<void> {
    return new Promise((resolve) => {
      this.#onAnswer = resolve;
    });
  }

  async start(): Promise<void> {
    const listener = (request: IncomingMessage, response: ServerResponse) => {
      void this.#serve(request, response);
    };
    const server = this.#isSecure ? createSecureServer(tls, listener) : createServer(listener);
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (this.fault === 'vanish') return void request.socket.destroy();
    if (this.fault === 'hang') return this.#onHang();
    if (this.fault === 'garbage') return void request.socket.end('SSH-2.0-OpenSSH_10.0\r\n\r\n');
    if (this.fault === 'endless') return endless(response);
    const { url: path = '', headers, rawHeaders } = request;
    const body = Buffer.concat(chunks);
    const answer = this.fault ?? (await this.#answer({ path, headers, rawHeaders, body }));
    response.writeHead(answer.status, answer.headers).end(answer.body, () => this.#onAnswer());
  }
}

function endless(response: ServerResponse): void {
  response.writeHead(500);
  const more = () => {
    if (!response.destroyed) response.write('x'.repeat(16 * 1024), () => setImmediate(more));
  };
  more();
}
