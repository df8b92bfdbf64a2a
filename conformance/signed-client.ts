import { createHash, createHmac } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import { SignatureV4 } from '@smithy/signature-v4';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export type HeaderValues = Readonly<Record<string, string | readonly string[]>>;

/** A request as it goes on the wire. Texts hold one byte per character, except for header values, which are UTF-8. */
export interface Outgoing {
  readonly method: string;
  /** Path and query, neither encoded nor decoded on the way. */
  readonly target: string;
  /** Sent in this very case and order. */
  readonly headers: HeaderValues;
  readonly body: Uint8Array;
}

export interface Answer {
  readonly status: number;
  /** By the name exactly as it came; of a repeated header the last value. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

export interface Signing {
  readonly service: string;
  readonly region: string;
  /** Epoch milliseconds; now when absent. */
  readonly at?: number;
  /** Puts the signature into the query, valid for this many seconds. */
  readonly presignedSeconds?: number;
  /** Adds x-amz-content-sha256, as JavaScript does and others do not. */
  readonly checksum?: boolean;
  /** Lower-case names of headers that are sent but not signed. */
  readonly without?: readonly string[];
}

/**
 * Signs with Amazon's own signer, which shares no code with what is tested. Requests that it could not sign (it
 * normalises paths and knows only well-formed UTF-8) are signed by `signByHand`.
 */
export async function sign(request: Outgoing, credentials: Credentials, signing: Signing): Promise<Outgoing> {
  const { path, query } = splitTarget(request.target);
  const parameters = decodedQuery(query);
  if (!parameters || /\/\/|\/\.{1,2}(\/|$)|[^\x21-\x7e]/.test(path)) {
    return signByHand(request, credentials, signing);
  }
  const signer = new SignatureV4({
    service: signing.service,
    region: signing.region,
    credentials,
    sha256: NodeSha256,
    applyChecksum: signing.checksum ?? false,
  });
  const single = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  const unsigned = {
    method: request.method,
    protocol: 'http:',
    hostname: '',
    path,
    query: parameters,
    headers: Object.fromEntries(single) as Record<string, string>,
    ...(request.body.length > 0 && { body: request.body }),
  };
  const options = {
    signingDate: new Date(signing.at ?? Date.now()),
    unsignableHeaders: new Set(signing.without),
  };
  if (signing.presignedSeconds !== undefined) {
    const signed = await signer.presign(unsigned, { ...options, expiresIn: signing.presignedSeconds });
    const added = Object.entries(signed.query ?? {})
      .filter(([name]) => !Object.hasOwn(parameters, name))
      .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
    return {
      ...request,
      target: `${path}?${[...(query === '' ? [] : [query]), ...added].join('&')}`,
      headers: signed.headers,
    };
  }
  const signed = await signer.sign(unsigned, options);
  return { ...request, headers: { ...request.headers, ...signed.headers } };
}

/** Signs whatever bytes the request is made of, in the header. */
export function signByHand(request: Outgoing, credentials: Credentials, signing: Signing): Outgoing {
  const timestamp = basicTimestamp(signing.at ?? Date.now());
  const scope = `${timestamp.slice(0, 8)}/${signing.region}/${signing.service}/aws4_request`;
  const { path, query } = splitTarget(request.target);
  const payloadHash = sha256(request.body);
  const headers: HeaderValues = {
    ...request.headers,
    'X-Amz-Date': timestamp,
    ...(credentials.sessionToken !== undefined && { 'X-Amz-Security-Token': credentials.sessionToken }),
    ...(signing.checksum && { 'X-Amz-Content-Sha256': payloadHash }),
  };
  const signedLines = Object.entries(headers)
    .map(([name, value]): [string, string] => [name.toLowerCase(), [value].flat().join(',')])
    .filter(([name]) => name !== 'user-agent' && !signing.without?.includes(name))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const names = signedLines.map(([name]) => name).join(';');
  const canonical = [
    request.method,
    canonicalPath(path),
    canonicalQuery(query),
    ...signedLines.map(([name, value]) => `${name}:${value.trim().replaceAll(/[ \t]+/g, ' ')}`),
    '',
    names,
    payloadHash,
  ].join('\n');
  const toSign = `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256(canonical)}`;
  const key = scope
    .split('/')
    .reduce<string | Buffer>((under, part) => hmac(under, part), `AWS4${credentials.secretAccessKey}`);
  const authorization =
    `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, ` +
    `SignedHeaders=${names}, Signature=${hmac(key, toSign).toString('hex')}`;
  return { ...request, headers: { ...headers, Authorization: authorization } };
}

export function basicTimestamp(at: number): string {
  return new Date(at).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
}

/** `us-east-1:…` as SDKs put it into a path or a query. */
export function percentEncode(text: string): string {
  return encodeBytes(Buffer.from(text, 'utf8'));
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

function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const mark = target.indexOf('?');
  return mark < 0
    ? { path: target, query: '' }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

function queryParts(query: string): [name: string, value: string][] {
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      return equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
    });
}

/** Form-decoded parameters, or undefined if they are not well-formed. */
function decodedQuery(query: string): Record<string, string | string[]> | undefined {
  const parameters = new Map<string, string | string[]>();
  try {
    for (const [rawName, rawValue] of queryParts(query)) {
      const name = decodeURIComponent(rawName.replaceAll('+', ' '));
      // The signer's objects cannot hold it.
      if (name === '__proto__') return undefined;
      const value = decodeURIComponent(rawValue.replaceAll('+', ' '));
      const earlier = parameters.get(name);
      parameters.set(name, earlier === undefined ? value : [earlier, value].flat());
    }
  } catch {
    return undefined;
  }
  return Object.fromEntries(parameters);
}

function canonicalPath(path: string): string {
  return path
    .split('/')
    .map((segment) => encodeBytes(Buffer.from(segment, 'latin1')))
    .join('/');
}

function canonicalQuery(query: string): string {
  const canonical = (raw: string) => encodeBytes(formDecodedBytes(raw));
  return queryParts(query)
    .map(([name, value]) => [canonical(name), canonical(value)] as const)
    .sort(([name, value], [otherName, otherValue]) => {
      if (name !== otherName) return name < otherName ? -1 : 1;
      return value < otherValue ? -1 : 1;
    })
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** A `%` that begins no escape stands for itself. */
function formDecodedBytes(raw: string): Buffer {
  const decoded = raw
    .replaceAll('+', ' ')
    .replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(decoded, 'latin1');
}

function encodeBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9\-._~]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
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

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

type HashSource = string | ArrayBuffer | ArrayBufferView;

/** What Amazon's signer wants a hash to look like. */
class NodeSha256 {
  readonly #hash;

  constructor(secret?: HashSource) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: HashSource): void {
    this.#hash.update(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    throw new Error('The signer makes a new hash each time.');
  }
}

function bytesOf(data: HashSource): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
