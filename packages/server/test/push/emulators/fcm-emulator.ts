import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { jwtVerify } from 'jose';
import { type Answer, HttpReceiver, type Received } from './loopback-receiver.ts';

/** Google's token endpoint and FCM's HTTP v1, as far as a sender of data messages sees them. */
export class FcmEmulator implements AsyncDisposable {
  readonly projectId = 'holdall-tests';
  readonly #email = 'push@holdall-tests.iam.gserviceaccount.com';
  readonly #keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #accessTokens = new Set<string>();
  readonly messages: { token: string; data: Record<string, string>; android?: object }[] = [];
  readonly tokens = new Set<string>();
  #receiver: HttpReceiver | undefined;
  #tokenEndpoint: HttpReceiver | undefined;
  isAccountDisabled = false;
  isProjectForeign = false;
  tokenRequests = 0;
  validations = 0;

  static async start(): Promise<FcmEmulator> {
    const emulator = new FcmEmulator();
    emulator.#receiver = await HttpReceiver.start('http', (request) => emulator.#answer(request));
    emulator.#tokenEndpoint = await HttpReceiver.start('http', (request) => emulator.#issue(request));
    return emulator;
  }

  get receiver(): HttpReceiver {
    if (!this.#receiver) throw new Error('It was not started.');
    return this.#receiver;
  }

  get tokenEndpoint(): HttpReceiver {
    if (!this.#tokenEndpoint) throw new Error('It was not started.');
    return this.#tokenEndpoint;
  }

  /** What the console of Google gives to download. */
  serviceAccount(privateKey: KeyObject = this.#keys.privateKey): string {
    return JSON.stringify({
      type: 'service_account',
      project_id: this.projectId,
      private_key_id: 'first',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      client_email: this.#email,
      token_uri: `${this.tokenEndpoint.url}/token`,
    });
  }

  revokeAccessTokens(): void {
    this.#accessTokens.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.receiver.stop();
    await this.tokenEndpoint.stop();
  }

  #answer(request: Received): Answer {
    if (request.path === `/v1/projects/${this.projectId}/messages:send`) return this.#send(request);
    return failure(404, 'NOT_FOUND', 'Project not found.');
  }

  async #issue({ path, body }: Received): Promise<Answer> {
    if (path !== '/token') return { status: 404 };
    this.tokenRequests += 1;
    const form = new URLSearchParams(body.toString());
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') {
      return { status: 400, body: '{"error":"unsupported_grant_type"}' };
    }
    try {
      if (this.isAccountDisabled) throw new Error('disabled');
      const { payload } = await jwtVerify(form.get('assertion') ?? '', this.#keys.publicKey, {
        algorithms: ['RS256'],
        issuer: this.#email,
        audience: `${this.tokenEndpoint.url}/token`,
        requiredClaims: ['iat', 'exp'],
        maxTokenAge: '1h',
      });
      if (payload.scope !== 'https://www.googleapis.com/auth/firebase.messaging') throw new Error('scope');
    } catch {
      return { status: 400, body: '{"error":"invalid_grant","error_description":"Invalid JWT"}' };
    }
    const token = `ya29.${randomUUID()}`;
    this.#accessTokens.add(token);
    return {
      status: 200,
      body: JSON.stringify({ access_token: token, expires_in: 3599, token_type: 'Bearer' }),
    };
  }

  #send({ headers, body }: Received): Answer {
    const token = /^Bearer (?<token>.+)$/.exec(headers.authorization ?? '')?.groups?.token ?? '';
    if (!this.#accessTokens.has(token)) return failure(401, 'UNAUTHENTICATED', 'Invalid credentials.');
    const { message, validate_only: validateOnly } = JSON.parse(body.toString());
    if (this.isProjectForeign) {
      return failure(403, 'PERMISSION_DENIED', 'SenderId mismatch', 'SENDER_ID_MISMATCH');
    }
    if (Object.values(message.data).some((value) => typeof value !== 'string')) {
      return failure(400, 'INVALID_ARGUMENT', 'Invalid value at data', 'INVALID_ARGUMENT');
    }
    if (!message.token.startsWith('fcm-')) {
      if (validateOnly) this.validations += 1;
      const text = 'The registration token is not a valid FCM registration token';
      return failure(400, 'INVALID_ARGUMENT', text, 'INVALID_ARGUMENT');
    }
    if (!this.tokens.has(message.token)) {
      return failure(404, 'NOT_FOUND', 'Requested entity was not found.', 'UNREGISTERED');
    }
    this.messages.push(message);
    return {
      status: 200,
      body: JSON.stringify({ name: `projects/${this.projectId}/messages/${randomUUID()}` }),
    };
  }
}

export function failure(code: number, status: string, message: string, errorCode?: string): Answer {
  const type = 'type.googleapis.com/google.firebase.fcm.v1.FcmError';
  const details = errorCode ? [{ '@type': type, errorCode }] : [];
  return { status: code, body: JSON.stringify({ error: { code, message, status, details } }) };
}
