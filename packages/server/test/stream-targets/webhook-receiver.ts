import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { StreamTargetSettings } from '../../src/stream-targets/index.ts';
import type { Received, ReceiverHost, TestReceiver } from './test-receiver.ts';

const key = Buffer.from('0123456789abcdef0123456789abcdef');
const secret = `whsec_${key.toString('base64')}`;

interface Body {
  readonly messages: readonly { id: string; partitionKey: string; data: unknown }[];
}

export interface WebhookAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Verifies what arrives as the specification of Standard Webhooks says, and says of each body what it is told to. */
export class WebhookReceiver implements TestReceiver {
  readonly settings: StreamTargetSettings & { type: 'webhook' };
  readonly #port: number;
  readonly #received: Received[] = [];
  readonly #waiting: (() => void)[] = [];
  #server: Server | undefined;
  #isHanging = false;
  /** The id and how many messages of each request that was signed. */
  readonly requests: { readonly id: string; readonly messages: number }[] = [];
  answer: (body: Body) => WebhookAnswer = () => ({ status: 204 });

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.#port = port;
    this.settings = { type: 'webhook', url: `http://127.0.0.1:${port}/hook`, secret, timeoutMs: 1000 };
    this.#listen(server);
  }

  static async open(): Promise<WebhookReceiver> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new WebhookReceiver(server, (server.address() as { port: number }).port);
  }

  async received(): Promise<readonly Received[]> {
    return this.#received;
  }

  async start(): Promise<void> {
    const server = createServer().listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    this.#listen(server);
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  hang(): void {
    this.#isHanging = true;
  }

  resume(): void {
    this.#isHanging = false;
    for (const go of this.#waiting.splice(0)) go();
  }

  async vanish(): Promise<void> {
    this.answer = () => ({ status: 410 });
  }

  #listen(server: Server): void {
    server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
      try {
        const { status, headers } = await this.#take(request);
        response.writeHead(status, headers).end();
      } catch {
        // Its sender has gone away.
        response.destroy();
      }
    });
  }

  async #take(request: IncomingMessage): Promise<WebhookAnswer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    if (this.#isHanging) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const bytes = Buffer.concat(chunks);
    if (!isSigned(request, bytes)) return { status: 401 };
    const body = JSON.parse(bytes.toString('utf8')) as Body;
    this.requests.push({ id: String(request.headers['webhook-id']), messages: body.messages.length });
    const answer = this.answer(body);
    if (answer.status < 300) {
      for (const { partitionKey, data } of body.messages) {
        this.#received.push({ partitionKey, text: JSON.stringify(data) });
      }
    }
    return answer;
  }
}

function isSigned({ headers }: IncomingMessage, body: Buffer): boolean {
  const timestamp = Number(headers['webhook-timestamp']);
  if (!(Math.abs(Date.now() / 1000 - timestamp) < 300)) return false;
  const signed = Buffer.concat([Buffer.from(`${headers['webhook-id']}.${timestamp}.`), body]);
  const expected = Buffer.from(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
  const given = Buffer.from(String(headers['webhook-signature']));
  return given.length === expected.length && timingSafeEqual(given, expected);
}

export async function startWebhooks(): Promise<ReceiverHost> {
  const receivers: WebhookReceiver[] = [];
  return {
    async open() {
      const receiver = await WebhookReceiver.open();
      receivers.push(receiver);
      return receiver;
    },
    async [Symbol.asyncDispose]() {
      for (const receiver of receivers) await receiver.stop();
    },
  };
}
