import { fromBase64Url, toBase64Url } from './base64-url.ts';
import { DecryptionError } from './decryption-error.ts';
import { type EncryptionKey, utf8, webCrypto } from './encryption-key.ts';
import { type Plaintext, packed, unpacked } from './plaintext.ts';

/*
 * What the service stores: `h1.<key id>.<IV>.<ciphertext>`, the parts in base64url. The IV has 12 random bytes, and the
 * ciphertext ends in the tag of 16 bytes. Associated with it, and so bound to it, are the version, the key's id, the
 * dataset and the key of the record as the service knows it.
 */

/** Where a text belongs. */
export interface StoredPlace {
  readonly dataset: string;
  readonly storedKey: string;
}

export const ivBytes = 12;
const version = 'h1';

export function isEnvelope(text: string): boolean {
  return text.startsWith(`${version}.`);
}

export function isSealedWith(key: EncryptionKey, text: string): boolean {
  return text.startsWith(`${version}.${key.id}.`);
}

/** `iv` must be random, and another one each time. */
export async function seal(
  plaintext: Plaintext,
  place: StoredPlace,
  key: EncryptionKey,
  iv: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const sealed = await encrypt(key.cipher, iv, associated(place, key.id), packed(plaintext));
  return [version, key.id, toBase64Url(iv), toBase64Url(sealed)].join('.');
}

/** @throws DecryptionError */
export async function open(
  text: string,
  place: StoredPlace,
  keyOf: (id: string) => EncryptionKey | undefined,
): Promise<Plaintext> {
  if (!isEnvelope(text)) throw new DecryptionError('not-encrypted', 'it is not encrypted');
  const [, id = '', ivText = '', sealedText = '', ...rest] = text.split('.');
  const key = keyOf(id);
  if (!key) throw new DecryptionError('unknown-key', `it is encrypted with the key '${id}', not ours`, id);
  const iv = fromBase64Url(ivText);
  const sealed = fromBase64Url(sealedText);
  if (!iv || !sealed || rest.length > 0) throw damaged(id);
  const plaintext = await decrypt(key.cipher, iv, associated(place, id), sealed).catch(() => {
    throw damaged(id);
  });
  return unpacked(plaintext);
}

/** AES-GCM with a tag of 128 bits at the end. */
export async function encrypt(
  key: CryptoKey,
  iv: Uint8Array<ArrayBuffer>,
  additionalData: Uint8Array<ArrayBuffer>,
  plaintext: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const algorithm = { name: 'AES-GCM', iv, additionalData };
  return new Uint8Array(await webCrypto().subtle.encrypt(algorithm, key, plaintext));
}

/** @throws when anything is not as it was encrypted */
export async function decrypt(
  key: CryptoKey,
  iv: Uint8Array<ArrayBuffer>,
  additionalData: Uint8Array<ArrayBuffer>,
  sealed: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const algorithm = { name: 'AES-GCM', iv, additionalData };
  return new Uint8Array(await webCrypto().subtle.decrypt(algorithm, key, sealed));
}

function associated({ dataset, storedKey }: StoredPlace, keyId: string): Uint8Array<ArrayBuffer> {
  return utf8(JSON.stringify([version, keyId, dataset, storedKey]));
}

function damaged(keyId: string): DecryptionError {
  return new DecryptionError('damaged', 'it was changed, or belongs to another record', keyId);
}
