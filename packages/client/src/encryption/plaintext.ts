import { DecryptionError } from './decryption-error.ts';
import { utf8 } from './encryption-key.ts';

/*
 * What is encrypted: the length of the key in bytes (2 bytes, big-endian), that of the text (4 bytes), the key, the text,
 * zeros. The key is empty unless keys are hidden.
 */

export interface Plaintext {
  readonly key: string;
  readonly text: string;
}

const headBytes = 6;
const mostKeyBytes = 0xffff;

export function packed({ key, text }: Plaintext): Uint8Array<ArrayBuffer> {
  if (!`${key}${text}`.isWellFormed()) throw new TypeError('there is half of a surrogate pair in it');
  const keyBytes = utf8(key);
  const textBytes = utf8(text);
  if (keyBytes.length > mostKeyBytes) {
    throw new TypeError(`the key has ${keyBytes.length} bytes, and at most ${mostKeyBytes} can be hidden`);
  }
  const bytes = new Uint8Array(paddedLength(headBytes + keyBytes.length + textBytes.length));
  const head = new DataView(bytes.buffer);
  head.setUint16(0, keyBytes.length);
  head.setUint32(2, textBytes.length);
  bytes.set(keyBytes, headBytes);
  bytes.set(textBytes, headBytes + keyBytes.length);
  return bytes;
}

/** @throws DecryptionError when it was packed by something else */
export function unpacked(bytes: Uint8Array): Plaintext {
  const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const hasHead = bytes.length >= headBytes;
  const keyEnd = headBytes + (hasHead ? head.getUint16(0) : 0);
  const textEnd = keyEnd + (hasHead ? head.getUint32(2) : 0);
  if (textEnd > bytes.length) throw new DecryptionError('damaged', 'what it encrypts has another form');
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return {
    key: decoder.decode(bytes.subarray(headBytes, keyEnd)),
    text: decoder.decode(bytes.subarray(keyEnd, textEnd)),
  };
}

const leastLength = 64;

/**
 * Lengths tell of contents, so only few are possible: at least 64 bytes, and then such as Padmé allows (Nikitin and
 * others, "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", 2019): at most 12 % more.
 */
export function paddedLength(length: number): number {
  if (length <= leastLength) return leastLength;
  const exponent = Math.floor(Math.log2(length));
  const kept = Math.floor(Math.log2(exponent)) + 1;
  const step = 2 ** (exponent - kept);
  return Math.ceil(length / step) * step;
}
