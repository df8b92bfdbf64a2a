import { ServiceError } from '@holdall/protocol';

/** A request as the test server sees it. */
export interface WireRequest {
  readonly method: string;
  readonly host: string;
  /** As it was sent, neither decoded nor normalised any further than `fetch` does. */
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** What a request says of its own signature. */
export interface Signature {
  readonly accessKeyId: string;
  readonly sessionToken: string | undefined;
  /** `YYYYMMDD/region/service/aws4_request`. */
  readonly scope: string;
  /** YYYYMMDDTHHMMSSZ. */
  readonly timestamp: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const form =
  /^AWS4-HMAC-SHA256 +Credential=([^/, ]+)\/([^, ]+), *SignedHeaders=([^, ]+), *Signature=([^, ]+)$/;

/** A signature holds for so long before and after. */
const toleranceMs = 15 * 60_000;

/**
 * Reads `Authorization: AWS4-HMAC-SHA256 …`. Signatures in the query are not read: no device sends them.
 *
 * @throws ServiceError when the request is not signed, or not in this form
 */
export function readSignature({ headers }: WireRequest): Signature {
  const authorization = headers.get('authorization');
  if (authorization === null) {
    throw new ServiceError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const [, accessKeyId, scope, names, signature] = form.exec(authorization) ?? [];
  const timestamp = headers.get('x-amz-date');
  if (!accessKeyId || !scope || !names || !signature) {
    throw incomplete(`The Authorization header is not of the form ${form.source}`);
  }
  if (timestamp === null || Number.isNaN(instantOf(timestamp))) {
    throw incomplete(`Date must be in ISO-8601 'basic format'. Got '${timestamp}'.`);
  }
  const signedHeaders = names.split(';');
  for (const name of ['host', 'x-amz-date', 'x-amz-security-token']) {
    if (signedHeaders.includes(name) || (name !== 'host' && !headers.has(name))) continue;
    const shown = name === 'host' ? "'Host' or ':authority'" : `'${name}'`;
    throw new ServiceError(
      'InvalidSignatureException',
      `${shown} must be a 'SignedHeader' in the AWS Authorization.`,
    );
  }
  const sessionToken = headers.get('x-amz-security-token') ?? undefined;
  return { accessKeyId, sessionToken, scope, timestamp, signedHeaders, signature };
}

/**
 * Whether the secret made the signature for this very request, now.
 *
 * @throws ServiceError in the service's words when it did not
 */
export async function checkSignature(
  request: WireRequest,
  signature: Signature,
  secret: string,
  { region, service, now }: { readonly region: string; readonly service: string; readonly now: number },
): Promise<void> {
  checkScope(signature, region, service);
  checkTime(signature.timestamp, now);
  const payloadHash = await sha256(request.body);
  const claimed = request.headers.get('x-amz-content-sha256');
  if (claimed !== null && claimed !== payloadHash) {
    throw mismatch(`The provided 'x-amz-content-sha256' header is not the SHA-256 of the body.`);
  }
  const canonical = canonicalRequest(request, signature.signedHeaders, payloadHash);
  const toSign = [
    'AWS4-HMAC-SHA256',
    signature.timestamp,
    signature.scope,
    // One byte for each character, as header values come.
    await sha256(Uint8Array.from(canonical, (character) => character.charCodeAt(0))),
  ].join('\n');
  const made = await crypto.subtle.sign(
    'HMAC',
    await signingKey(secret, signature.scope),
    utf8.encode(toSign),
  );
  if (hex(new Uint8Array(made)) === signature.signature) return;
  throw mismatch(
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key ' +
      'and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should ' +
      `have been\n'${canonical}'\n\nThe String-to-Sign should have been\n'${toSign}'\n`,
  );
}

function checkScope({ scope, timestamp }: Signature, region: string, service: string): void {
  const [date, ofRegion, ofService, terminator] = scope.split('/');
  const problems = [
    ofRegion !== region && `Credential should be scoped to a valid region, not '${ofRegion}'.`,
    ofService !== service && `Credential should be scoped to correct service: '${service}'.`,
    terminator !== 'aws4_request' &&
      `Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator}'.`,
    date !== timestamp.slice(0, 8) &&
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ' +
        `'${date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`,
  ].filter((problem) => problem !== false);
  if (problems.length > 0) throw mismatch(problems.join(' '));
}

function checkTime(timestamp: string, now: number): void {
  const signedAt = instantOf(timestamp);
  const oldest = now - toleranceMs;
  const newest = now + toleranceMs;
  if (signedAt < oldest) {
    const bounds = `${basicTimestamp(oldest)} (${basicTimestamp(now)} - 15 min.)`;
    throw late(`Signature expired: ${timestamp} is now earlier than ${bounds}`);
  }
  if (signedAt > newest) {
    const bounds = `${basicTimestamp(newest)} (${basicTimestamp(now)} + 15 min.)`;
    throw late(`Signature not yet current: ${timestamp} is still later than ${bounds}`);
  }
}

function canonicalRequest(
  { method, host, path, query, headers }: WireRequest,
  signedHeaders: readonly string[],
  payloadHash: string,
): string {
  const lines = signedHeaders.flatMap((name) => {
    const value = headers.get(name) ?? (name === 'host' ? host : undefined);
    return value === undefined ? [] : [`${name}:${value.replaceAll(/[ \t]+/g, ' ').trim()}\n`];
  });
  const canonicalPath = path.split('/').map(percentEncode).join('/');
  const parts = [method, canonicalPath, canonicalQuery(query), lines.join(''), signedHeaders.join(';')];
  return [...parts, payloadHash].join('\n');
}

function canonicalQuery(query: string): string {
  const parameters = query.split('&').flatMap((part): [string, string][] => {
    if (part === '') return [];
    const equals = part.indexOf('=');
    const name = equals < 0 ? part : part.slice(0, equals);
    return [[recoded(name), equals < 0 ? '' : recoded(part.slice(equals + 1))]];
  });
  return parameters
    .sort(([name, value], [other, otherValue]) => compare(name, other) || compare(value, otherValue))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

const compare = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0);

/** Form-decoded and encoded anew, byte by byte. A stray `%` stands for itself. */
function recoded(text: string): string {
  return text.replaceAll(/%([0-9a-f]{2})|./gis, (character, code: string | undefined) => {
    if (code !== undefined) return percentEncode(String.fromCharCode(Number.parseInt(code, 16)));
    return percentEncode(character === '+' ? ' ' : character);
  });
}

/** Of characters up to U+00FF, which a URL and a decoded byte are made of. */
function percentEncode(text: string): string {
  return text.replaceAll(
    /[^A-Za-z0-9\-._~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

const utf8 = new TextEncoder();

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}

/** A key holds for a day, and to derive it costs four times as much as to use it. */
const signingKeys = new Map<string, Promise<CryptoKey>>();
const rememberedKeys = 1000;

function signingKey(secret: string, scope: string): Promise<CryptoKey> {
  const name = `${secret} ${scope}`;
  const key = signingKeys.get(name) ?? derivedKey(secret, scope);
  if (signingKeys.size >= rememberedKeys) signingKeys.clear();
  signingKeys.set(name, key);
  return key;
}

async function derivedKey(secret: string, scope: string): Promise<CryptoKey> {
  let key = await hmacKey(utf8.encode(`AWS4${secret}`));
  for (const part of scope.split('/')) {
    key = await hmacKey(await crypto.subtle.sign('HMAC', key, utf8.encode(part)));
  }
  return key;
}

function hmacKey(secret: BufferSource): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function instantOf(timestamp: string): number {
  const [, day, time] = /^(\d{8})T(\d{6})Z$/.exec(timestamp) ?? [];
  if (!day || !time) return Number.NaN;
  const date = day.replace(/(....)(..)(..)/, '$1-$2-$3');
  return Date.parse(`${date}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`);
}

function basicTimestamp(at: number): string {
  return new Date(at).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
}

const incomplete = (message: string) => new ServiceError('IncompleteSignatureException', message);
const mismatch = (message: string) => new ServiceError('InvalidSignatureException', message);
const late = (message: string) => new ServiceError('RequestExpiredException', message);
