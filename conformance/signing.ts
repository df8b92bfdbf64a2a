import { createHash, createHmac } from 'node:crypto';
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
