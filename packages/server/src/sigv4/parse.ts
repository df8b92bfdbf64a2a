import { readParameters, SIGNATURE_PARAMETER } from './canonical-query.ts';
import type { RequestHeaders, SignedRequest } from './signed-request.ts';
import type { CredentialScope } from './signing-key.ts';
import { formatBasicTimestamp, parseBasicTimestamp, parseHttpDate } from './timestamp.ts';

export const ALGORITHM = 'AWS4-HMAC-SHA256';

/** How long a signature lasts: the service's 15 minutes. A presigned URL may ask for less, and gets no more. */
export const DEFAULT_LIFETIME_SECONDS = 15 * 60;
/** What a presigned URL may ask for: Amazon's limit of one week. */
export const MAX_LIFETIME_SECONDS = 7 * 24 * 60 * 60;

/** What the request claims; nothing of it is checked but its form. */
export interface Signature {
  readonly accessKeyId: string;
  readonly scope: CredentialScope;
  /** Lower-case, in ascending order, without repetition. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** YYYYMMDDTHHMMSSZ, as in the string to sign. */
  readonly timestamp: string;
  readonly signedAt: number;
  readonly lifetimeSeconds: number;
  readonly sessionToken?: string;
  /** True if the signature was in the query. */
  readonly presigned: boolean;
}

export interface MalformedSignature {
  readonly kind: 'malformed';
  readonly message: string;
}

export type ParsedSignature = { readonly kind: 'signed'; readonly signature: Signature } | MalformedSignature;

/** The parameters of a presigned URL, decoded. */
export type PresignParameters = ReadonlyMap<string, string>;

/** Parts that are the same wherever the signature stands. */
interface SignatureParts {
  readonly credential: string;
  readonly signedHeaders: string;
  readonly signature: string;
  readonly date: string;
  readonly lifetimeSeconds: number;
  readonly sessionToken: string | undefined;
  readonly presigned: boolean;
}

const PRESIGN_PREFIX = 'X-Amz-';
const TOKEN_PARAMETER = 'X-Amz-Security-Token';
const REQUIRED_PARAMETERS = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  SIGNATURE_PARAMETER,
  'X-Amz-SignedHeaders',
  'X-Amz-Date',
] as const;
const ONLY_ONCE = new Set<string>([...REQUIRED_PARAMETERS, 'X-Amz-Expires', TOKEN_PARAMETER]);

const REQUIRED_FIELDS = ['Credential', 'Signature', 'SignedHeaders'] as const;

const CREDENTIAL_PART = /^[\x21-\x7e]+$/;
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/** Always an `IncompleteSignatureException` to the client. */
export function malformed(message: string): MalformedSignature {
  return { kind: 'malformed', message };
}

/** Reads `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`; boto 2 writes no space after the commas. */
export function parseAuthorization(
  authorization: string,
  headers: RequestHeaders,
  presign: PresignParameters,
): ParsedSignature {
  const algorithmEnd = authorization.indexOf(' ');
  const algorithm = algorithmEnd < 0 ? authorization : authorization.slice(0, algorithmEnd);
  const fields = readFields(authorization.slice(algorithm.length));
  const date = headers.get('x-amz-date') ?? headers.get('date');
  const missing = missingFromHeader(fields, date);
  if (missing !== '') {
    return malformed(`${missing}Authorization=${withoutSignature(authorization)}`);
  }
  if (algorithm !== ALGORITHM) {
    return malformed(`Unsupported AWS 'algorithm': '${algorithm}'.`);
  }
  if (fields.size !== REQUIRED_FIELDS.length) {
    return malformed(
      `Authorization header takes 'Credential', 'SignedHeaders' and 'Signature', each once. ` +
        `Authorization=${withoutSignature(authorization)}`,
    );
  }
  return assemble({
    credential: fields.get('Credential') ?? '',
    signedHeaders: fields.get('SignedHeaders') ?? '',
    signature: fields.get('Signature') ?? '',
    date: date ?? '',
    lifetimeSeconds: DEFAULT_LIFETIME_SECONDS,
    sessionToken: headers.get('x-amz-security-token') ?? presign.get(TOKEN_PARAMETER),
    presigned: false,
  });
}

/** The parameters that presigning adds, or what is wrong with them. Cheap when there are none. */
export function readPresignParameters(query: string): PresignParameters | MalformedSignature {
  const found = new Map<string, string>();
  if (!query.includes(PRESIGN_PREFIX)) {
    return found;
  }
  for (const { name, value } of readParameters(query)) {
    if (!ONLY_ONCE.has(name)) {
      continue;
    }
    if (found.has(name)) {
      return malformed(`AWS query-string parameter '${name}' must not be repeated.`);
    }
    const decoded = decode(value);
    if (decoded === undefined) {
      return malformed(`AWS query-string parameter '${name}' must be UTF-8.`);
    }
    found.set(name, decoded);
  }
  return found;
}

/** Whether the query claims to hold a signature; a session token alone may go with a signature in the header. */
export function isPresigned(presign: PresignParameters): boolean {
  return (
    presign.has('X-Amz-Algorithm') || presign.has('X-Amz-Credential') || presign.has(SIGNATURE_PARAMETER)
  );
}

export function parsePresigned(request: SignedRequest, presign: PresignParameters): ParsedSignature {
  const missing = REQUIRED_PARAMETERS.filter((name) => !presign.get(name));
  if (missing.length > 0) {
    const sentences = missing.map((name) => `AWS query-string parameters must include '${name}'.`);
    return malformed([...sentences, 'Re-examine the query-string parameters.'].join(' '));
  }
  const algorithm = presign.get('X-Amz-Algorithm');
  if (algorithm !== ALGORITHM) {
    return malformed(`Unsupported AWS 'algorithm': '${algorithm}'.`);
  }
  const lifetimeSeconds = parseLifetime(presign.get('X-Amz-Expires'));
  if (lifetimeSeconds === undefined) {
    return malformed(`X-Amz-Expires must be a whole number of seconds from 1 to ${MAX_LIFETIME_SECONDS}.`);
  }
  return assemble({
    credential: presign.get('X-Amz-Credential') ?? '',
    signedHeaders: presign.get('X-Amz-SignedHeaders') ?? '',
    signature: presign.get(SIGNATURE_PARAMETER) ?? '',
    date: presign.get('X-Amz-Date') ?? '',
    lifetimeSeconds,
    sessionToken: presign.get(TOKEN_PARAMETER) ?? request.headers.get('x-amz-security-token'),
    presigned: true,
  });
}

function assemble(parts: SignatureParts): ParsedSignature {
  const [accessKeyId, date, region, service, terminator, ...rest] = parts.credential.split('/');
  if (!accessKeyId || !date || !region || !service || !terminator || rest.length > 0) {
    return malformed(
      'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, ' +
        `got '${parts.credential}'.`,
    );
  }
  if (!CREDENTIAL_PART.test(parts.credential)) {
    return malformed('Credential must consist of printable ASCII characters.');
  }
  const signedHeaders = parts.signedHeaders.split(';');
  if (!isCanonicalHeaderList(signedHeaders)) {
    return malformed(
      `SignedHeaders must be lower-case header names in ascending order, got '${parts.signedHeaders}'.`,
    );
  }
  const basicTime = parseBasicTimestamp(parts.date);
  const signedAt = basicTime ?? (parts.presigned ? undefined : parseHttpDate(parts.date));
  if (signedAt === undefined) {
    return malformed(
      `Date must be in ISO-8601 'basic format'. Got '${parts.date}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    );
  }
  const signature: Signature = {
    accessKeyId,
    scope: { date, region, service, terminator },
    signedHeaders,
    signature: parts.signature,
    timestamp: basicTime === undefined ? formatBasicTimestamp(signedAt) : parts.date,
    signedAt,
    lifetimeSeconds: parts.lifetimeSeconds,
    presigned: parts.presigned,
    ...(parts.sessionToken === undefined ? {} : { sessionToken: parts.sessionToken }),
  };
  return { kind: 'signed', signature };
}

/** Name and value pairs; a repeated name is kept under another, so that the count of fields shows it. */
function readFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const part of text.split(',')) {
    const field = part.trim();
    const equals = field.indexOf('=');
    const name = equals < 0 ? field : field.slice(0, equals);
    fields.set(fields.has(name) ? `repeated ${name}` : name, equals < 0 ? '' : field.slice(equals + 1));
  }
  return fields;
}

function missingFromHeader(fields: ReadonlyMap<string, string>, date: string | undefined): string {
  let missing = '';
  for (const name of REQUIRED_FIELDS) {
    if (!fields.get(name)) {
      missing += `Authorization header requires '${name}' parameter. `;
    }
  }
  if (!date) {
    missing += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  }
  return missing;
}

/** Messages are shown and logged; a signature is as good as a password until it expires. */
function withoutSignature(authorization: string): string {
  return authorization.replace(/Signature=[^,\s]*/g, 'Signature=');
}

/** In the order and spelling that signers use, which is the one the signature covers. */
function isCanonicalHeaderList(names: readonly string[]): boolean {
  let previous = '';
  for (const name of names) {
    if (!HEADER_NAME.test(name) || name <= previous) {
      return false;
    }
    previous = name;
  }
  return true;
}

function parseLifetime(text: string | undefined): number | undefined {
  if (text === undefined) {
    return DEFAULT_LIFETIME_SECONDS;
  }
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > MAX_LIFETIME_SECONDS) return undefined;
  return Math.min(seconds, DEFAULT_LIFETIME_SECONDS);
}

function decode(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
