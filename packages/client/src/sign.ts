import type { Credentials } from './identity.ts';

export interface SignedParts {
  readonly method: string;
  readonly url: URL;
  readonly body: string | undefined;
}

const service = 'cognito-sync';
const algorithm = 'AWS4-HMAC-SHA256';
const text = new TextEncoder();

/**
 * Signature Version 4 for what this package sends: the headers to add. decisions/0040 says why it is not a library's.
 *
 * `keys` holds the keys derived from a secret for a day: deriving them takes four HMACs.
 */
export async function signatureHeaders(
  { method, url, body }: SignedParts,
  credentials: Credentials,
  region: string,
  at: Date,
  keys: Map<string, Promise<CryptoKey>>,
): Promise<Record<string, string>> {
  const time = at.toISOString().replace(/[:-]|\.\d{3}/g, '');
  const headers: Record<string, string> = { host: url.host, 'x-amz-date': time };
  if (credentials.sessionToken !== undefined) headers['x-amz-security-token'] = credentials.sessionToken;
  const names = Object.keys(headers);
  const canonical = [
    method,
    // The path is encoded as it stands, once more.
    url.pathname.split('/').map(encoded).join('/'),
    [...url.searchParams]
      .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
      .sort()
      .join('&'),
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    hex(await crypto.subtle.digest('SHA-256', text.encode(body ?? ''))),
  ].join('\n');
  const day = time.slice(0, 8);
  const scope = `${day}/${region}/${service}/aws4_request`;
  const hashed = hex(await crypto.subtle.digest('SHA-256', text.encode(canonical)));
  const key = await signingKey(credentials.secretAccessKey, day, region, keys);
  const signature = hex(await hmac(key, [algorithm, time, scope, hashed].join('\n')));
  delete headers.host;
  headers.authorization = `${algorithm} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return headers;
}

function signingKey(
  secret: string,
  day: string,
  region: string,
  keys: Map<string, Promise<CryptoKey>>,
): Promise<CryptoKey> {
  const name = `${secret}/${day}/${region}`;
  let key = keys.get(name);
  if (!key) {
    // Of secrets and days before nothing is signed any more.
    keys.clear();
    key = [day, region, service, 'aws4_request'].reduce<Promise<CryptoKey>>(
      async (above, step) => hmacKey(await hmac(await above, step)),
      hmacKey(text.encode(`AWS4${secret}`)),
    );
    keys.set(name, key);
  }
  return key;
}

function hmacKey(secret: ArrayBuffer | Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
}

function hmac(key: CryptoKey, message: string): Promise<ArrayBuffer> {
  return crypto.subtle.sign('HMAC', key, text.encode(message));
}

function hex(bytes: ArrayBuffer): string {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** RFC 3986: what encodeURIComponent leaves alone is more. */
function encoded(part: string): string {
  return encodeURIComponent(part).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
