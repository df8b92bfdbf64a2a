import { createHash } from 'node:crypto';
import { readSecret } from '../configuration/secret.ts';
import { ReceiverClient } from '../outgoing/receiver-client.ts';
import { receiverUrl } from '../outgoing/receiver-url.ts';
import { refusal } from '../outgoing/refusal.ts';
import { signWebhook, webhookKey } from '../outgoing/sign-webhook.ts';
import type { PushAddress, PushNotice } from '../ports/push-target.ts';
import { type PushTargetNeeds, readFileOf } from './needs.ts';
import { pushData } from './payload.ts';
import type { PushService } from './push-service.ts';
import type { WebhookPushSettings } from './settings.ts';

/** The body of a request; `probe` asks whether it would be taken, and has neither a device nor data. */
type WebhookBody =
  | { readonly type: 'push'; readonly platform: string; readonly token: string; readonly data: object }
  | { readonly type: 'probe' };

/** 2xx took it, 410 knows that the device is no more. */
export class WebhookPushService implements PushService {
  readonly name = 'The push webhook';
  readonly #url: URL;
  readonly #secret: string;
  readonly #client: ReceiverClient;
  readonly #now: () => number;

  constructor(settings: WebhookPushSettings, needs: PushTargetNeeds) {
    this.#url = receiverUrl(settings.url, settings.allowPlainHttp);
    this.#secret = readSecret(settings.secret, needs.environment);
    webhookKey(this.#secret);
    const { certificateAuthority: file } = settings;
    this.#client = new ReceiverClient(
      file === undefined ? {} : { certificateAuthority: readFileOf(file, needs.directory) },
    );
    this.#now = needs.now;
  }

  /** Which tokens are good is for the receiver to know. */
  async register(): Promise<undefined> {}

  async send(
    { platform, token }: PushAddress,
    notice: PushNotice,
    signal: AbortSignal,
  ): Promise<'delivered' | 'unregistered'> {
    const status = await this.#post({ type: 'push', platform, token, data: pushData(notice) }, signal);
    return status === 410 ? 'unregistered' : 'delivered';
  }

  async probe(signal: AbortSignal): Promise<void> {
    await this.#post({ type: 'probe' }, signal);
  }

  close(): void {
    this.#client.close();
  }

  async #post(message: WebhookBody, signal: AbortSignal): Promise<number> {
    const now = this.#now();
    const body = JSON.stringify(message);
    // The same whenever the same notice is sent again to the same device: receivers can drop what they have seen.
    const id = `msg_${createHash('sha256').update(body).digest('base64url').slice(0, 32)}`;
    const seconds = Math.floor(now / 1000);
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': seconds,
      'webhook-signature': signWebhook(this.#secret, id, seconds, body),
    };
    const answer = await this.#client.post(this.#url, { headers, body, signal });
    const { status } = answer;
    if ((status >= 200 && status < 300) || (status === 410 && message.type === 'push')) return status;
    throw refusal(this.name, answer, now);
  }
}
