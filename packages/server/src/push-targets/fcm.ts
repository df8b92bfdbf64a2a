import { type ReceiverAnswer, ReceiverClient } from '../outgoing/receiver-client.ts';
import { receiverUrl } from '../outgoing/receiver-url.ts';
import { refusal } from '../outgoing/refusal.ts';
import { DeliveryError } from '../ports/delivery-error.ts';
import type { PushAddress, PushNotice } from '../ports/push-target.ts';
import { parseApplicationArn } from './application-arn.ts';
import { FcmAccessToken } from './fcm-access-token.ts';
import { type PushTargetNeeds, readKey, usualTimeoutMs } from './needs.ts';
import { pushData } from './payload.ts';
import type { PushService } from './push-service.ts';
import { readServiceAccount } from './service-account.ts';
import type { FcmSettings } from './settings.ts';

const longestToken = 4096;

export class FcmService implements PushService {
  readonly name = 'FCM';
  readonly #url: URL;
  readonly #priority: 'normal' | 'high';
  readonly #client = new ReceiverClient();
  readonly #accessToken: FcmAccessToken;
  readonly #now: () => number;

  constructor(settings: FcmSettings, needs: PushTargetNeeds) {
    if (parseApplicationArn(needs.applicationArn).platform !== 'GCM') {
      throw new Error('fcm serves applications of the platform GCM only.');
    }
    const { serviceAccount, serviceAccountFile: file, priority = 'normal', endpoint } = settings;
    const account = readServiceAccount(readKey('serviceAccount', { secret: serviceAccount, file }, needs));
    const projectId = settings.projectId ?? account.projectId;
    if (projectId === undefined) throw new Error('projectId must be given: the service account names none.');
    const origin = receiverUrl(endpoint ?? 'https://fcm.googleapis.com');
    this.#url = new URL(`/v1/projects/${encodeURIComponent(projectId)}/messages:send`, origin);
    this.#priority = priority;
    this.#now = needs.now;
    const timeoutMs = settings.timeoutMs ?? usualTimeoutMs;
    this.#accessToken = new FcmAccessToken({ account, client: this.#client, timeoutMs, now: needs.now });
  }

  async register({ token }: PushAddress): Promise<undefined> {
    if (!/^[\x21-\x7e]+$/.test(token) || token.length > longestToken) {
      throw new DeliveryError('refused', 'This is no registration token of FCM.');
    }
  }

  async send(
    { token }: PushAddress,
    notice: PushNotice,
    signal: AbortSignal,
  ): Promise<'delivered' | 'unregistered'> {
    const message = { token, data: pushData(notice), android: { priority: this.#priority } };
    const answer = await this.#post({ message }, signal);
    if (isSuccess(answer)) return 'delivered';
    if (isAboutToken(answer)) return 'unregistered';
    throw this.#failure(answer);
  }

  /** Asks for a message to be checked, not sent, for a device that cannot be: its token is all that may be wrong. */
  async probe(signal: AbortSignal): Promise<void> {
    const answer = await this.#post({ validate_only: true, message: { token: 'probe', data: {} } }, signal);
    if (!isSuccess(answer) && !isAboutToken(answer)) throw this.#failure(answer);
  }

  close(): void {
    this.#accessToken.close();
    this.#client.close();
  }

  async #post(body: object, signal: AbortSignal): Promise<ReceiverAnswer> {
    const token = await this.#accessToken.get(signal);
    const answer = await this.#postWith(token, body, signal);
    if (answer.status !== 401 || errorOf(answer).code === 'THIRD_PARTY_AUTH_ERROR') return answer;
    // It may have been revoked before its time.
    this.#accessToken.forget(token);
    return this.#postWith(await this.#accessToken.get(signal), body, signal);
  }

  #postWith(token: string, body: object, signal: AbortSignal): Promise<ReceiverAnswer> {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json',
    };
    return this.#client.post(this.#url, { headers, body: JSON.stringify(body), signal });
  }

  #failure(answer: ReceiverAnswer): DeliveryError {
    const { code } = errorOf(answer);
    // A token of another project. Were it `gone` or `unregistered`, one device would stop all, or a wrong setting end all.
    if (code === 'SENDER_ID_MISMATCH') {
      return new DeliveryError('refused', 'FCM answered that the token belongs to another project.');
    }
    if (answer.status === 200)
      return new DeliveryError('unavailable', 'FCM answered without a message name.');
    if (answer.status === 404)
      return new DeliveryError('gone', 'FCM answered that there is no such project.');
    return refusal(code === undefined ? 'FCM' : `FCM (${code})`, answer, this.#now());
  }
}

function isSuccess({ status, text }: ReceiverAnswer): boolean {
  return status === 200 && typeof objectIn(text)?.name === 'string';
}

/** 404 alone is not enough: a project that does not exist has it too, and would cost all devices their places. */
function isAboutToken(answer: ReceiverAnswer): boolean {
  const { code, fields, message } = errorOf(answer);
  if (answer.status === 404) return code === 'UNREGISTERED';
  if (answer.status !== 400) return false;
  return fields.includes('message.token') || /registration token is not a valid/i.test(message);
}

interface FcmError {
  readonly code: string | undefined;
  readonly message: string;
  readonly fields: readonly unknown[];
}

/** https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode, among the details of a Google API error. */
function errorOf({ text }: ReceiverAnswer): FcmError {
  const error = record(objectIn(text)?.error);
  const details = list(error?.details).map(record);
  const code = details.map((detail) => detail?.errorCode).find((found) => typeof found === 'string');
  const fields = details.flatMap((detail) => list(detail?.fieldViolations)).map((one) => record(one)?.field);
  const message = typeof error?.message === 'string' ? error.message : '';
  return { code: /^\w{1,64}$/.test(code ?? '') ? code : undefined, message, fields };
}

type Fields = Readonly<Record<string, unknown>>;

function record(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function objectIn(text: string): Fields | undefined {
  try {
    return record(JSON.parse(text));
  } catch {
    return undefined;
  }
}
