import { type Codec, jsonCodec, type SyncClient } from '@holdall/client';
import { type EncryptedCodec, encryptedCodec, KeyRing, passphraseKey } from '@holdall/client/encryption';

/** By which a passphrase is known again. Neither is a secret. */
export interface PassphraseMark {
  /** Of the key that follows from the passphrase. */
  readonly keyId: string;
  /** Random, in base64. */
  readonly salt: string;
}

let keys: KeyRing | undefined;
let encrypted: EncryptedCodec | undefined;

/** Reads and writes nothing until somebody has said the passphrase: what is there is kept, and synchronised, unread. */
export const lockableCodec: Codec = {
  encode: (value, place) => unlocked().encode(value, place),
  decode: (text, place) => unlocked().decode(text, place),
};

export function isUnlocked(): boolean {
  return encrypted !== undefined;
}

/**
 * The passphrase is tried with each of the marks: there are several if two devices chose one each before they knew of
 * each other.
 *
 * @returns whether it fits one; nothing is changed if it does not
 */
export async function unlock(passphrase: string, marks: readonly PassphraseMark[]): Promise<boolean> {
  for (const { keyId, salt } of marks) {
    const key = await passphraseKey({ passphrase, salt });
    if (key.id !== keyId) continue;
    if (keys) keys.add(key);
    else keys = new KeyRing(key);
    encrypted ??= encryptedCodec({ keys, values: jsonCodec });
    return true;
  }
  return false;
}

/** A mark for a new passphrase. It takes a moment, on purpose: whoever guesses takes as long for each guess. */
export async function markOf(passphrase: string): Promise<PassphraseMark> {
  const salt = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(24))));
  return { keyId: (await passphraseKey({ passphrase, salt })).id, salt };
}

function unlocked(): EncryptedCodec {
  if (encrypted) return encrypted;
  throw new Error('it is locked until the passphrase is said');
}

/** A passphrase is one user's. When another uses the device, in whatever window, the page forgets it by loading anew. */
export function forgetPassphraseOfOthers(client: SyncClient): void {
  const userOf = () => client.status.get().identity?.identityId;
  let user = userOf();
  client.status.subscribe(() => {
    const isOther = user !== undefined && userOf() !== user;
    user = userOf();
    if (isOther && isUnlocked()) location.reload();
  });
}
