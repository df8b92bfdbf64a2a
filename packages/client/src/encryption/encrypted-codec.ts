import { type Codec, jsonCodec, type Place } from '../codec.ts';
import { toBase64Url } from './base64-url.ts';
import { DecryptionError } from './decryption-error.ts';
import { type EncryptionKey, utf8, webCrypto } from './encryption-key.ts';
import { isEnvelope, isSealedWith, ivBytes, open, seal } from './envelope.ts';
import type { KeyRing } from './key-ring.ts';

/** What `encryptedCodec` is told. */
export interface EncryptedCodecOptions {
  readonly keys: KeyRing;
  /** How values are written before they are encrypted. Default: `jsonCodec`. */
  readonly values?: Codec;
  /**
   * Hides the keys of the records too: the service knows each by a keyed hash. It must be the same key for ever, whatever
   * the ring rotates to; a dataset that has records with plain keys cannot be changed to hidden ones, but copied to one.
   */
  readonly hideKeysWith?: EncryptionKey;
  /**
   * Reads what was stored before there was encryption, until it is rewritten. Leave it out afterwards: as long as it is
   * there, the service could put in values of its own.
   */
  readonly readsPlain?: Codec;
}

/** Encrypts values on the device. `docs/guides/encryption.md` says what the service learns nevertheless. */
export interface EncryptedCodec extends Codec {
  /** Whether a text was written with another key than the newest, or with none. */
  isOutdated(text: string): boolean;
}

/** Bytes of a hidden key. */
const nameBytes = 16;

/** @throws TypeError when `readsPlain` and `hideKeysWith` are both there */
export function encryptedCodec(options: EncryptedCodecOptions): EncryptedCodec {
  const { keys, values = jsonCodec, hideKeysWith, readsPlain } = options;
  if (hideKeysWith && readsPlain) {
    const message = 'Records with plain keys cannot get hidden ones: copy them to another dataset.';
    throw new TypeError(message);
  }
  const storedKeyOf = async (key: string, dataset: string) =>
    hideKeysWith ? hiddenKey(key, dataset, hideKeysWith) : key;
  const opened = (text: string, dataset: string, storedKey: string) =>
    open(text, { dataset, storedKey }, (id) => keys.get(id));

  return {
    async encode(value: unknown, place: Place): Promise<string> {
      const { dataset, key } = place;
      const plaintext = { key: hideKeysWith ? key : '', text: await values.encode(value, place) };
      const iv = webCrypto().getRandomValues(new Uint8Array(ivBytes));
      return seal(plaintext, { dataset, storedKey: await storedKeyOf(key, dataset) }, keys.newest, iv);
    },

    async decode(text: string, place: Place): Promise<unknown> {
      if (readsPlain && !isEnvelope(text)) return readsPlain.decode(text, place);
      const { dataset, key } = place;
      const plaintext = await opened(text, dataset, await storedKeyOf(key, dataset));
      return values.decode(plaintext.text, place);
    },

    isOutdated: (text) => !isSealedWith(keys.newest, text),

    ...(hideKeysWith && {
      encodeKey: storedKeyOf,

      async decodeKey(storedKey: string, text: string, dataset: string): Promise<string> {
        const { key } = await opened(text, dataset, storedKey);
        if ((await storedKeyOf(key, dataset)) === storedKey) return key;
        throw new DecryptionError('unknown-key', 'its key is hidden with another key than ours');
      },
    }),
  };
}

/** 22 characters. */
async function hiddenKey(key: string, dataset: string, { names }: EncryptionKey): Promise<string> {
  const mac = await webCrypto().subtle.sign('HMAC', names, utf8(JSON.stringify([dataset, key])));
  return toBase64Url(new Uint8Array(mac, 0, nameBytes));
}
