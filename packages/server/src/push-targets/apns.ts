import type { ReceiverAnswer } from '../outgoing/receiver-client.ts';
import { receiverUrl } from '../outgoing/receiver-url.ts';
import { refusal } from '../outgoing/refusal.ts';
import { DeliveryError, type DeliveryFailure } from '../ports/delivery-error.ts';
import type { PushAddress, PushNotice } from '../ports/push-target.ts';
import { ApnsConnection } from './apns-connection.ts';
import { ApnsProviderToken } from './apns-provider-token.ts';
import { parseApplicationArn } from './application-arn.ts';
import { type PushTargetNeeds, readFileOf, readKey } from './needs.ts';
import { applePayload, collapseKey, keptSeconds } from './payload.ts';
import type { PushService } from './push-service.ts';
import type { ApnsSettings } from './settings.ts';

const usualEndpoints = {
  APNS: 'https://api.push.apple.com',
  APNS_SANDBOX: 'https://api.sandbox.push.apple.com',
};

/** Reasons that say more than their status does. */
const failures: Readonly<Record<string, DeliveryFailure>> = {
  BadTopic: 'gone',
  MissingTopic: 'gone',
  TopicDisallowed: 'gone',
  BadPath: 'gone',
  MethodNotAllowed: 'gone',
  // Of another app. Were it `unregistered`, a wrong topic in the settings would cost all devices their places.
  DeviceTokenNotForTopic: 'refused',
};

/** How iOS writes a token is for the app to choose; the old SDK takes upper-case hexadecimal. */
const tokenForm = /^(?:[0-9a-f]{2}){16,100}$/i;

const usualPingEveryMs = 60_000;

export class ApnsService implements PushService {
  readonly name = 'APNs';
  readonly #topic: string;
  readonly #connection: ApnsConnection;
  readonly #providerToken: ApnsProviderToken;
  readonly #now: () => number;

  constructor(settings: ApnsSettings, needs: PushTargetNeeds, pingEveryMs = usualPingEveryMs) {
    const { keyId, teamId, topic, endpoint, certificateAuthority: file } = settings;
    const { platform } = parseApplicationArn(needs.applicationArn);
    if (platform !== 'APNS' && platform !== 'APNS_SANDBOX') {
      throw new Error(`apns serves applications of the platforms APNS and APNS_SANDBOX, not ${platform}.`);
    }
    const key = readKey('key', { secret: settings.key, file: settings.keyFile }, needs);
    this.#topic = topic;
    this.#now = needs.now;
    this.#providerToken = new ApnsProviderToken({ key, keyId, teamId, now: needs.now });
    this.#connection = new ApnsConnection({
      origin: receiverUrl(endpoint ?? usualEndpoints[platform]),
      certificateAuthority: file === undefined ? undefined : readFileOf(file, needs.directory),
      pingEveryMs,
    });
  }

  async register({ token }: PushAddress): Promise<undefined> {
    if (!tokenForm.test(token)) {
      throw new DeliveryError('refused', 'A device token of APNs is hexadecimal, and this one is not.');
    }
  }

  async send(
    address: PushAddress,
    notice: PushNotice,
    signal: AbortSignal,
  ): Promise<'delivered' | 'unregistered'> {
    await this.register(address);
    const body = JSON.stringify(applePayload(notice));
    const answer = await this.#post(address.token, collapseKey(notice), body, signal);
    if (answer.status === 200) return 'delivered';
    if (isAboutToken(answer)) return 'unregistered';
    throw this.#failure(answer);
  }

  /** Apple looks at the provider token before it looks at the device token, and no device has this one. */
  async probe(signal: AbortSignal): Promise<void> {
    const body = JSON.stringify({ aps: { 'content-available': 1 } });
    const answer = await this.#post('0'.repeat(64), 'probe', body, signal);
    if (answer.status !== 200 && !isAboutToken(answer)) throw this.#failure(answer);
  }

  close(): void {
    this.#connection.close();
  }

  async #post(token: string, collapseId: string, body: string, signal: AbortSignal): Promise<ReceiverAnswer> {
    const providerToken = await this.#providerToken.get();
    const headers = this.#headers(token, collapseId);
    const answer = await this.#connection.post(withToken(headers, providerToken), body, signal);
    if (answer.status !== 403 || reasonIn(answer) !== 'ExpiredProviderToken') return answer;
    await this.#providerToken.forget(providerToken);
    return this.#connection.post(withToken(headers, await this.#providerToken.get()), body, signal);
  }

  #headers(token: string, collapseId: string): Readonly<Record<string, string>> {
    return {
      ':path': `/3/device/${token.toLowerCase()}`,
      'apns-topic': this.#topic,
      'apns-push-type': 'background',
      // The only one that Apple allows for what shows nothing.
      'apns-priority': '5',
      'apns-expiration': String(Math.floor(this.#now() / 1000) + keptSeconds),
      'apns-collapse-id': collapseId,
    };
  }

  #failure(answer: ReceiverAnswer): DeliveryError {
    const reason = reasonIn(answer);
    const who = reason === undefined ? 'APNs' : `APNs (${reason})`;
    const failure = reason !== undefined && Object.hasOwn(failures, reason) ? failures[reason] : undefined;
    if (failure) return new DeliveryError(failure, `${who} answered ${answer.status}.`);
    const { failure: usual, message, retryAfterMs } = refusal(who, answer, this.#now());
    return new DeliveryError(usual, message, {
      // Apple counts these by device.
      isAboutOne: reason === 'TooManyRequests',
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }
}

function withToken(headers: Readonly<Record<string, string>>, providerToken: string) {
  return { ...headers, authorization: `bearer ${providerToken}` };
}

function isAboutToken(answer: ReceiverAnswer): boolean {
  const reason = reasonIn(answer);
  if (answer.status === 410) return reason === 'Unregistered' || reason === 'ExpiredToken';
  return answer.status === 400 && reason === 'BadDeviceToken';
}

function reasonIn({ text }: ReceiverAnswer): string | undefined {
  try {
    const reason = (JSON.parse(text) as { reason?: unknown } | null)?.reason;
    return typeof reason === 'string' && /^\w{1,64}$/.test(reason) ? reason : undefined;
  } catch {
    return undefined;
  }
}
