import { percentEncodeByte } from './percent-encode.ts';

/** A name and a value in canonical (RFC 3986) encoding, whichever encoding they arrived in. */
export interface CanonicalParameter {
  readonly name: string;
  readonly value: string;
}

export const SIGNATURE_PARAMETER = 'X-Amz-Signature';

const NOTHING_TO_ESCAPE = /^[A-Za-z0-9\-._~]*$/;
const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;

/** The parameters of a raw query in the order they were sent. */
export function readParameters(query: string): CanonicalParameter[] {
  const parameters: CanonicalParameter[] = [];
  for (const part of query.split('&')) {
    if (part === '') {
      continue;
    }
    const equals = part.indexOf('=');
    const name = equals < 0 ? part : part.slice(0, equals);
    const value = equals < 0 ? '' : part.slice(equals + 1);
    parameters.push({ name: canonicalComponent(name), value: canonicalComponent(value) });
  }
  return parameters;
}

/**
 * Sorted by name, then value, in the encoded form. A presigned URL carries its own signature, which cannot be part of
 * what was signed.
 */
export function canonicalQuery(query: string, presigned: boolean): string {
  if (query === '') {
    return '';
  }
  let parameters = readParameters(query);
  if (presigned) {
    parameters = parameters.filter(({ name }) => name !== SIGNATURE_PARAMETER);
  }
  // Sorting whole `name=value` texts would be wrong: '=' sorts after '-', '.' and the digits.
  return parameters
    .sort((a, b) => compare(a.name, b.name) || compare(a.value, b.value))
    .map(({ name, value }) => `${name}=${value}`)
    .join('&');
}

/**
 * Form-decodes and encodes anew, byte by byte: Android sends a space as `+`, `~` as `%7E` and `*` bare, but signs
 * `%20`, `~` and `%2A`. A stray `%` stands for itself.
 */
function canonicalComponent(raw: string): string {
  if (NOTHING_TO_ESCAPE.test(raw)) {
    return raw;
  }
  let canonical = '';
  for (let index = 0; index < raw.length; index += 1) {
    const byte = raw.charCodeAt(index);
    const escaped = byte === PERCENT ? hexByte(raw, index + 1) : -1;
    if (escaped >= 0) {
      canonical += percentEncodeByte(escaped);
      index += 2;
    } else {
      canonical += percentEncodeByte(byte === PLUS ? SPACE : byte);
    }
  }
  return canonical;
}

/** The byte written as two hexadecimal digits at `index`, or -1. */
function hexByte(text: string, index: number): number {
  const high = hexDigit(text.charCodeAt(index));
  const low = hexDigit(text.charCodeAt(index + 1));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) {
    return code - 0x30;
  }
  const lowerCase = code | 0x20;
  return lowerCase >= 0x61 && lowerCase <= 0x66 ? lowerCase - 0x57 : -1;
}

function compare(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}
