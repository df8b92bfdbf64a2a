import {
  CreatePlatformEndpointCommand,
  DeleteEndpointCommand,
  GetEndpointAttributesCommand,
  GetPlatformApplicationAttributesCommand,
  PublishCommand,
  SetEndpointAttributesCommand,
  SNSClient,
} from '@aws-sdk/client-sns';
import { readSecret } from '../configuration/secret.ts';
import { limitAnswers } from '../outgoing/limit-answers.ts';
import { receiverUrl } from '../outgoing/receiver-url.ts';
import { DeliveryError } from '../ports/delivery-error.ts';
import type { PushAddress, PushNotice } from '../ports/push-target.ts';
import { parseApplicationArn } from './application-arn.ts';
import type { PushTargetNeeds } from './needs.ts';
import { snsMessage } from './payload.ts';
import type { PushService } from './push-service.ts';
import type { SnsSettings } from './settings.ts';
import { isSnsError, snsFailure } from './sns-failure.ts';

export class SnsService implements PushService {
  readonly name = 'SNS';
  readonly #client: SNSClient;
  readonly #applicationArn: string;
  readonly #platform: string;
  readonly #now: () => number;

  constructor(settings: SnsSettings, { applicationArn, environment, now }: PushTargetNeeds) {
    const { region, platform } = parseApplicationArn(applicationArn);
    const { endpoint, credentials, allowPlainHttp } = settings;
    this.#applicationArn = applicationArn;
    this.#platform = platform;
    this.#now = now;
    this.#client = new SNSClient({
      region: settings.region ?? region,
      // Whoever sends tries again later.
      maxAttempts: 1,
      ...(endpoint && { endpoint: receiverUrl(endpoint, allowPlainHttp).href }),
      ...(credentials && {
        credentials: {
          accessKeyId: readSecret(credentials.accessKeyId, environment),
          secretAccessKey: readSecret(credentials.secretAccessKey, environment),
          ...(credentials.sessionToken && {
            sessionToken: readSecret(credentials.sessionToken, environment),
          }),
        },
      }),
    });
    limitAnswers(this.#client);
  }

  async register({ token }: PushAddress, signal: AbortSignal): Promise<string> {
    try {
      const endpoint = await this.#create(token, signal);
      await this.#enable(endpoint, token, signal);
      return endpoint;
    } catch (error) {
      throw snsFailure(error, this.#now());
    }
  }

  async send(
    address: PushAddress,
    notice: PushNotice,
    signal: AbortSignal,
  ): Promise<'delivered' | 'unregistered'> {
    const message = snsMessage(this.#platform, notice);
    const endpoint = address.endpoint ?? (await this.register(address, signal));
    try {
      await this.#publish(endpoint, message, signal);
    } catch (error) {
      if (isSnsError(error, 'EndpointDisabled')) return this.#discard(endpoint, signal);
      if (!isAboutMissingEndpoint(error)) throw snsFailure(error, this.#now());
      await this.#publishAnew(address, message, signal);
    }
    return 'delivered';
  }

  async probe(signal: AbortSignal): Promise<void> {
    const input = { PlatformApplicationArn: this.#applicationArn };
    try {
      await this.#client.send(new GetPlatformApplicationAttributesCommand(input), { abortSignal: signal });
    } catch (error) {
      throw snsFailure(error, this.#now());
    }
  }

  close(): void {
    this.#client.destroy();
  }

  async #create(token: string, signal: AbortSignal): Promise<string> {
    const input = { PlatformApplicationArn: this.#applicationArn, Token: token };
    try {
      const { EndpointArn } = await this.#client.send(new CreatePlatformEndpointCommand(input), {
        abortSignal: signal,
      });
      if (EndpointArn) return EndpointArn;
    } catch (error) {
      const existing = existingEndpoint(error);
      if (existing) return existing;
      throw error;
    }
    throw new DeliveryError('unavailable', 'SNS answered without an endpoint.');
  }

  /** SNS disables an endpoint when its token went bad, and does not enable it by itself when the token comes back. */
  async #enable(endpoint: string, token: string, signal: AbortSignal): Promise<void> {
    const input = { EndpointArn: endpoint };
    const { Attributes: found } = await this.#client.send(new GetEndpointAttributesCommand(input), {
      abortSignal: signal,
    });
    if (found?.Enabled === 'true' && found.Token === token) return;
    await this.#client.send(
      new SetEndpointAttributesCommand({ ...input, Attributes: { Enabled: 'true', Token: token } }),
      { abortSignal: signal },
    );
  }

  async #publish(endpoint: string, message: string, signal: AbortSignal): Promise<void> {
    const text = (value: string) => ({ DataType: 'String', StringValue: value });
    const { MessageId } = await this.#client.send(
      new PublishCommand({
        TargetArn: endpoint,
        MessageStructure: 'json',
        Message: message,
        // Apple takes a silent notification only when it is called one.
        ...(this.#platform.startsWith('APNS') && {
          MessageAttributes: {
            'AWS.SNS.MOBILE.APNS.PUSH_TYPE': text('background'),
            'AWS.SNS.MOBILE.APNS.PRIORITY': text('5'),
          },
        }),
      }),
      { abortSignal: signal },
    );
    if (!MessageId) throw new DeliveryError('unavailable', 'SNS answered without a message id.');
  }

  /** Somebody deleted the endpoint, which says nothing about the device: an app registers once and not again. */
  async #publishAnew(address: PushAddress, message: string, signal: AbortSignal): Promise<void> {
    const endpoint = await this.register(address, signal);
    try {
      await this.#publish(endpoint, message, signal);
    } catch (error) {
      throw snsFailure(error, this.#now());
    }
  }

  async #discard(endpoint: string, signal: AbortSignal): Promise<'unregistered'> {
    try {
      await this.#client.send(new DeleteEndpointCommand({ EndpointArn: endpoint }), { abortSignal: signal });
    } catch {
      // It is of no use any more, whether or not it is still there.
    }
    return 'unregistered';
  }
}

/** SNS names the endpoint that has the token already, and nothing but this text does. */
function existingEndpoint(error: unknown): string | undefined {
  if (!isSnsError(error, 'InvalidParameter')) return undefined;
  return /Endpoint (?<arn>arn:\S+) already exists with the same Token/.exec(error.message)?.groups?.arn;
}

function isAboutMissingEndpoint(error: unknown): boolean {
  if (isSnsError(error, 'NotFound')) return true;
  return isSnsError(error, 'InvalidParameter') && /No endpoint found/i.test(error.message);
}
