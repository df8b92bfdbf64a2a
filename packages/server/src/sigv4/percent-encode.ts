/** RFC 3986 unreserved characters: the only ones SigV4 leaves alone. */
const UNRESERVED = /^[A-Za-z0-9\-._~]$/;

const ENCODED_BYTES: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return UNRESERVED.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});

/** Percent-encodes one byte, unless it is unreserved. */
export function percentEncodeByte(byte: number): string {
  const encoded = ENCODED_BYTES[byte];
  if (encoded === undefined) {
    // Cutting it down to a byte would let two texts share one signature.
    throw new RangeError(`Not a byte: ${byte}`);
  }
  return encoded;
}
