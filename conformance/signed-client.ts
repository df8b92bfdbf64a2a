import * as http from 'node:http';
import * as https from 'node:https';
import { type Credentials, type Outgoing, percentEncode, type Signing, signByHand } from './signing.ts';

export interface Answer {
  readonly status: number;
  /** By the name exactly as it came; of a repeated header the last value. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

/** The type of an answer that goes on. */
export const eventStream = 'text/event-stream';

/** Takes requests to a service and brings its answers. */
export interface Wire extends Disposable {
  /** As in the Host header. */
  readonly host: string;
  /** @throws Error when there is no answer */
  send(request: Outgoing): Promise<Answer>;
}

/** Sends requests over kept connections and lets nothing be changed on the way. */
export class WireClient implements Wire {
  readonly host: string;
  readonly #url: URL;
  readonly #agent: http.Agent;
  readonly #timeoutMs: number;

  constructor(url: string, options: { readonly connections?: number; readonly timeoutMs?: number } = {}) {
    this.#url = new URL(url);
    this.host = this.#url.host;
    this.#timeoutMs = options.timeoutMs ?? 30_000;
    const agentOptions = { keepAlive: true, maxSockets: options.connections ?? 8 };
    this.#agent =
      this.#url.protocol === 'https:' ? new https.Agent(agentOptions) : new http.Agent(agentOptions);
  }

  /** @throws Error when the connection fails or nothing is answered in time */
  send(request: Outgoing): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const { protocol, hostname, port } = this.#url;
    const outgoing = (protocol === 'https:' ? https : http).request({
      hostname,
      port,
      method: request.method,
      path: request.target,
      headers: withLength(request),
      setHost: false,
      agent: this.#agent,
    });
    outgoing.setTimeout(this.#timeoutMs, () => {
      outgoing.destroy(new Error(`No answer in ${this.#timeoutMs} ms: ${request.method} ${request.target}`));
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      const finish = () => {
        resolve({
          status: incoming.statusCode ?? 0,
          headers: rawHeaders(incoming.rawHeaders),
          text: Buffer.concat(chunks).toString('utf8'),
        });
      };
      incoming.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        // A stream goes on: what comes first is the answer.
        if (incoming.headers['content-type'] === eventStream) incoming.destroy();
      });
      incoming.on('error', reject);
      incoming.on('end', finish);
      incoming.on('close', finish);
    });
    outgoing.end(request.body);
    return promise;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

/** One caller of one service: signs JSON requests and reads JSON answers. */
export class SignedClient {
  readonly #wire: Wire;
  readonly #credentials: Credentials;
  readonly #signing: Signing;

  constructor(wire: Wire, credentials: Credentials, signing: Signing) {
    this.#wire = wire;
    this.#credentials = credentials;
    this.#signing = signing;
  }

  send(method: string, target: string, body?: unknown): Promise<Answer> {
    const request = {
      method,
      target,
      headers: { Host: this.#wire.host },
      body: body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(body)),
    };
    return this.#wire.send(signByHand(request, this.#credentials, this.#signing));
  }

  /** @throws Error unless the answer is a success */
  async json(method: string, target: string, body?: unknown): Promise<JsonObject> {
    const answer = await this.send(method, target, body);
    if (answer.status !== 200) {
      throw new Error(`${method} ${target} answered ${answer.status} ${answer.text}`);
    }
    return JSON.parse(answer.text) as JsonObject;
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** One operation of Cognito Identity over JSON 1.1; signed only if credentials are given. */
export async function callIdentity(
  wire: Wire,
  operation: string,
  input: JsonObject,
  signer?: { readonly credentials: Credentials; readonly region: string; readonly at?: number },
): Promise<JsonObject> {
  const request = {
    method: 'POST',
    target: '/',
    headers: {
      Host: wire.host,
      'Content-Type': 'application/x-amz-json-1.1',
      'X-Amz-Target': `AWSCognitoIdentityService.${operation}`,
    },
    body: Buffer.from(JSON.stringify(input)),
  };
  const answer = await wire.send(
    signer ? signByHand(request, signer.credentials, { ...signer, service: 'cognito-identity' }) : request,
  );
  if (answer.status !== 200) throw new Error(`${operation} answered ${answer.status} ${answer.text}`);
  return answer.text === '' ? {} : (JSON.parse(answer.text) as JsonObject);
}

export interface Identity {
  readonly id: string;
  readonly credentials: Credentials;
}

/** A new guest of the pool. */
export async function newIdentity(wire: Wire, poolId: string): Promise<Identity> {
  const { IdentityId: id } = (await callIdentity(wire, 'GetId', { IdentityPoolId: poolId })) as {
    IdentityId: string;
  };
  const given = (await callIdentity(wire, 'GetCredentialsForIdentity', { IdentityId: id })) as {
    Credentials: { AccessKeyId: string; SecretKey: string; SessionToken: string };
  };
  return {
    id,
    credentials: {
      accessKeyId: given.Credentials.AccessKeyId,
      secretAccessKey: given.Credentials.SecretKey,
      sessionToken: given.Credentials.SessionToken,
    },
  };
}

/** The REST path of a dataset, ids encoded as SDKs do. */
export function datasetPath(poolId: string, identityId: string, datasetName: string): string {
  return (
    `/identitypools/${percentEncode(poolId)}/identities/${percentEncode(identityId)}` +
    `/datasets/${percentEncode(datasetName)}`
  );
}

function withLength(request: Outgoing): http.OutgoingHttpHeaders {
  const headers: http.OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(request.headers)) {
    // Node writes one byte per character.
    headers[name] = typeof value === 'string' ? latin1(value) : value.map(latin1);
  }
  const framed = Object.keys(headers).some((name) => /^(content-length|transfer-encoding)$/i.test(name));
  if (!framed && (request.body.length > 0 || request.method === 'POST')) {
    headers['Content-Length'] = String(request.body.length);
  }
  return headers;
}

function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function rawHeaders(raw: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    headers.set(raw[index] ?? '', raw[index + 1] ?? '');
  }
  return headers;
}
