import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Answer, HttpReceiver, type Received } from './loopback-receiver.ts';

/** Somebody's program that takes notices, and verifies them as Standard Webhooks says, by code of its own. */
export class WebhookReceiver implements AsyncDisposable {
  readonly #key = Buffer.from('this key has thirty-two bytes ok');
  readonly messages: { id: string; platform: string; token: string; data: Record<string, unknown> }[] = [];
  readonly removed = new Set<string>();
  #receiver: HttpReceiver | undefined;
  /** Seconds. */
  now = 0;
  isLocked = false;
  probes = 0;

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    receiver.#receiver = await HttpReceiver.start('http', (request) => receiver.#answer(request));
    return receiver;
  }

  get receiver(): HttpReceiver {
    if (!this.#receiver) throw new Error('It was not started.');
    return this.#receiver;
  }

  get secret(): string {
    return `whsec_${this.#key.toString('base64')}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.receiver.stop();
  }

  #answer({ headers, body }: Received): Answer {
    const id = String(headers['webhook-id']);
    const timestamp = String(headers['webhook-timestamp']);
    if (this.isLocked || Math.abs(Number(timestamp) - this.now) > 300) return { status: 401 };
    const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
    const expected = Buffer.from(`v1,${createHmac('sha256', this.#key).update(signed).digest('base64')}`);
    const given = Buffer.from(String(headers['webhook-signature']));
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return { status: 401 };
    const { type, ...message } = JSON.parse(body.toString());
    if (type === 'probe') {
      this.probes += 1;
      return { status: 204 };
    }
    if (this.removed.has(message.token)) return { status: 410 };
    this.messages.push({ id, ...message });
    return { status: 204 };
  }
}
