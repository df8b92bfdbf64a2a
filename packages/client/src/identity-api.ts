import type { Credentials, ProviderRequest } from './identity.ts';
import { answerError } from './service-errors.ts';
import { SyncError } from './sync-error.ts';

/** Login provider → token. */
export type Logins = Readonly<Record<string, string>>;

/** The operations of the identity service that a device uses; none of them is signed. */
export class IdentityApi {
  readonly #request: ProviderRequest;
  readonly #endpoint: string;

  /** `endpoint`: of the identity service where that is another, as on AWS. */
  constructor(request: ProviderRequest, endpoint = request.endpoint) {
    this.#request = request;
    this.#endpoint = endpoint.replace(/\/$/, '');
  }

  async getId(identityPoolId: string, logins: Logins): Promise<string> {
    const { IdentityId } = await this.#ask('GetId', { IdentityPoolId: identityPoolId, ...only(logins) });
    return text(IdentityId);
  }

  /** The answer may name another identity than was asked for: the service merged the two. */
  async getCredentials(
    identityId: string,
    logins: Logins,
  ): Promise<{ readonly identityId: string; readonly credentials: Credentials }> {
    const answer = await this.#ask('GetCredentialsForIdentity', { IdentityId: identityId, ...only(logins) });
    const { AccessKeyId, SecretKey, SessionToken, Expiration } = answer.Credentials as Record<
      string,
      unknown
    >;
    const credentials = {
      accessKeyId: text(AccessKeyId),
      secretAccessKey: text(SecretKey),
      sessionToken: text(SessionToken),
      expiresAt: Number(Expiration) * 1000,
    };
    return { identityId: text(answer.IdentityId), credentials };
  }

  async #ask(operation: string, input: object): Promise<Record<string, unknown>> {
    const { fetch, signal } = this.#request;
    let response: Response;
    let json: unknown;
    try {
      response = await fetch(`${this.#endpoint}/`, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `AWSCognitoIdentityService.${operation}`,
        },
        body: JSON.stringify(input),
        signal,
      });
      json = await response.json().catch(() => undefined);
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw new SyncError('NETWORK', `${this.#endpoint} could not be reached.`, { cause, retryable: true });
    }
    if (!response.ok || typeof json !== 'object' || json === null)
      throw answerError(response, json, Date.now());
    return json as Record<string, unknown>;
  }
}

const only = (logins: Logins) => (Object.keys(logins).length > 0 ? { Logins: logins } : {});

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new SyncError('SERVICE', 'The identity service left something out of its answer.');
}
