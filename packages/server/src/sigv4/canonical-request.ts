import { canonicalQuery } from './canonical-query.ts';
import { percentEncodeByte } from './percent-encode.ts';
import type { RequestHeaders, SignedRequest } from './signed-request.ts';

const TO_ESCAPE_IN_PATH = /[^A-Za-z0-9\-._~/]/g;
const TO_COLLAPSE = /^[ \t]|[ \t]$|\t| {2}/;

/** What of the signature shapes the canonical request. */
export interface CanonicalForm {
  readonly signedHeaders: readonly string[];
  readonly presigned: boolean;
}

/** One byte per character, like the request it comes from. */
export function canonicalRequest(request: SignedRequest, form: CanonicalForm, payloadHash: string): string {
  const path = canonicalPath(request.path);
  const query = canonicalQuery(request.query, form.presigned);
  const headers = canonicalHeaders(request.headers, form.signedHeaders);
  return `${request.method}\n${path}\n${query}\n${headers}\n${form.signedHeaders.join(';')}\n${payloadHash}`;
}

/**
 * Encodes each segment exactly as received: `%3A` becomes `%253A` and a bare `:` becomes `%3A`. Clients differ in what
 * they send but agree in signing what they send, so decoding or normalising first would refuse some of them.
 */
export function canonicalPath(path: string): string {
  return path === '' ? '/' : path.replace(TO_ESCAPE_IN_PATH, encodeCharacter);
}

/**
 * One line for each signed header that is there. A header that was signed but did not arrive has no line, so it cannot
 * pass for one that arrived empty.
 */
export function canonicalHeaders(headers: RequestHeaders, signedHeaders: readonly string[]): string {
  let lines = '';
  for (const name of signedHeaders) {
    const value = headers.get(name);
    if (value !== undefined) {
      lines += `${name}:${canonicalHeaderValue(value)}\n`;
    }
  }
  return lines;
}

/** Only blanks and tabs: `\s` would also eat the byte A0, which is a part of many UTF-8 characters. */
function canonicalHeaderValue(value: string): string {
  return TO_COLLAPSE.test(value) ? value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '') : value;
}

function encodeCharacter(character: string): string {
  return percentEncodeByte(character.charCodeAt(0));
}
