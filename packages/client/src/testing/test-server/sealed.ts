/**
 * Texts that only the server reads. They are not sealed here, just spelled so that nobody reads them by accident, and
 * marked with what they are for.
 */
export function seal(purpose: string, content: object): string {
  const bytes = new TextEncoder().encode(JSON.stringify([purpose, content]));
  return toBase64Url(bytes);
}

/** The content, or undefined for what is not such a text. */
export function unseal(purpose: string, text: string): unknown {
  try {
    const [marked, content] = JSON.parse(new TextDecoder().decode(fromBase64Url(text))) as unknown[];
    return marked === purpose ? content : undefined;
  } catch {
    return undefined;
  }
}

export function toBase64Url(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** @throws Error for what is not base64url */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[\w-]*$/.test(text)) throw new Error('This is not base64url.');
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
