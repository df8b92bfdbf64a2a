import { createECDH } from 'node:crypto';
import { isIP } from 'node:net';
import webPush from 'web-push';
import { readSecret } from '../configuration/secret.ts';
import { isPublicAddress, publicLookup } from '../outgoing/public-lookup.ts';
import { ReceiverClient } from '../outgoing/receiver-client.ts';
import { refusal } from '../outgoing/refusal.ts';
import { DeliveryError } from '../ports/delivery-error.ts';
import type { PushAddress, PushNotice } from '../ports/push-target.ts';
import { parseApplicationArn } from './application-arn.ts';
import { type PushTargetNeeds, readFileOf } from './needs.ts';
import { collapseKey, keptSeconds, pushData } from './payload.ts';
import type { PushService } from './push-service.ts';
import { type PushSubscription, parsePushSubscription } from './push-subscription.ts';
import type { WebPushSettings } from './settings.ts';

/**
 * The token of a device is its subscription as JSON. Who is asked is therefore what a user said: private addresses are
 * refused, and no answer stops the notices of anybody else.
 */
export class WebPushService implements PushService {
  readonly name = 'The push service';
  readonly isChosenByDevice = true;
  readonly #vapidDetails: {
    readonly subject: string;
    readonly publicKey: string;
    readonly privateKey: string;
  };
  readonly #allowedHosts: readonly string[] | undefined;
  readonly #client: ReceiverClient;
  readonly #now: () => number;

  constructor(settings: WebPushSettings, needs: PushTargetNeeds) {
    const { platform } = parseApplicationArn(needs.applicationArn);
    if (platform !== 'GCM') {
      throw new Error(`web-push serves applications of the platform GCM, not ${platform}.`);
    }
    const { publicKey, subject, allowedHosts, certificateAuthority: file } = settings;
    const privateKey = readSecret(settings.privateKey, needs.environment);
    if (publicKeyOf(privateKey) !== publicKey) {
      throw new Error(
        'publicKey and privateKey must be a VAPID pair, as `npx web-push generate-vapid-keys` makes it.',
      );
    }
    this.#vapidDetails = { subject, publicKey, privateKey };
    this.#allowedHosts = allowedHosts;
    this.#client = new ReceiverClient({
      certificateAuthority: file === undefined ? undefined : readFileOf(file, needs.directory),
      lookup: allowedHosts ? undefined : publicLookup,
      keepsConnections: false,
    });
    this.#now = needs.now;
  }

  async register({ token }: PushAddress): Promise<undefined> {
    this.#read(token);
  }

  async send(
    { token }: PushAddress,
    notice: PushNotice,
    signal: AbortSignal,
  ): Promise<'delivered' | 'unregistered'> {
    const subscription = this.#read(token);
    const { headers, body } = webPush.generateRequestDetails(subscription, JSON.stringify(pushData(notice)), {
      vapidDetails: this.#vapidDetails,
      TTL: keptSeconds,
      urgency: 'normal',
      topic: collapseKey(notice),
    });
    const answer = await this.#client.post(new URL(subscription.endpoint), { headers, body, signal });
    if (answer.status >= 200 && answer.status < 300) return 'delivered';
    if (answer.status === 404 || answer.status === 410) return 'unregistered';
    const { failure, message, retryAfterMs } = refusal(this.name, answer, this.#now());
    throw new DeliveryError(failure === 'gone' ? 'refused' : failure, message, {
      isAboutOne: true,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }

  /** There is nobody to ask before a browser has subscribed; that the keys are a pair is known since we were made. */
  async probe(): Promise<void> {}

  close(): void {
    this.#client.close();
  }

  #read(token: string): PushSubscription {
    const subscription = parsePushSubscription(token);
    if (!subscription) {
      throw new DeliveryError(
        'refused',
        'The token must be a PushSubscription as JSON, with an https endpoint and its keys p256dh and auth.',
      );
    }
    const { hostname } = new URL(subscription.endpoint);
    if (!this.#isAllowed(hostname)) {
      throw new DeliveryError('refused', `${hostname} is no push service that may be used.`);
    }
    return subscription;
  }

  #isAllowed(hostname: string): boolean {
    if (this.#allowedHosts) {
      return this.#allowedHosts.some((allowed) =>
        allowed.startsWith('*.') ? hostname.endsWith(allowed.slice(1)) : hostname === allowed,
      );
    }
    // Names are looked at when they are resolved.
    const address = hostname.replace(/^\[|\]$/g, '');
    return isIP(address) === 0 || isPublicAddress(address);
  }
}

/** Undefined when it is no private key. */
function publicKeyOf(privateKey: string): string | undefined {
  const bytes = Buffer.from(privateKey, 'base64url');
  if (bytes.length !== 32) return undefined;
  const curve = createECDH('prime256v1');
  try {
    curve.setPrivateKey(bytes);
    return curve.getPublicKey().toString('base64url');
  } catch {
    return undefined;
  }
}
