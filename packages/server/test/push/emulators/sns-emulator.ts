import { randomUUID } from 'node:crypto';
import { readSignature } from '../../../src/sigv4/read-signature.ts';
import { RequestHeaders } from '../../../src/sigv4/signed-request.ts';
import { verifySignature } from '../../../src/sigv4/verify-signature.ts';
import { type Answer, HttpReceiver, type Received } from './loopback-receiver.ts';

interface Endpoint {
  readonly application: string;
  readonly attributes: Map<string, string>;
}

export interface Published {
  readonly token: string;
  /** Of the endpoint's platform, as SNS would pass it on. */
  readonly payload: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const account = '123456789012';
const region = 'eu-west-1';

class SnsError extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** The query API of SNS for platform applications: version 2010-03-31, form in, XML out. */
export class SnsEmulator implements AsyncDisposable {
  readonly credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'an example of a secret key' };
  readonly region = region;
  readonly #applications = new Map<string, Map<string, string>>();
  readonly endpoints = new Map<string, Endpoint>();
  readonly published: Published[] = [];
  readonly actions: string[] = [];
  #receiver: HttpReceiver | undefined;
  isDenied = false;

  static async start(): Promise<SnsEmulator> {
    const emulator = new SnsEmulator();
    emulator.#receiver = await HttpReceiver.start('http', (request) => emulator.#answer(request));
    return emulator;
  }

  get receiver(): HttpReceiver {
    if (!this.#receiver) throw new Error('It was not started.');
    return this.#receiver;
  }

  /** What SNS does when a platform says that a token is no more. */
  disable(token: string): void {
    for (const { attributes } of this.endpoints.values()) {
      if (attributes.get('Token') === token) attributes.set('Enabled', 'false');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.receiver.stop();
  }

  #answer(request: Received): Answer {
    const form = new URLSearchParams(request.body.toString());
    const action = form.get('Action') ?? '';
    try {
      this.#verify(request);
      if (form.get('Version') !== '2010-03-31') throw new SnsError('NoSuchVersion', 'Unknown version');
      if (this.isDenied) throw new SnsError('AuthorizationError', 'User is not authorized', 403);
      this.actions.push(action);
      return { status: 200, body: success(action, this.#act(action, form)) };
    } catch (error) {
      if (!(error instanceof SnsError)) throw error;
      return { status: error.status, body: snsFailure(error.code, error.message) };
    }
  }

  #verify({ path, rawHeaders, body }: Received): void {
    const request = { method: 'POST', path, query: '', headers: new RequestHeaders(rawHeaders), body };
    const reading = readSignature(request);
    if (reading.kind !== 'signed') throw new SnsError('MissingAuthenticationToken', 'Not signed', 403);
    const context = { region, service: 'sns', now: Date.now() };
    const { secretAccessKey, accessKeyId } = this.credentials;
    if (reading.signature.accessKeyId !== accessKeyId) {
      throw new SnsError('InvalidClientTokenId', 'The security token is invalid', 403);
    }
    const verification = verifySignature(request, reading.signature, secretAccessKey, context);
    if (verification.kind !== 'verified') {
      throw new SnsError('SignatureDoesNotMatch', verification.message, 403);
    }
  }

  #act(action: string, form: URLSearchParams): string {
    switch (action) {
      case 'CreatePlatformApplication':
        return this.#createApplication(form);
      case 'GetPlatformApplicationAttributes':
        return attributesXml(this.#application(form));
      case 'CreatePlatformEndpoint':
        return this.#createEndpoint(form);
      case 'GetEndpointAttributes':
        return attributesXml(this.#endpoint(form).attributes);
      case 'SetEndpointAttributes':
        for (const [name, value] of entriesOf(form, 'Attributes'))
          this.#endpoint(form).attributes.set(name, value);
        return '';
      case 'DeleteEndpoint':
        this.endpoints.delete(form.get('EndpointArn') ?? '');
        return '';
      case 'Publish':
        return this.#publish(form);
      default:
        throw new SnsError('InvalidAction', `The action ${action} is not valid for this endpoint.`);
    }
  }

  #createApplication(form: URLSearchParams): string {
    const arn = `arn:aws:sns:${region}:${account}:app/${form.get('Platform')}/${form.get('Name')}`;
    this.#applications.set(arn, new Map([['Enabled', 'true'], ...entriesOf(form, 'Attributes')]));
    return `<PlatformApplicationArn>${arn}</PlatformApplicationArn>`;
  }

  #application(form: URLSearchParams): Map<string, string> {
    const found = this.#applications.get(form.get('PlatformApplicationArn') ?? '');
    if (!found) throw new SnsError('NotFound', 'PlatformApplication does not exist', 404);
    return found;
  }

  #createEndpoint(form: URLSearchParams): string {
    this.#application(form);
    const application = form.get('PlatformApplicationArn') ?? '';
    const token = form.get('Token') ?? '';
    if (application.includes(':app/APNS') && !/^[0-9a-f]{64,}$/i.test(token)) {
      throw new SnsError(
        'InvalidParameter',
        'Invalid parameter: Token Reason: iOS device tokens must be no more than 400 hexadecimal characters',
      );
    }
    if (token === '')
      throw new SnsError('InvalidParameter', 'Invalid parameter: Token Reason: cannot be empty');
    for (const [arn, endpoint] of this.endpoints) {
      if (endpoint.application !== application || endpoint.attributes.get('Token') !== token) continue;
      const isSame =
        endpoint.attributes.get('Enabled') === 'true' &&
        (endpoint.attributes.get('CustomUserData') ?? null) === form.get('CustomUserData');
      if (isSame) return `<EndpointArn>${arn}</EndpointArn>`;
      throw new SnsError(
        'InvalidParameter',
        `Invalid parameter: Token Reason: Endpoint ${arn} already exists with the same Token, but different attributes.`,
      );
    }
    const arn = `${application.replace(':app/', ':endpoint/')}/${randomUUID()}`;
    this.endpoints.set(arn, {
      application,
      attributes: new Map([
        ['Token', token],
        ['Enabled', 'true'],
      ]),
    });
    return `<EndpointArn>${arn}</EndpointArn>`;
  }

  #endpoint(form: URLSearchParams): Endpoint {
    const found = this.endpoints.get(form.get('EndpointArn') ?? '');
    if (!found) throw new SnsError('NotFound', 'Endpoint does not exist', 404);
    return found;
  }

  #publish(form: URLSearchParams): string {
    const endpoint = this.endpoints.get(form.get('TargetArn') ?? '');
    if (!endpoint) {
      const reason = 'TargetArn Reason: No endpoint found for the target arn specified';
      throw new SnsError('InvalidParameter', `Invalid parameter: ${reason}`);
    }
    if (endpoint.attributes.get('Enabled') !== 'true') {
      throw new SnsError('EndpointDisabled', 'Endpoint is disabled');
    }
    const message = JSON.parse(form.get('Message') ?? '');
    if (form.get('MessageStructure') !== 'json' || typeof message.default !== 'string') {
      const reason = 'Message Structure - No default entry in JSON message body';
      throw new SnsError('InvalidParameter', `Invalid parameter: ${reason}`);
    }
    const platform = endpoint.application.split('/')[1] ?? '';
    const attributes = Object.fromEntries(entriesOf(form, 'MessageAttributes'));
    const token = endpoint.attributes.get('Token') ?? '';
    this.published.push({ token, payload: message[platform] ?? message.default, attributes });
    return `<MessageId>${randomUUID()}</MessageId>`;
  }
}

/** A map of the query protocol: `Attributes.entry.1.key`, or `.Name` and `.Value.StringValue` for message attributes. */
function entriesOf(form: URLSearchParams, name: string): [string, string][] {
  const found: [string, string][] = [];
  for (let index = 1; ; index += 1) {
    const start = `${name}.entry.${index}`;
    const key = form.get(`${start}.key`) ?? form.get(`${start}.Name`);
    if (key === null) return found;
    found.push([key, form.get(`${start}.value`) ?? form.get(`${start}.Value.StringValue`) ?? '']);
  }
}

function attributesXml(attributes: ReadonlyMap<string, string>): string {
  const entries = [...attributes].map(
    ([key, value]) => `<entry><key>${escapeXml(key)}</key><value>${escapeXml(value)}</value></entry>`,
  );
  return `<Attributes>${entries.join('')}</Attributes>`;
}

function success(action: string, result: string): string {
  return (
    `<${action}Response xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><${action}Result>${result}</${action}Result>` +
    `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></${action}Response>`
  );
}

export function snsFailure(code: string, message: string): string {
  return (
    '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>' +
    `<Code>${code}</Code><Message>${escapeXml(message)}</Message></Error><RequestId>${randomUUID()}</RequestId></ErrorResponse>`
  );
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
